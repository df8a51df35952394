import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterOptions, SandboxCluster } from '../../../src/sandbox/cluster/cluster.ts';
import { startCluster } from '../../../src/sandbox/cluster/cluster.ts';

const running: SandboxCluster[] = [];

async function start(options: ClusterOptions = {}): Promise<SandboxCluster> {
  const cluster = await startCluster({ readyDelayMs: 30, ...options });
  running.push(cluster);
  return cluster;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((cluster) => cluster.close()));
});

const configMaps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

interface Sent {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const send = (cluster: SandboxCluster, method: string, path: string, { body, headers = {} }: Sent = {}) =>
  fetch(cluster.url + path, {
    method,
    headers: { authorization: `Bearer ${cluster.token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const deployment = (name: string, image: string, progressDeadlineSeconds: number): object => ({
  metadata: { name },
  spec: {
    progressDeadlineSeconds,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image }] } },
  },
});

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('What the test waits for did not come within 5 s.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the sandbox cluster', () => {
  it('is reached with its kubeconfig, which has one context of its name', async () => {
    const cluster = await start({ name: 'staging' });
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig());
    expect(config.getContexts().map(({ name }) => name)).toEqual(['staging']);
    expect(config.getCurrentCluster()).toMatchObject({ name: 'staging', server: cluster.url });
    const headers = { authorization: `Bearer ${config.getCurrentUser()?.token}` };
    const answer = await fetch(`${cluster.url}/api/v1/namespaces/kube-system`, { headers });
    expect(await answer.json()).toMatchObject({ metadata: { uid: cluster.uid } });
  });

  it('has an identity and a token of its own each time', async () => {
    const one = await start();
    const other = await start();
    expect(other.uid).not.toBe(one.uid);
    expect((await send({ ...other, token: one.token }, 'GET', configMaps)).status).toBe(401);
    expect((await fetch(`${one.url}/api/v1/namespaces`)).status).toBe(401);
  });

  it('shows what it holds, without who owns it, as copies', async () => {
    const cluster = await start();
    await send(cluster, 'POST', configMaps, { body: { metadata: { name: 'b' }, data: { a: '1' } } });
    await send(cluster, 'POST', configMaps, { body: { metadata: { name: 'a' }, data: { a: '1' } } });
    const objects = cluster.objects();
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap a',
      'ConfigMap b',
      'Namespace default',
      'Namespace kube-node-lease',
      'Namespace kube-public',
      'Namespace kube-system',
    ]);
    expect(objects[0]).toMatchObject({ data: { a: '1' } });
    expect(objects[0]?.metadata).not.toHaveProperty('managedFields');
    Object.assign(objects[0] ?? {}, { data: { a: '2' } });
    expect(cluster.objects()[0]).toMatchObject({ data: { a: '1' } });
  });

  it('records every request with verb, path, dry-run, answer and user', async () => {
    const cluster = await start();
    await send(cluster, 'GET', `${configMaps}?limit=5`);
    await send(cluster, 'GET', `${configMaps}/absent`);
    await send(cluster, 'POST', `${configMaps}?dryRun=All`, { body: { metadata: { name: 'a' } } });
    await send(cluster, 'DELETE', `${configMaps}/absent`, { body: { dryRun: ['All'] } });
    await send(cluster, 'GET', '/version', { headers: { 'impersonate-user': 'planner' } });
    await send(cluster, 'GET', '/version', { headers: { authorization: 'Bearer wrong' } });
    await send(cluster, 'GET', `${configMaps}?watch=true&timeoutSeconds=0`);
    const user = 'sandbox-admin';
    expect(cluster.audit).toEqual([
      { verb: 'list', requestURI: `${configMaps}?limit=5`, dryRun: false, code: 200, user },
      { verb: 'get', requestURI: `${configMaps}/absent`, dryRun: false, code: 404, user },
      { verb: 'create', requestURI: `${configMaps}?dryRun=All`, dryRun: true, code: 201, user },
      { verb: 'delete', requestURI: `${configMaps}/absent`, dryRun: true, code: 404, user },
      { verb: 'get', requestURI: '/version', dryRun: false, code: 200, user: 'planner', impersonatedBy: user },
      { verb: 'get', requestURI: '/version', dryRun: false, code: 401, user: '' },
      { verb: 'watch', requestURI: `${configMaps}?watch=true&timeoutSeconds=0`, dryRun: false, code: 200, user },
    ]);
  });

  it('answers the next matching requests as it is told, then as ever', async () => {
    const cluster = await start();
    const headers = { 'retry-after': '1' };
    cluster.faults.failNext({
      method: 'GET',
      path: /configmaps\/a/,
      status: 429,
      headers,
      body: { code: 429 },
      times: 2,
    });
    expect((await send(cluster, 'GET', configMaps)).status).toBe(200);
    const failed = await send(cluster, 'GET', `${configMaps}/a`);
    expect([failed.status, failed.headers.get('retry-after'), await failed.json()]).toEqual([429, '1', { code: 429 }]);
    expect((await send(cluster, 'GET', `${configMaps}/a`)).status).toBe(429);
    expect((await send(cluster, 'GET', `${configMaps}/a`)).status).toBe(404);
    expect(cluster.audit.map(({ code }) => code)).toEqual([200, 429, 429, 404]);
  });

  it('goes offline, with its watches, and comes back on the same port with what it held', async () => {
    const cluster = await start();
    await send(cluster, 'POST', configMaps, { body: { metadata: { name: 'kept' } } });
    const watch = await send(cluster, 'GET', `${configMaps}?watch=true`);
    await cluster.faults.goOffline();
    await cluster.faults.goOffline();
    await expect(watch.text()).rejects.toThrow();
    await expect(send(cluster, 'GET', configMaps)).rejects.toThrow('fetch failed');
    await cluster.faults.comeBack();
    await cluster.faults.comeBack();
    expect((await send(cluster, 'GET', `${configMaps}/kept`)).status).toBe(200);
  });

  it('tells a watch of a version that is too old that it is gone', async () => {
    const cluster = await start();
    for (let index = 0; index < 600; index += 1) {
      await send(cluster, 'POST', configMaps, { body: { metadata: { name: 'churned' } } });
      await send(cluster, 'DELETE', `${configMaps}/churned`);
    }
    const answer = await send(cluster, 'GET', `${configMaps}?watch=true&resourceVersion=1&timeoutSeconds=5`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(await answer.text())).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        reason: 'Expired',
        code: 410,
        message: expect.stringMatching(/^too old resource version: 1 /),
      },
    });
  });

  it('never makes a Deployment ready whose image does not exist', async () => {
    const cluster = await start();
    await send(cluster, 'POST', deployments, { body: deployment('bad', 'registry.example/does-not-exist:1', 1) });
    await send(cluster, 'POST', deployments, { body: deployment('good', 'registry.example/web:1', 600) });
    const statusOf = (name: string) => cluster.objects().find(({ metadata }) => metadata.name === name)?.status;
    await until(() => JSON.stringify(statusOf('bad')).includes('ProgressDeadlineExceeded'));
    expect(statusOf('bad')).not.toHaveProperty('readyReplicas');
    expect(statusOf('good')).toMatchObject({ readyReplicas: 1 });
  });

  it('keeps the old pods of a rollout that is stuck', async () => {
    const cluster = await start();
    await send(cluster, 'POST', deployments, { body: deployment('web', 'registry.example/web:1', 1) });
    const status = () => cluster.objects().find(({ metadata }) => metadata.name === 'web')?.status;
    await until(() => JSON.stringify(status()).includes('NewReplicaSetAvailable'));
    await send(cluster, 'PUT', `${deployments}/web`, {
      body: deployment('web', 'registry.example/does-not-exist:1', 1),
    });
    await until(() => JSON.stringify(status()).includes('ProgressDeadlineExceeded'));
    expect(status()).toMatchObject({ replicas: 2, updatedReplicas: 1, availableReplicas: 1, unavailableReplicas: 1 });
  });

  it('stores what a real server would refuse, when it is told not to validate', async () => {
    const body = { metadata: { name: 'empty' }, spec: { selector: { app: 'x' } } };
    const path = '/api/v1/namespaces/default/services';
    expect((await send(await start(), 'POST', path, { body })).status).toBe(422);
    expect((await send(await start({ validate: false }), 'POST', path, { body })).status).toBe(201);
  });

  it('refuses a body beyond three mebibytes', async () => {
    const cluster = await start();
    const body = { metadata: { name: 'large' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } };
    expect((await send(cluster, 'POST', configMaps, { body })).status).toBe(413);
  });
});
