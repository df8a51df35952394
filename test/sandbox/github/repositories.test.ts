import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, infra, type Setting } from './setting.ts';

let setting: Setting;

beforeEach(async () => {
  setting = await acme();
});

afterEach(async () => {
  expect(setting.github.violations).toEqual([]);
  await setting.github.close();
});

test('files and directories are read at a commit; what is not there is 404', async () => {
  const { data: file } = await setting.app.rest.repos.getContent({ ...infra, path: 'apps/web.yaml', ref: 'main' });
  expect(file).toMatchObject({ type: 'file', path: 'apps/web.yaml', size: 12, encoding: 'base64' });
  const { data: directory } = await setting.app.rest.repos.getContent({ ...infra, path: 'apps' });
  expect(Array.isArray(directory) && directory.map(({ path, type }) => [path, type])).toEqual([
    ['apps/web.yaml', 'file'],
  ]);
  const { data: root } = await setting.app.rest.repos.getContent({ ...infra, path: '' });
  expect(Array.isArray(root) && root.map(({ path, type }) => [path, type])).toEqual([
    ['README.md', 'file'],
    ['apps', 'dir'],
  ]);
  await expect(setting.app.rest.repos.getContent({ ...infra, path: '.github/planwright.yml' })).rejects.toMatchObject({
    status: 404,
  });
});

test('a branch with a slash is found by branch, by ref and by commit', async () => {
  const sha = await setting.github.push({
    repo: 'acme/infra',
    branch: 'feature/one',
    files: { 'a.yaml': 'a: 1\n' },
    author: 'alice',
  });
  expect((await setting.app.rest.repos.getBranch({ ...infra, branch: 'feature/one' })).data.commit.sha).toBe(sha);
  expect((await setting.app.rest.git.getRef({ ...infra, ref: 'heads/feature/one' })).data.object.sha).toBe(sha);
  expect((await setting.app.rest.repos.getCommit({ ...infra, ref: 'feature/one' })).data.sha).toBe(sha);
  await expect(setting.app.rest.repos.getBranch({ ...infra, branch: 'feature/two' })).rejects.toMatchObject({
    status: 404,
  });
});

test('deleting a branch closes the pull request that comes from it', async () => {
  await setting.github.push({ repo: 'acme/infra', branch: 'gone', files: { 'a.yaml': 'a: 1\n' }, author: 'alice' });
  const number = await setting.github.openPullRequest({
    repo: 'acme/infra',
    head: 'gone',
    title: 'Gone',
    author: 'alice',
  });
  await setting.github.deleteBranch('acme/infra', 'gone', 'alice');
  expect(setting.github.pullRequest('acme/infra', number)).toMatchObject({ state: 'closed', merged: false });
});

test.each([
  ['read', 'read', { pull: true, triage: false, push: false, maintain: false, admin: false }],
  ['triage', 'read', { pull: true, triage: true, push: false, maintain: false, admin: false }],
  ['maintain', 'write', { pull: true, triage: true, push: true, maintain: true, admin: false }],
  ['admin', 'admin', { pull: true, triage: true, push: true, maintain: true, admin: true }],
] as const)(
  'the permission of a person with %s is told in the old word, the role and the flags',
  async (level, word, flags) => {
    setting.github.grant('acme/infra', 'carol', level);
    const { data } = await setting.app.rest.repos.getCollaboratorPermissionLevel({ ...infra, username: 'carol' });
    expect(data).toMatchObject({ permission: word, role_name: level, user: { login: 'carol', permissions: flags } });
  },
);

test('who has nothing has the permission none; who does not exist is 404', async () => {
  expect(
    (await setting.app.rest.repos.getCollaboratorPermissionLevel({ ...infra, username: 'carol' })).data.permission,
  ).toBe('none');
  await expect(
    setting.app.rest.repos.getCollaboratorPermissionLevel({ ...infra, username: 'nobody' }),
  ).rejects.toMatchObject({ status: 404 });
});

test("a team's people include those of the teams below it, and its level counts for them", async () => {
  setting.github.createTeam('acme', 'platform', { members: ['bob'] });
  setting.github.createTeam('acme', 'sre', { parent: 'platform', members: ['carol'] });
  setting.github.grant('acme/infra', 'team:platform', 'maintain');
  const team = { org: 'acme', team_slug: 'platform' };
  expect((await setting.app.rest.teams.getByName(team)).data).toMatchObject({ slug: 'platform', members_count: 2 });
  expect((await setting.app.rest.teams.listMembersInOrg(team)).data.map(({ login }) => login)).toEqual([
    'bob',
    'carol',
  ]);
  expect((await setting.app.rest.teams.getMembershipForUserInOrg({ ...team, username: 'carol' })).data.state).toBe(
    'active',
  );
  await expect(setting.app.rest.teams.getMembershipForUserInOrg({ ...team, username: 'alice' })).rejects.toMatchObject({
    status: 404,
  });
  expect(
    (await setting.app.rest.repos.getCollaboratorPermissionLevel({ ...infra, username: 'carol' })).data.role_name,
  ).toBe('maintain');
});

test('activity is filtered by ref and actor and pages by a cursor', async () => {
  for (const value of [1, 2, 3]) {
    await setting.github.push({
      repo: 'acme/infra',
      branch: 'main',
      files: { 'a.yaml': `a: ${value}\n` },
      author: value === 2 ? 'bob' : 'alice',
    });
  }
  const { data: bobs } = await setting.app.request('GET /repos/{owner}/{repo}/activity', { ...infra, actor: 'bob' });
  expect(bobs).toHaveLength(1);
  const paged = await setting.app.paginate('GET /repos/{owner}/{repo}/activity', {
    ...infra,
    ref: 'main',
    per_page: 2,
  });
  expect(paged.map(({ activity_type }) => activity_type)).toEqual(['push', 'push', 'push', 'branch_creation']);
});

test('users, the rate limit and meta answer', async () => {
  expect((await setting.app.rest.users.getByUsername({ username: 'planwright[bot]' })).data.type).toBe('Bot');
  expect((await setting.app.rest.rateLimit.get()).data.rate.limit).toBe(5000);
  expect((await setting.app.rest.meta.get()).status).toBe(200);
});
