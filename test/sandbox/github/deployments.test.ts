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

async function deploy(environment: string): Promise<number> {
  const { data } = await setting.app.rest.repos.createDeployment({
    ...infra,
    ref: 'main',
    environment,
    auto_merge: false,
    required_contexts: [],
    payload: { merge: 1 },
  });
  if (!('id' in data)) throw new Error('GitHub merged instead of deploying.');
  return data.id;
}

const succeed = (deploymentId: number, autoInactive: boolean) =>
  setting.app.rest.repos.createDeploymentStatus({
    ...infra,
    deployment_id: deploymentId,
    state: 'success',
    auto_inactive: autoInactive,
    log_url: 'https://planwright.test/plans/1',
  });

test('a deployment is found by its commit and environment, with its statuses newest first', async () => {
  const id = await deploy('staging');
  await setting.app.rest.repos.createDeploymentStatus({
    ...infra,
    deployment_id: id,
    state: 'in_progress',
    description: 'Applying',
  });
  await succeed(id, false);
  const sha = await setting.github.branchSha('acme/infra', 'main');
  const { data: found } = await setting.app.rest.repos.listDeployments({ ...infra, sha, environment: 'staging' });
  expect(found).toMatchObject([{ id, sha, ref: 'main', payload: { merge: 1 } }]);
  const { data: statuses } = await setting.app.rest.repos.listDeploymentStatuses({ ...infra, deployment_id: id });
  expect(statuses.map(({ state }) => state)).toEqual(['success', 'in_progress']);
  expect(statuses[0]?.log_url).toBe('https://planwright.test/plans/1');
});

test('a success makes older deployments of the environment inactive only when it is allowed to', async () => {
  const [first, second] = [await deploy('staging'), await deploy('staging')];
  await succeed(first, false);
  await succeed(second, false);
  const last = () => setting.github.deployments('acme/infra').map(({ statuses }) => statuses.at(-1)?.state);
  expect(last()).toEqual(['success', 'success']);
  await succeed(second, true);
  expect(last()).toEqual(['inactive', 'success']);
});

test('a description above 140 characters is refused', async () => {
  const id = await deploy('staging');
  const describe = (length: number) =>
    setting.app.rest.repos.createDeploymentStatus({
      ...infra,
      deployment_id: id,
      state: 'pending',
      description: 'x'.repeat(length),
    });
  await describe(140);
  await expect(describe(141)).rejects.toMatchObject({ status: 422 });
});

test('without an empty list of contexts, an unfinished check stands in the way', async () => {
  const sha = await setting.github.branchSha('acme/infra', 'main');
  await setting.app.rest.checks.create({ ...infra, name: 'ci', head_sha: sha, status: 'in_progress' });
  await expect(
    setting.app.rest.repos.createDeployment({ ...infra, ref: sha, auto_merge: false }),
  ).rejects.toMatchObject({ status: 409 });
});

test('a deployment of an older commit with auto_merge left on is a conflict', async () => {
  const sha = await setting.github.branchSha('acme/infra', 'main');
  await setting.github.push({ repo: 'acme/infra', branch: 'main', files: { 'a.yaml': 'a: 1\n' }, author: 'bob' });
  await expect(
    setting.app.rest.repos.createDeployment({ ...infra, ref: sha, required_contexts: [] }),
  ).rejects.toMatchObject({ status: 409 });
});
