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

test('an issue is created with labels, found by them, and closed', async () => {
  const { data: issue } = await setting.app.rest.issues.create({
    ...infra,
    title: 'web@production: held',
    body: '@alice',
    labels: ['planwright:held'],
  });
  await setting.app.rest.issues.create({ ...infra, title: 'Another' });
  const held = async (state: 'open' | 'closed') =>
    (await setting.app.rest.issues.listForRepo({ ...infra, labels: 'planwright:held', state })).data.map(
      ({ number }) => number,
    );
  expect(await held('open')).toEqual([issue.number]);
  expect(issue).toMatchObject({
    user: { login: 'planwright[bot]', type: 'Bot' },
    performed_via_github_app: { slug: 'planwright' },
  });
  const { data: closed } = await setting.app.rest.issues.update({
    ...infra,
    issue_number: issue.number,
    state: 'closed',
    state_reason: 'completed',
    body: 'Done',
  });
  expect(closed).toMatchObject({
    state: 'closed',
    state_reason: 'completed',
    body: 'Done',
    closed_by: { login: 'planwright[bot]' },
  });
  expect(await held('closed')).toEqual([issue.number]);
});

test('pull requests and issues share their numbers, and issues lists both', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const { data: issue } = await setting.app.rest.issues.create({ ...infra, title: 'Next' });
  expect(issue.number).toBe(number + 1);
  const { data } = await setting.app.rest.issues.listForRepo(infra);
  expect(data.map((one) => 'pull_request' in one)).toEqual([false, true]);
});

test('comments are written, changed, listed oldest first and deleted', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const { data: comment } = await setting.app.rest.issues.createComment({
    ...infra,
    issue_number: number,
    body: 'Plan',
  });
  setting.github.comment({ repo: 'acme/infra', number, author: 'alice', body: '/plan' });
  setting.github.clock.advance(2000);
  await setting.app.rest.issues.updateComment({ ...infra, comment_id: comment.id, body: 'Plan again' });
  const { data: both } = await setting.app.rest.issues.listComments({ ...infra, issue_number: number });
  expect(both.map(({ body, user }) => [user?.login, body])).toEqual([
    ['planwright[bot]', 'Plan again'],
    ['alice', '/plan'],
  ]);
  expect(both[0]?.updated_at).not.toBe(both[0]?.created_at);
  await setting.app.rest.issues.deleteComment({ ...infra, comment_id: comment.id });
  await expect(setting.app.rest.issues.getComment({ ...infra, comment_id: comment.id })).rejects.toMatchObject({
    status: 404,
  });
});

test('a comment of 65,536 characters fits and one more does not', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const write = (length: number) =>
    setting.app.rest.issues.createComment({ ...infra, issue_number: number, body: 'ü'.repeat(length) });
  await write(65_536);
  await expect(write(65_537)).rejects.toMatchObject({ status: 422 });
  expect(setting.github.comments('acme/infra', number)).toHaveLength(1);
});

test("only a writer changes another's comment", async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  setting.github.grant('acme/infra', 'carol', 'read');
  const commentId = setting.github.comment({ repo: 'acme/infra', number, author: 'alice', body: 'Mine' });
  await expect(
    setting.as('carol').rest.issues.updateComment({ ...infra, comment_id: commentId, body: 'Hers' }),
  ).rejects.toMatchObject({ status: 403 });
});

test('the same reaction twice is one, and can be taken back', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const commentId = setting.github.comment({ repo: 'acme/infra', number, author: 'alice', body: '/plan' });
  const react = () =>
    setting.app.rest.reactions.createForIssueComment({ ...infra, comment_id: commentId, content: 'rocket' });
  const [first, second] = [await react(), await react()];
  expect([first.status, second.status]).toEqual([201, 200]);
  expect(setting.github.reactions('acme/infra', commentId)).toMatchObject([
    { by: 'planwright[bot]', content: 'rocket' },
  ]);
  await setting.app.rest.reactions.deleteForIssueComment({
    ...infra,
    comment_id: commentId,
    reaction_id: first.data.id,
  });
  expect((await setting.app.rest.reactions.listForIssueComment({ ...infra, comment_id: commentId })).data).toEqual([]);
});

test('labels are put on and taken off', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  await setting.app.rest.issues.addLabels({ ...infra, issue_number: number, labels: ['one', 'two'] });
  await setting.app.rest.issues.removeLabel({ ...infra, issue_number: number, name: 'one' });
  expect(
    (await setting.app.rest.issues.listLabelsOnIssue({ ...infra, issue_number: number })).data.map(({ name }) => name),
  ).toEqual(['two']);
});
