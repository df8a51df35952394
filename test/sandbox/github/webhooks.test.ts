import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, client, freshJwt, infra, proposeTwoReplicas, receiver, type Setting } from './setting.ts';

const secret = 'it is a secret';

let setting: Setting;
let hook: Awaited<ReturnType<typeof receiver>>;

beforeEach(async () => {
  setting = await acme();
  hook = await receiver();
  setting.github.setWebhook({ url: hook.url, secret });
});

afterEach(async () => {
  await setting.github.close();
  await hook.close();
  expect(setting.github.violations).toEqual([]);
});

const sent = () =>
  setting.github.deliveries.map(({ event, action }) => (action === null ? event : `${event}.${action}`));

test('a delivery carries its event, a GUID and the signature of its exact bytes', async () => {
  await proposeTwoReplicas(setting.github);
  await setting.github.settled();
  expect(hook.received.map(({ headers }) => headers['x-github-event']).toSorted()).toEqual([
    'check_suite',
    'pull_request',
    'push',
  ]);
  for (const { headers, body } of hook.received) {
    expect(headers['x-github-delivery']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-hub-signature-256']).toBe(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
    expect(JSON.parse(body)).toMatchObject({
      installation: { id: setting.installationId },
      repository: { full_name: 'acme/infra' },
      sender: { login: 'alice' },
    });
  }
});

test('the life of a pull request is announced in order, each payload as GitHub describes it', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const on = { repo: 'acme/infra', number };
  await setting.github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/web.yaml': 'replicas: 3\n' },
    author: 'alice',
  });
  await setting.github.editPullRequest({ ...on, by: 'alice', title: 'Three replicas' });
  await setting.github.setDraft({ ...on, by: 'alice', draft: true });
  await setting.github.setDraft({ ...on, by: 'alice', draft: false });
  await setting.github.label({ ...on, by: 'alice', label: 'urgent' });
  const reviewId = await setting.github.review({ ...on, reviewer: 'bob', state: 'APPROVED' });
  await setting.github.dismissReview({ ...on, by: 'bob', reviewId });
  const commentId = setting.github.comment({ ...on, author: 'alice', body: '/plan' });
  setting.github.editComment({ repo: 'acme/infra', commentId, by: 'alice', body: '/help' });
  setting.github.deleteComment({ repo: 'acme/infra', commentId, by: 'alice' });
  await setting.github.closePullRequest({ ...on, by: 'alice' });
  await setting.github.reopenPullRequest({ ...on, by: 'alice' });
  await setting.github.merge({ ...on, by: 'bob' });
  expect(sent().filter((name) => !name.startsWith('check_suite'))).toEqual([
    'push',
    'pull_request.opened',
    'push',
    'pull_request.synchronize',
    'pull_request.edited',
    'pull_request.converted_to_draft',
    'pull_request.ready_for_review',
    'pull_request.labeled',
    'pull_request_review.submitted',
    'pull_request_review.dismissed',
    'issue_comment.created',
    'issue_comment.edited',
    'issue_comment.deleted',
    'pull_request.closed',
    'pull_request.reopened',
    'push',
    'pull_request.closed',
  ]);
});

test('a synchronize says from where to where; a review is written in lower case', async () => {
  const { number, sha: before } = await proposeTwoReplicas(setting.github);
  const after = await setting.github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/web.yaml': 'replicas: 3\n' },
    author: 'alice',
  });
  await setting.github.review({ repo: 'acme/infra', number, reviewer: 'bob', state: 'CHANGES_REQUESTED' });
  const payload = (event: string, action: string) =>
    setting.github.deliveries.find((delivery) => delivery.event === event && delivery.action === action)?.payload;
  expect(payload('pull_request', 'synchronize')).toMatchObject({
    before,
    after,
    pull_request: { head: { sha: after } },
  });
  expect(payload('pull_request_review', 'submitted')).toMatchObject({
    review: { state: 'changes_requested', commit_id: after },
  });
});

test('checks, suites, merge groups, renames and installations are announced', async () => {
  const { number, sha } = await proposeTwoReplicas(setting.github);
  const { data: run } = await setting.app.rest.checks.create({
    ...infra,
    name: 'planwright/plan',
    head_sha: sha,
    status: 'completed',
    conclusion: 'failure',
    actions: [{ identifier: 'plan', label: 'Plan again', description: 'Plans again' }],
  });
  setting.github.clickCheckAction({ repo: 'acme/infra', checkRunId: run.id, by: 'alice', identifier: 'plan' });
  setting.github.rerequestCheckRun({ repo: 'acme/infra', checkRunId: run.id, by: 'alice' });
  await setting.github.rerequestCheckSuite({ repo: 'acme/infra', sha, by: 'alice' });
  const { headRef } = await setting.github.requestMergeGroup({ repo: 'acme/infra', numbers: [number] });
  await setting.github.destroyMergeGroup({ repo: 'acme/infra', headRef, reason: 'dequeued' });
  setting.github.renameRepository('acme/infra', 'platform', 'bob');
  setting.github.setInstallationSuspended(setting.installationId, true);
  setting.github.setInstallationSuspended(setting.installationId, false);
  setting.github.revokeInstallation(setting.installationId);
  expect(new Set(sent())).toEqual(
    new Set([
      'push',
      'pull_request.opened',
      'check_suite.requested',
      'check_run.created',
      'check_run.completed',
      'check_run.requested_action',
      'check_run.rerequested',
      'check_suite.rerequested',
      'merge_group.checks_requested',
      'merge_group.destroyed',
      'repository.renamed',
      'installation.suspend',
      'installation.unsuspend',
      'installation.deleted',
    ]),
  );
});

test("a check's events reach only the app that owns it", async () => {
  const { sha } = await proposeTwoReplicas(setting.github);
  const rival = setting.github.registerApp({ slug: 'rival', webhook: { url: hook.url, secret: 'other' } });
  const installation = setting.github.installApp({ account: 'acme', appId: rival.id });
  const asRival = client(setting.github, setting.github.createInstallationToken(installation.id));
  const { data: run } = await asRival.rest.checks.create({
    ...infra,
    name: 'rival',
    head_sha: sha,
    status: 'completed',
    conclusion: 'success',
  });
  setting.github.rerequestCheckRun({ repo: 'acme/infra', checkRunId: run.id, by: 'alice' });
  const owners = setting.github.deliveries.filter(({ event }) => event === 'check_run').map(({ appId }) => appId);
  expect(new Set(owners)).toEqual(new Set([rival.id]));
});

test('a suspended installation hears nothing', async () => {
  setting.github.setInstallationSuspended(setting.installationId, true);
  const before = sent().length;
  await proposeTwoReplicas(setting.github);
  expect(sent().length).toBe(before);
});

test('a failed delivery is in the log, is not tried again, and keeps its GUID when the app asks for it', async () => {
  hook.answerWith(500);
  setting.github.comment({
    repo: 'acme/infra',
    number: (await proposeTwoReplicas(setting.github)).number,
    author: 'alice',
    body: '/plan',
  });
  await setting.github.settled();
  hook.answerWith(200);
  const asApp = client(setting.github, freshJwt(setting));
  const { data: log } = await asApp.rest.apps.listWebhookDeliveries({ per_page: 100 });
  const failed = log.find(({ event }) => event === 'issue_comment');
  expect(failed).toMatchObject({ status_code: 500, redelivery: false, action: 'created' });
  await asApp.rest.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 });
  await setting.github.settled();
  const attempts = setting.github.deliveries.filter(({ event }) => event === 'issue_comment');
  expect(attempts.map(({ guid, status, redelivery }) => [guid, status, redelivery])).toEqual([
    [failed?.guid, 'failed', false],
    [failed?.guid, 'OK', true],
  ]);
});

test('a lost delivery is logged and never sent', async () => {
  setting.github.loseDeliveries({ event: 'pull_request' });
  await proposeTwoReplicas(setting.github);
  await setting.github.settled();
  expect(hook.received.map(({ headers }) => headers['x-github-event'])).not.toContain('pull_request');
  const lost = setting.github.deliveries.find(({ event }) => event === 'pull_request');
  expect(lost).toMatchObject({ status: 'failed', statusCode: 502 });
  setting.github.redeliver(lost?.guid ?? '');
  await setting.github.settled();
  expect(hook.received.at(-1)?.headers['x-github-delivery']).toBe(lost?.guid);
});

test('the delivery log pages by a cursor', async () => {
  await proposeTwoReplicas(setting.github);
  await setting.github.settled();
  const all = await client(setting.github, freshJwt(setting)).paginate('GET /app/hook/deliveries', { per_page: 2 });
  expect(all.map(({ event }) => event)).toEqual(['pull_request', 'check_suite', 'push']);
});
