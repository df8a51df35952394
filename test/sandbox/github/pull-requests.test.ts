import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, infra, proposeTwoReplicas, type Setting } from './setting.ts';

let setting: Setting;

beforeEach(async () => {
  setting = await acme();
});

afterEach(async () => {
  expect(setting.github.violations).toEqual([]);
  await setting.github.close();
});

test('whether it can be merged is unknown at the first look and known at the next', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const look = async () => (await setting.app.rest.pulls.get({ ...infra, pull_number: number })).data.mergeable;
  expect([await look(), await look()]).toEqual([null, true]);
  await setting.github.push({
    repo: 'acme/infra',
    branch: 'main',
    files: { 'apps/web.yaml': 'replicas: 7\n' },
    author: 'bob',
  });
  expect([await look(), await look()]).toEqual([null, false]);
});

test('it lists the files and commits that the head adds to the base', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  await setting.github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/ä new.yaml': 'a: 1\nb: 2\n', 'README.md': null },
    author: 'alice',
  });
  const { data: files } = await setting.app.rest.pulls.listFiles({ ...infra, pull_number: number });
  expect(
    files.map(({ filename, status, additions, deletions }) => [filename, status, additions, deletions]).toSorted(),
  ).toEqual([
    ['README.md', 'removed', 0, 1],
    ['apps/web.yaml', 'modified', 1, 1],
    ['apps/ä new.yaml', 'added', 2, 0],
  ]);
  const { data: commits } = await setting.app.rest.pulls.listCommits({ ...infra, pull_number: number });
  expect(commits.map(({ author }) => author?.login)).toEqual(['alice', 'alice']);
  const { data: pull } = await setting.app.rest.pulls.get({ ...infra, pull_number: number });
  expect(pull).toMatchObject({ commits: 2, changed_files: 3, additions: 3, deletions: 2, user: { login: 'alice' } });
});

test('a rename is listed with its former name', async () => {
  await setting.github.push({
    repo: 'acme/infra',
    branch: 'move',
    files: { 'apps/web.yaml': null, 'apps/site.yaml': 'replicas: 1\n' },
    author: 'alice',
  });
  const number = await setting.github.openPullRequest({
    repo: 'acme/infra',
    head: 'move',
    title: 'Move',
    author: 'alice',
  });
  const { data: files } = await setting.app.rest.pulls.listFiles({ ...infra, pull_number: number });
  expect(files).toMatchObject([{ filename: 'apps/site.yaml', previous_filename: 'apps/web.yaml', status: 'renamed' }]);
});

test('a push moves the head and leaves an activity record of who pushed', async () => {
  const { number, sha: before } = await proposeTwoReplicas(setting.github);
  setting.github.clock.advance(1000);
  const after = await setting.github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/web.yaml': 'replicas: 3\n' },
    author: 'alice',
    pusher: 'bob',
  });
  expect((await setting.app.rest.pulls.get({ ...infra, pull_number: number })).data.head.sha).toBe(after);
  const { data } = await setting.app.request('GET /repos/{owner}/{repo}/activity', {
    ...infra,
    ref: 'refs/heads/scale',
  });
  expect(
    data.map(({ activity_type, actor, before: from, after: to }) => [activity_type, actor?.login, from, to]),
  ).toEqual([
    ['push', 'bob', before, after],
    ['branch_creation', 'alice', '0'.repeat(40), before],
  ]);
  const [newer, older] = data.map(({ timestamp }) => new Date(timestamp).getTime());
  expect((newer ?? 0) - (older ?? 0)).toBeGreaterThanOrEqual(1000);
});

test('a rewritten branch is recorded as a forced push; without force it is refused', async () => {
  await proposeTwoReplicas(setting.github);
  const rewrite = {
    repo: 'acme/infra',
    branch: 'scale',
    from: 'main',
    files: { 'apps/web.yaml': 'replicas: 9\n' },
    author: 'alice',
  };
  await expect(setting.github.push(rewrite)).rejects.toThrow(/fast-forward/);
  await setting.github.push({ ...rewrite, force: true });
  expect(setting.github.activity('acme/infra').at(-1)?.kind).toBe('force_push');
});

test('reviews keep their commit, nobody approves their own, and a dismissal changes the review itself', async () => {
  const { number, sha } = await proposeTwoReplicas(setting.github);
  await expect(
    setting.as('alice').rest.pulls.createReview({ ...infra, pull_number: number, event: 'APPROVE' }),
  ).rejects.toMatchObject({ status: 422 });
  const { data: review } = await setting
    .as('bob')
    .rest.pulls.createReview({ ...infra, pull_number: number, event: 'APPROVE' });
  await setting.github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/web.yaml': 'replicas: 3\n' },
    author: 'alice',
  });
  await setting
    .as('bob')
    .rest.pulls.dismissReview({ ...infra, pull_number: number, review_id: review.id, message: 'Changed since' });
  const { data: reviews } = await setting.app.rest.pulls.listReviews({ ...infra, pull_number: number });
  expect(reviews).toMatchObject([{ id: review.id, state: 'DISMISSED', commit_id: sha, user: { login: 'bob' } }]);
});

test.each(['merge', 'squash', 'rebase'] as const)(
  'merging by %s brings the change to the base and says who did it',
  async (method) => {
    const { number, sha } = await proposeTwoReplicas(setting.github);
    await setting.github.push({ repo: 'acme/infra', branch: 'main', files: { 'other.yaml': 'a: 1\n' }, author: 'bob' });
    const { data: merged } = await setting
      .as('alice')
      .rest.pulls.merge({ ...infra, pull_number: number, merge_method: method });
    const { data: pull } = await setting.app.rest.pulls.get({ ...infra, pull_number: number });
    expect(pull).toMatchObject({
      state: 'closed',
      merged: true,
      merge_commit_sha: merged.sha,
      merged_by: { login: 'alice' },
    });
    expect(await setting.github.branchSha('acme/infra', 'main')).toBe(merged.sha);
    const { data: commit } = await setting.app.rest.repos.getCommit({ ...infra, ref: 'main' });
    expect(commit.parents.some((parent) => parent.sha === sha)).toBe(method === 'merge');
    const { data: file } = await setting.app.rest.repos.getContent({ ...infra, path: 'apps/web.yaml' });
    expect(Buffer.from('content' in file ? file.content : '', 'base64').toString()).toBe('replicas: 2\n');
    const { data: pulls } = await setting.app.rest.repos.listPullRequestsAssociatedWithCommit({
      ...infra,
      commit_sha: merged.sha,
    });
    expect(pulls.map((found) => found.number)).toEqual([number]);
    expect(setting.github.activity('acme/infra').at(-1)).toMatchObject({ kind: 'pr_merge', actor: 'alice' });
  },
);

test('a merge is refused while a required check has not succeeded, for a draft, and for a head that moved', async () => {
  const { number, sha } = await proposeTwoReplicas(setting.github);
  const merge = (more = {}) => setting.as('alice').rest.pulls.merge({ ...infra, pull_number: number, ...more });
  setting.github.protectBranch('acme/infra', 'main', { requiredChecks: ['planwright/gate'] });
  await expect(merge()).rejects.toMatchObject({ status: 405 });
  await setting.app.rest.checks.create({
    ...infra,
    name: 'planwright/gate',
    head_sha: sha,
    status: 'completed',
    conclusion: 'success',
  });
  await expect(merge({ sha: '1'.repeat(40) })).rejects.toMatchObject({ status: 409 });
  await setting.github.setDraft({ repo: 'acme/infra', number, by: 'alice', draft: true });
  await expect(merge()).rejects.toMatchObject({ status: 405 });
  await setting.github.setDraft({ repo: 'acme/infra', number, by: 'alice', draft: false });
  expect((await merge()).data.merged).toBe(true);
});

test('somebody with read access may not merge', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  setting.github.grant('acme/infra', 'carol', 'read');
  await expect(setting.as('carol').rest.pulls.merge({ ...infra, pull_number: number })).rejects.toMatchObject({
    status: 403,
  });
});

test('commits pushed straight onto the base mark their pull request as merged', async () => {
  const { number, sha } = await proposeTwoReplicas(setting.github);
  await setting.github.pushMerge({ repo: 'acme/infra', branch: 'main', from: sha, author: 'alice' });
  expect(setting.github.pullRequest('acme/infra', number)).toMatchObject({ merged: true, mergedBy: 'alice' });
  expect(setting.github.activity('acme/infra').at(-1)?.kind).toBe('push');
});

test("a fork's head is fetched into the base, and its checks name no pull request", async () => {
  const { name } = await setting.github.fork('acme/infra', 'carol');
  const sha = await setting.github.push({
    repo: name,
    branch: 'idea',
    files: { 'apps/web.yaml': 'replicas: 5\n' },
    author: 'carol',
  });
  const number = await setting.github.openPullRequest({
    repo: 'acme/infra',
    head: 'carol:idea',
    title: 'Idea',
    author: 'carol',
  });
  const { data: pull } = await setting.app.rest.pulls.get({ ...infra, pull_number: number });
  expect(pull.head).toMatchObject({ sha, label: 'carol:idea', repo: { full_name: 'carol/infra', fork: true } });
  const { data: run } = await setting.app.rest.checks.create({
    ...infra,
    name: 'planwright/plan',
    head_sha: sha,
    status: 'in_progress',
  });
  expect(run.pull_requests).toEqual([]);
  const next = await setting.github.push({
    repo: name,
    branch: 'idea',
    files: { 'apps/web.yaml': 'replicas: 6\n' },
    author: 'carol',
  });
  expect(setting.github.pullRequest('acme/infra', number).headSha).toBe(next);
  await setting.github.merge({ repo: 'acme/infra', number, by: 'bob' });
  expect(setting.github.pullRequest('acme/infra', number).merged).toBe(true);
});

test('closing, reopening, editing and relabelling show in the pull request', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  await setting.github.closePullRequest({ repo: 'acme/infra', number, by: 'alice' });
  expect((await setting.app.rest.pulls.list({ ...infra })).data).toEqual([]);
  await setting.github.reopenPullRequest({ repo: 'acme/infra', number, by: 'alice' });
  await setting.as('alice').rest.pulls.update({ ...infra, pull_number: number, title: 'Better title' });
  await setting.github.label({ repo: 'acme/infra', number, by: 'alice', label: 'urgent' });
  const { data } = await setting.app.rest.pulls.get({ ...infra, pull_number: number });
  expect(data).toMatchObject({ state: 'open', title: 'Better title', labels: [{ name: 'urgent' }] });
});

test('a merge group is the base with its pull requests merged, and lands as one', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const group = await setting.github.requestMergeGroup({ repo: 'acme/infra', numbers: [number] });
  expect(group.headRef).toMatch(/^refs\/heads\/gh-readonly-queue\/main\//);
  const landed = await setting.github.mergeMergeGroup({ repo: 'acme/infra', headRef: group.headRef, by: 'bob' });
  expect(landed).toBe(group.headSha);
  expect(setting.github.pullRequest('acme/infra', number)).toMatchObject({ merged: true, mergeCommitSha: landed });
});

test('lists come in pages that link to each other', async () => {
  for (const index of [1, 2, 3]) {
    await setting.github.push({
      repo: 'acme/infra',
      branch: `b${index}`,
      files: { 'x.yaml': `x: ${index}\n` },
      author: 'alice',
    });
    await setting.github.openPullRequest({ repo: 'acme/infra', head: `b${index}`, title: `${index}`, author: 'alice' });
  }
  const { headers } = await setting.app.rest.pulls.list({ ...infra, per_page: 2 });
  expect(headers.link).toContain('rel="next"');
  const all = await setting.app.paginate(setting.app.rest.pulls.list, { ...infra, per_page: 2 });
  expect(all.map((pull) => pull.title)).toEqual(['3', '2', '1']);
});
