import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, client, infra, proposeTwoReplicas, type Setting } from './setting.ts';

let setting: Setting;
let sha: string;

beforeEach(async () => {
  setting = await acme();
  ({ sha } = await proposeTwoReplicas(setting.github));
});

afterEach(async () => {
  await setting.github.close();
});

const expectNoViolations = () => expect(setting.github.violations).toEqual([]);

const annotation = (line: number) => ({
  path: 'apps/web.yaml',
  start_line: line,
  end_line: line,
  annotation_level: 'warning' as const,
  message: `Line ${line}`,
});

test('a run goes from in progress to completed, and GitHub says when', async () => {
  const { data: begun } = await setting.app.rest.checks.create({
    ...infra,
    name: 'planwright/plan',
    head_sha: sha,
    status: 'in_progress',
    external_id: 'plan-1',
  });
  expect(begun).toMatchObject({
    status: 'in_progress',
    conclusion: null,
    completed_at: null,
    external_id: 'plan-1',
    pull_requests: [{ number: 1 }],
  });
  setting.github.clock.advance(5000);
  const { data: done } = await setting.app.rest.checks.update({
    ...infra,
    check_run_id: begun.id,
    conclusion: 'success',
    output: { title: 'Fine', summary: 'All *fine*' },
  });
  expect(done).toMatchObject({
    status: 'completed',
    conclusion: 'success',
    output: { title: 'Fine', summary: 'All *fine*' },
  });
  expect(new Date(done.completed_at ?? 0).getTime()).toBeGreaterThanOrEqual(
    new Date(begun.started_at ?? 0).getTime() + 5000,
  );
  expectNoViolations();
});

test('a completed run does not go back', async () => {
  const { data } = await setting.app.rest.checks.create({
    ...infra,
    name: 'planwright/plan',
    head_sha: sha,
    status: 'completed',
    conclusion: 'failure',
  });
  await expect(
    setting.app.rest.checks.update({ ...infra, check_run_id: data.id, status: 'in_progress' }),
  ).rejects.toMatchObject({ status: 422 });
  expect(setting.github.checkRuns('acme/infra', sha)).toMatchObject([{ status: 'completed', conclusion: 'failure' }]);
});

test('the latest run of a name is the one listed, unless all are asked for', async () => {
  const create = (conclusion: 'failure' | 'success') =>
    setting.app.rest.checks.create({
      ...infra,
      name: 'planwright/gate',
      head_sha: sha,
      status: 'completed',
      conclusion,
    });
  await create('failure');
  await create('success');
  const conclusions = async (more: { filter?: 'all' | 'latest'; check_name?: string } = {}) =>
    (await setting.app.rest.checks.listForRef({ ...infra, ref: sha, ...more })).data.check_runs.map(
      (run) => run.conclusion,
    );
  expect(await conclusions()).toEqual(['success']);
  expect(await conclusions({ filter: 'all' })).toEqual(['success', 'failure']);
  expect(await conclusions({ check_name: 'planwright/plan' })).toEqual([]);
  expect((await setting.app.rest.checks.listForRef({ ...infra, ref: 'heads/scale' })).data.total_count).toBe(1);
  expectNoViolations();
});

test('annotations are only ever added, fifty at a time', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => annotation(index + 1));
  const { data: run } = await setting.app.rest.checks.create({
    ...infra,
    name: 'planwright/plan',
    head_sha: sha,
    status: 'in_progress',
    output: { title: 'Plan', summary: 'S', annotations: many(50) },
  });
  await setting.app.rest.checks.update({
    ...infra,
    check_run_id: run.id,
    output: { title: 'Plan', summary: 'S', annotations: many(1) },
  });
  const { data: first } = await setting.app.rest.checks.listAnnotations({
    ...infra,
    check_run_id: run.id,
    per_page: 100,
  });
  expect(first).toHaveLength(51);
  await expect(
    setting.app.rest.checks.update({
      ...infra,
      check_run_id: run.id,
      output: { title: 'Plan', summary: 'S', annotations: many(51) },
    }),
  ).rejects.toMatchObject({ status: 422 });
});

test.each([
  ['a summary', { output: { title: 'T', summary: 'x'.repeat(65_536) } }],
  ['a text', { output: { title: 'T', summary: 'S', text: 'x'.repeat(65_536) } }],
  [
    'a fourth action',
    { actions: ['a', 'b', 'c', 'd'].map((identifier) => ({ identifier, label: identifier, description: identifier })) },
  ],
  ["an action's label", { actions: [{ identifier: 'a', label: 'x'.repeat(21), description: 'd' }] }],
  ["an action's description", { actions: [{ identifier: 'a', label: 'l', description: 'x'.repeat(41) }] }],
])('%s beyond the limit is refused', async (_, more) => {
  await expect(
    setting.app.rest.checks.create({
      ...infra,
      name: 'planwright/plan',
      head_sha: sha,
      status: 'in_progress',
      ...more,
    }),
  ).rejects.toMatchObject({ status: 422 });
  expect(setting.github.checkRuns('acme/infra', sha)).toEqual([]);
});

test('a run for a commit that does not exist, or completed without a conclusion, is refused', async () => {
  await expect(
    setting.app.rest.checks.create({ ...infra, name: 'x', head_sha: '1'.repeat(40), status: 'queued' }),
  ).rejects.toMatchObject({ status: 422 });
  await expect(
    setting.app.request('POST /repos/{owner}/{repo}/check-runs', {
      ...infra,
      name: 'x',
      head_sha: sha,
      status: 'completed',
    }),
  ).rejects.toMatchObject({ status: 422 });
});

test('only the app that made a run may change it', async () => {
  const { id } = setting.github.registerApp({ slug: 'rival' });
  const rival = setting.github.installApp({ account: 'acme', appId: id });
  const { data: run } = await setting.app.rest.checks.create({
    ...infra,
    name: 'planwright/gate',
    head_sha: sha,
    status: 'in_progress',
  });
  const asRival = client(setting.github, setting.github.createInstallationToken(rival.id));
  await expect(
    asRival.rest.checks.update({ ...infra, check_run_id: run.id, conclusion: 'success' }),
  ).rejects.toMatchObject({ status: 403 });
  await asRival.rest.checks.create({
    ...infra,
    name: 'planwright/gate',
    head_sha: sha,
    status: 'completed',
    conclusion: 'success',
  });
  const { data: ours } = await setting.app.rest.checks.listForRef({ ...infra, ref: sha, app_id: setting.appId });
  expect(ours.check_runs.map((one) => one.status)).toEqual(['in_progress']);
  expectNoViolations();
});
