import type { TreeEntry } from '../git-storage.ts';
import { pullCommits } from '../model/pull-requests.ts';
import { notFound, Refusal } from '../model/refusal.ts';
import type { Repository } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { collaboratorPermission } from '../present/accounts.ts';
import { presentCommit } from '../present/commits.ts';
import { nodeId } from '../present/node-id.ts';
import { presentPullSummary } from '../present/pull-requests.ts';
import { presentActivity, presentFullRepository, repositoryApi, repositoryPage } from '../present/repositories.ts';
import { cursorPage, list } from './paging.ts';
import { needs, ok, onRepository, type RepositoryCall, type Route } from './route.ts';

export const repositoryRoutes = (world: World): readonly Route[] => [
  onRepository('GET /', needs('metadata:read'), ({ repository }) => ok(presentFullRepository(world, repository))),

  onRepository('GET /branches/{branch}', needs('contents:read'), async ({ repository, path }) => {
    const branch = path.branch ?? '';
    const sha = await world.git.resolve(repository.id, `refs/heads/${branch}`);
    if (sha === null) throw new Refusal(404, 'Branch not found');
    const url = `${repositoryApi(world, repository)}/branches/${branch}`;
    const isProtected = repository.requiredChecks.has(branch);
    return ok({
      name: branch,
      commit: presentCommit(world, repository, await world.git.read(repository.id, sha)),
      _links: { self: url, html: `${repositoryPage(world, repository)}/tree/${branch}` },
      protected: isProtected,
      protection: {
        enabled: isProtected,
        required_status_checks: {
          enforcement_level: isProtected ? 'non_admins' : 'off',
          contexts: [...(repository.requiredChecks.get(branch) ?? [])],
          checks: [],
        },
      },
      protection_url: `${url}/protection`,
    });
  }),

  onRepository('GET /git/ref/{ref}', needs('contents:read'), async ({ repository, path }) => {
    const ref = `refs/${path.ref}`;
    const sha = await world.git.resolve(repository.id, ref);
    if (sha === null) throw notFound();
    const api = repositoryApi(world, repository);
    return ok({
      ref,
      node_id: nodeId('Ref', ref),
      url: `${api}/git/${ref}`,
      object: { type: 'commit', sha, url: `${api}/git/commits/${sha}` },
    });
  }),

  onRepository('GET /commits/{ref}', needs('contents:read'), async ({ repository, path }) =>
    ok(
      presentCommit(
        world,
        repository,
        await world.git.read(repository.id, await requireCommit(world, repository, path.ref ?? '')),
      ),
    ),
  ),

  onRepository('GET /commits/{commit_sha}/pulls', needs(['pull_requests:read', 'contents:read']), async (call) => {
    const { repository } = call;
    const sha = await requireCommit(world, repository, call.path.commit_sha ?? '');
    const found = [];
    for (const pull of world.pulls(repository)) {
      if (pull.pull.landedShas.has(sha) || (await pullCommits(world, repository, pull)).includes(sha)) found.push(pull);
    }
    return list(call, found, (pull) => presentPullSummary(world, repository, pull));
  }),

  onRepository('GET /activity', needs('contents:read'), (call) => {
    const { repository, query } = call;
    const ref = query.ref === undefined ? null : query.ref.startsWith('refs/') ? query.ref : `refs/heads/${query.ref}`;
    const actor = query.actor === undefined ? null : (world.findAccount(query.actor)?.id ?? 0);
    const found = repository.activity.filter(
      (activity) =>
        (ref === null || activity.ref === ref) &&
        (actor === null || activity.actorId === actor) &&
        (query.activity_type === undefined || activity.kind === query.activity_type),
    );
    const page = cursorPage(call, query.direction === 'asc' ? found : found.toReversed(), 'after');
    return { ...ok(page.items.map((activity) => presentActivity(world, activity))), headers: page.headers };
  }),

  onRepository('GET /collaborators/{username}/permission', needs('metadata:read'), ({ repository, path }) => {
    const account = world.findAccount(path.username ?? '');
    if (account === null || account.kind === 'Organization') throw new Refusal(404, `${path.username} is not a user`);
    return ok(collaboratorPermission(world, account, world.level(repository, account.id)));
  }),

  onRepository('GET /contents/{path}', needs('contents:read'), (call) => contents(world, call)),
];

export async function requireCommit(world: World, repository: Repository, name: string): Promise<string> {
  const sha = await world.git.resolve(repository.id, name);
  if (sha === null) throw new Refusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

async function contents(world: World, { repository, path, query }: RepositoryCall) {
  const name = query.ref ?? repository.defaultBranch;
  const commit = await world.git.resolve(repository.id, name);
  if (commit === null) throw new Refusal(404, `No commit found for the ref ${name}`);
  const place = (path.path ?? '').replace(/^\/+|\/+$/g, '');
  const entry = await world.git.entry(repository.id, commit, place);
  if (entry === null) throw notFound();
  if (entry.type === 'tree') {
    const children = await world.git.entries(repository.id, commit, place);
    return ok(children.map((child) => presentEntry(world, repository, child, name)));
  }
  const shown = presentEntry(world, repository, entry, name);
  if (entry.type !== 'blob') return ok({ ...shown, submodule_git_url: null });
  const blob = await world.git.blob(repository.id, entry.sha);
  return ok({ ...shown, encoding: 'base64', content: blob.toString('base64').replace(/(.{60})/g, '$1\n') });
}

function presentEntry(world: World, repository: Repository, entry: TreeEntry, ref: string) {
  const api = repositoryApi(world, repository);
  const page = repositoryPage(world, repository);
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const url = `${api}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const git = `${api}/git/${entry.type}s/${entry.sha}`;
  const html = `${page}/${entry.type}/${ref}/${path}`;
  return {
    type:
      entry.type === 'tree'
        ? 'dir'
        : entry.type === 'commit'
          ? 'submodule'
          : entry.mode === '120000'
            ? 'symlink'
            : 'file',
    name: entry.path.split('/').at(-1) ?? '',
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url,
    git_url: git,
    html_url: html,
    download_url: entry.type === 'blob' ? `${page}/raw/${ref}/${path}` : null,
    _links: { self: url, git, html },
  };
}
