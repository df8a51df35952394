import { pino } from 'pino';
import { Probot } from 'probot';
import { afterAll, describe, expect, it } from 'vitest';
import { gitHubApi } from '../../src/adapters/github/github-api.ts';
import { installationClients } from '../../src/adapters/github/installation-clients.ts';
import { ThrottledOctokit } from '../../src/adapters/github/throttled-octokit.ts';
import { commitSha, installationId, pullNumber, repositoryId } from '../../src/domain/identity.ts';
import type { CheckRunRequest } from '../../src/flows/ports/github.ts';
import { startGitHub } from '../../src/sandbox/github/github.ts';
import { openApiValidator } from '../sandbox/openapi-validator.ts';
import { gitHubContract, type Stage } from './github.contract.ts';

const people = {
  admin: 'ada',
  maintainer: 'mia',
  writer: 'will',
  triager: 'tom',
  reader: 'rita',
  stranger: 'sam',
} as const;

const unthrottled = ThrottledOctokit.defaults((options: { readonly throttle?: object }) => ({
  ...options,
  throttle: { ...options.throttle, enabled: false },
}));

const sandbox = await startGitHub({ validator: openApiValidator() });

const app = sandbox.registerApp({ events: ['pull_request', 'issue_comment', 'push'] });
for (const login of Object.values(people)) sandbox.createUser(login);

async function sandboxStage(name: `${string}/infra`): Promise<Stage> {
  const owner = name.replace('/infra', '');
  sandbox.createOrganisation(owner);
  const created = await sandbox.createRepository(name, { files: { 'apps/web.yaml': 'kind: ConfigMap\n' } });
  sandbox.grant(name, people.admin, 'admin');
  sandbox.grant(name, people.maintainer, 'maintain');
  sandbox.grant(name, people.writer, 'write');
  sandbox.grant(name, people.triager, 'triage');
  sandbox.grant(name, people.reader, 'read');
  const installation = sandbox.installApp({ account: owner });

  const probot = new Probot({
    appId: app.id,
    privateKey: app.privateKey ?? '',
    secret: 'unused',
    baseUrl: `${sandbox.url}/api/v3`,
    log: pino({ level: 'silent' }),
    // GitHub's pace is a matter of its own test; here it would only be slow.
    Octokit: unthrottled,
  });
  const clients = installationClients({ app: probot });
  const github = gitHubApi({ ...clients, appId: app.id, log: pino({ level: 'silent' }) });

  let files = 0;
  const homes = new Set<string>();
  return {
    github,
    repository: {
      id: repositoryId(created.id),
      installation: installationId(installation.id),
      owner,
      name: 'infra',
    },
    people,
    push: async ({ branch, author, committer, coAuthors, pusher }) => {
      files += 1;
      const sha = await sandbox.push({
        repo: name,
        branch,
        files: { [`apps/file-${files}.yaml`]: 'kind: Secret\n' },
        author,
        ...(committer !== undefined && { committer }),
        ...(coAuthors !== undefined && { coAuthors: [...coAuthors] }),
        ...(pusher !== undefined && { pusher }),
      });
      return commitSha(sha);
    },
    open: async ({ branch, author, draft = false }) =>
      pullNumber(await sandbox.openPullRequest({ repo: name, head: branch, title: branch, author, draft })),
    openFromFork: async ({ branch, author }) => {
      const fork = await sandbox.fork(name, author);
      await sandbox.push({ repo: fork.name, branch, files: { 'apps/fork.yaml': 'kind: Secret\n' }, author });
      const head = `${author}:${branch}`;
      return pullNumber(await sandbox.openPullRequest({ repo: name, head, title: branch, author }));
    },
    approve: ({ number, reviewer }) => sandbox.review({ repo: name, number, reviewer, state: 'APPROVED' }),
    dismiss: ({ number, review, by }) => sandbox.dismissReview({ repo: name, number, reviewId: review, by }),
    team: async ({ slug, members, invited = [], parent }) => {
      sandbox.createTeam(owner, slug, { members, ...(parent !== undefined && { parent }) });
      for (const login of invited) sandbox.inviteToTeam(owner, slug, login);
    },
    organizationFiles: async (wanted) => {
      const home = `${owner}/.github` as const;
      if (homes.has(home)) await sandbox.push({ repo: home, branch: 'main', files: wanted, author: people.admin });
      else await sandbox.createRepository(home, { files: wanted });
      homes.add(home);
    },
    leaveTeam: async (slug, login) => sandbox.removeTeamMember(owner, slug, login),
    enqueue: async ({ numbers, onto }) => {
      const { headRef, headSha, baseSha } = await sandbox.requestMergeGroup({
        repo: name,
        numbers,
        ...(onto !== undefined && { onto: `refs/heads/${onto}` }),
      });
      return { ref: headRef.replace('refs/heads/', ''), head: commitSha(headSha), base: commitSha(baseSha) };
    },
    dequeue: ({ ref }) => sandbox.destroyMergeGroup({ repo: name, headRef: `refs/heads/${ref}`, reason: 'dequeued' }),
    merge: async ({ number, by }) => commitSha(await sandbox.merge({ repo: name, number, by })),
    comment: async ({ number, author, body }) => sandbox.comment({ repo: name, number, author, body }),
    deleteComment: async (commentId) => sandbox.deleteComment({ repo: name, commentId, by: people.admin }),
    reactions: async (commentId) => sandbox.reactions(name, commentId).map(({ content }) => content),
    annotations: async (sha, runId) =>
      sandbox.checkRuns(name, sha, 'all').find(({ id }) => id === runId)?.output.annotations.length ?? 0,
    rename: async (newName) => sandbox.renameRepository(name, newName),
    close: async () => {},
  };
}

afterAll(async () => {
  await sandbox.close();
});

describe('GitHub, in memory', () => {
  gitHubContract(() => sandboxStage('acme/infra'));

  it('finds what it made when only the answer was lost, and makes it once', async () => {
    const stage = await sandboxStage('emca/infra');
    const { github, repository, people } = stage;
    const sha = await stage.push({ branch: 'change', author: people.writer });
    const number = await stage.open({ branch: 'change', author: people.writer });
    const marker = '<!-- planwright:plan -->';
    const lost = { status: 502, afterEffect: true } as const;

    sandbox.failNext({ ...lost, method: 'POST', path: /\/issues\/\d+\/comments$/ });
    await expect(github.createComment(repository, number, marker)).rejects.toThrow('502');
    expect(await github.findComment(repository, number, marker)).toBeDefined();
    expect(sandbox.comments('emca/infra', number)).toHaveLength(1);

    sandbox.failNext({ ...lost, method: 'POST', path: /\/deployments$/ });
    const deployment = { sha, environment: 'staging', key: 'merge-1', description: '' };
    await expect(github.createDeployment(repository, deployment)).rejects.toThrow('502');
    expect(await github.findDeployment(repository, sha, 'staging', 'merge-1')).toBeDefined();
    expect(sandbox.deployments('emca/infra')).toHaveLength(1);

    const request: CheckRunRequest = {
      sha,
      name: 'planwright/plan',
      externalId: 'plan-1',
      text: { title: 'Invalid', summary: 'Invalid' },
      conclusion: 'failure',
      annotations: Array.from({ length: 120 }, (_, index) => ({
        path: 'apps/web.yaml',
        line: index + 1,
        level: 'failure',
        title: 'Wrong',
        message: 'Wrong',
      })),
    };
    sandbox.failNext({ ...lost, method: 'PATCH', path: /\/check-runs\/\d+$/ });
    await expect(github.createCheckRun(repository, request)).rejects.toThrow('502');
    const [begun] = await github.checkRuns(repository, sha, 'planwright/plan');
    expect(begun).toMatchObject({ externalId: 'plan-1', status: 'in_progress' });
    await github.updateCheckRun(repository, begun?.id ?? 0, request);
    const [run, ...others] = sandbox.checkRuns('emca/infra', sha, 'all');
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: 'completed', conclusion: 'failure' });
    expect(run?.output.annotations).toHaveLength(120);
  });

  it("saw nothing that GitHub's description does not allow", () => {
    expect(sandbox.requests.length).toBeGreaterThan(50);
    // GitHub redirects after a rename, and answers for a repository's id; its description knows neither.
    const undescribed = /^GET \/repositories\/\d+|^GET \S+ 301$/;
    expect(sandbox.violations.filter(({ where }) => !undescribed.test(where))).toEqual([]);
  });
});
