import { timestamp } from '../clock.ts';
import type { ChangedFile, Commit, Signature } from '../git-storage.ts';
import type { Repository } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { simpleUser } from './accounts.ts';
import { nodeId } from './node-id.ts';
import { repositoryApi, repositoryPage } from './repositories.ts';

export function presentCommit(world: World, repository: Repository, commit: Commit) {
  const api = repositoryApi(world, repository);
  const page = repositoryPage(world, repository);
  const url = `${api}/commits/${commit.sha}`;
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url,
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api}/git/commits/${commit.sha}`,
      author: gitUser(commit.author),
      committer: gitUser(commit.committer),
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    author: accountOf(world, commit.author),
    committer: accountOf(world, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${page}/commit/${sha}` })),
  };
}

export function presentPushedCommit(
  world: World,
  repository: Repository,
  commit: Commit,
  changed: readonly ChangedFile[],
) {
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: timestamp(commit.committer.at),
    url: `${repositoryPage(world, repository)}/commit/${commit.sha}`,
    author: pushedBy(world, commit.author),
    committer: pushedBy(world, commit.committer),
    added: changed.filter((file) => file.status === 'added').map((file) => file.path),
    removed: changed.filter((file) => file.status === 'removed').map((file) => file.path),
    modified: changed.filter((file) => file.status !== 'added' && file.status !== 'removed').map((file) => file.path),
  };
}

export const presentSimpleCommit = (commit: Commit) => ({
  id: commit.sha,
  tree_id: commit.tree,
  message: commit.message,
  timestamp: timestamp(commit.committer.at),
  author: { name: commit.author.name, email: commit.author.email },
  committer: { name: commit.committer.name, email: commit.committer.email },
});

export function presentChangedFile(world: World, repository: Repository, file: ChangedFile, headSha: string) {
  const page = repositoryPage(world, repository);
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.path,
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${headSha}/${path}`,
    raw_url: `${page}/raw/${headSha}/${path}`,
    contents_url: `${repositoryApi(world, repository)}/contents/${path}?ref=${headSha}`,
  };
}

const gitUser = (user: Commit['author']) => ({ name: user.name, email: user.email, date: timestamp(user.at) });

/** null for an address that belongs to no account. */
function accountOf(world: World, signature: Signature) {
  const account = world.accountByEmail(signature.email);
  return account === null ? null : simpleUser(world, account);
}

function pushedBy(world: World, signature: Signature) {
  const account = world.accountByEmail(signature.email);
  return { name: signature.name, email: signature.email, ...(account === null ? {} : { username: account.login }) };
}
