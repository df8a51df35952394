import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import type { RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import { realKubeconfig } from '../contracts/real-kubeconfig.ts';
import { type BareApi, type BareRequest, bareApi } from './bare-api.ts';
import { ChangeStory } from './change-story.ts';
import { pathOf } from './custom-kinds.ts';
import { dryRunsIn, type RealCluster, realCluster, writesIn } from './real-cluster.ts';
import { type Stage, setStage } from './stage.ts';

const run = `planner-${randomBytes(4).toString('hex')}`;
const planner = 'planwright-planner';
const deployer = 'system:serviceaccount:planwright:planwright';
const shipped = ['deploy/planner/only-dry-runs.yaml', 'deploy/planner/rbac.yaml', 'deploy/deployer/rbac.yaml'];
const refusal = 'planwright-planner plans, and may only ask for dry-runs';

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
stacks:
  - path: '{stack}/{environment}'
    namespace: ${run}
    timeout: 60s
`;

const shop = (replicas: number) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
data:
  GREETING: hello
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: shop }
  template:
    metadata:
      labels: { app: shop }
    spec:
      containers:
        - name: shop
          image: registry.test/shop:1
`;

/** Planning under the files of deploy/, exactly as they are shipped. */
describe('a planner that the API lets ask only for dry-runs', () => {
  let directory: string;
  let cluster: RealCluster;
  let api: BareApi;
  let stage: Stage;
  let story: ChangeStory;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pw-planner-'));
    cluster = await realCluster(run);
    api = await bareApi(realKubeconfig());
    await cluster.apply(`/api/v1/namespaces/${run}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: run },
    });
    cluster.removeAfterwards(`/api/v1/namespaces/${run}`);
    for (const object of await shippedObjects()) await install(cluster, object);
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${run}/rolebindings/planwright-deployer`;
    await cluster.apply(path, bindingOf('RoleBinding', 'planwright-deployer', { name: 'planwright-deployer' }));
    // The API server notices a new policy, and a controller the aggregated role, a moment later.
    await vi.waitFor(
      async () => {
        expect(await write({})).toMatchObject({ status: 403, message: expect.stringContaining(refusal) });
        const dry = await write({
          path: `/api/v1/namespaces/${run}/configmaps/written?fieldManager=planwright&dryRun=All`,
        });
        expect(dry.status, dry.message).toBeLessThan(300);
      },
      { timeout: 30_000, interval: 200 },
    );
    stage = await setStage({
      kubeconfig: await kubeconfigOfTheDeployer(),
      planAs: { user: planner },
      ownerNamespace: 'planwright',
      files: { '.github/planwright.yml': configuration(cluster.name), 'README.md': '# infra\n' },
    });
    story = new ChangeStory(stage);
  });

  afterAll(async () => {
    try {
      await stage?.close();
    } finally {
      await api?.close();
      await cluster?.close();
      await rm(directory, { recursive: true, force: true });
    }
  });

  /** A real write, of a kind that the planner's role lets it write. */
  const write = (more: Partial<BareRequest>) =>
    api.ask({
      method: 'PATCH',
      path: `/api/v1/namespaces/${run}/configmaps/written?fieldManager=planwright`,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'written' }, data: { a: '1' } },
      user: planner,
      ...more,
    });

  const kubeconfigOfTheDeployer = async () => {
    const token = await api.ask({
      method: 'POST',
      path: '/api/v1/namespaces/planwright/serviceaccounts/planwright/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
    });
    const status = isJsonObject(token.body.status) ? token.body.status : {};
    const config = JSON.parse(await readFile(cluster.kubeconfig, 'utf8')) as {
      contexts: { name: string; context: object }[];
    };
    const path = join(directory, 'deployer.kubeconfig');
    const contexts = config.contexts.map((entry) => ({ ...entry, context: { ...entry.context, user: 'deployer' } }));
    const users = [{ name: 'deployer', user: { token: String(status.token) } }];
    await writeFile(path, JSON.stringify({ ...config, contexts, users }), { mode: 0o600 });
    return path;
  };

  it('plans with it as surely as with all rights, and deploys as itself', async () => {
    const proposal = await story.propose('a shop', { 'shop/staging/shop.yaml': shop(1) });
    const { plan } = await story.checked(proposal);
    const comment = story.comment(proposal);
    expect(plan.conclusion, comment).toBe('success');
    expect(comment).toContain('create 2');
    expect(comment).not.toContain('less sure');
    expect(comment).not.toContain('unsure');
    await story.deploy(proposal);
    const path = `/apis/apps/v1/namespaces/${run}/deployments/shop`;
    expect(await cluster.get(path)).toMatchObject({ spec: { replicas: 1 } });

    const scaled = await story.propose('more shops', { 'shop/staging/shop.yaml': shop(2) });
    await story.checked(scaled);
    expect(story.comment(scaled)).toContain('update 1');
    expect(story.comment(scaled)).not.toContain('less sure');
  });

  it.runIf(process.env.AUDIT_LOG)('wrote nothing as the planner, and asked for dry-runs as nobody else', () => {
    // But for the suite's own tries, until the policy was in force.
    const asked = cluster.auditOf(planner).filter((request) => !request.uri.includes('/configmaps/written'));
    expect(writesIn(asked).filter((request) => request.code < 300)).toEqual([]);
    expect(dryRunsIn(asked).filter((request) => request.code < 300).length).toBeGreaterThan(3);
    const deployed = cluster.auditOf(deployer);
    expect(dryRunsIn(deployed)).toEqual([]);
    expect(writesIn(deployed).length).toBeGreaterThan(0);
  });

  const collection = `/api/v1/namespaces/${run}`;
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'written' } };
  const scale = (replicas: number) => ({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'shop', namespace: run },
    spec: { replicas },
  });
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'shop', namespace: run } };
  const tokenRequest = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const deployments = `/apis/apps/v1/namespaces/${run}/deployments`;

  const policyBinding = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: run },
    spec: { policyName: run, validationActions: ['Audit'] },
  };

  const writes: readonly (readonly [
    what: string,
    request: Pick<BareRequest, 'method' | 'path' | 'body' | 'patchType'>,
  ])[] = [
    [
      'an apply',
      { method: 'PATCH', path: `${collection}/configmaps/written?fieldManager=planwright`, body: configMap },
    ],
    ['a create', { method: 'POST', path: `${collection}/configmaps`, body: configMap }],
    [
      'a merge patch',
      {
        method: 'PATCH',
        path: `${deployments}/shop`,
        body: { spec: { replicas: 5 } },
        patchType: 'application/merge-patch+json',
      },
    ],
    ['an update of a scale', { method: 'PUT', path: `${deployments}/shop/scale`, body: scale(5) }],
    ['a delete', { method: 'DELETE', path: `${deployments}/shop` }],
    ['a delete of all', { method: 'DELETE', path: `${collection}/configmaps` }],
    ['an exec', { method: 'POST', path: `${collection}/pods/shop/exec?command=sh&stdout=true` }],
    ['an exec by GET', { method: 'GET', path: `${collection}/pods/shop/exec?command=sh&stdout=true` }],
    ['an attach', { method: 'POST', path: `${collection}/pods/shop/attach?stdout=true` }],
    ['a port-forward', { method: 'POST', path: `${collection}/pods/shop/portforward?ports=80` }],
    ['a proxy', { method: 'GET', path: `${collection}/services/shop/proxy/` }],
    ['an eviction', { method: 'POST', path: `${collection}/pods/shop/eviction`, body: eviction }],
    [
      'a webhook configuration',
      {
        method: 'POST',
        path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
        body: {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'MutatingWebhookConfiguration',
          metadata: { name: run },
        },
      },
    ],
    ['a token', { method: 'POST', path: `${collection}/serviceaccounts/default/token`, body: tokenRequest }],
  ];

  it.each(writes)('is refused %s by its role or by the policy', async (_what, request) => {
    expect(await api.ask({ ...request, user: planner })).toMatchObject({ status: 403 });
  });

  it('is refused them by the policy alone when somebody gives it all rights', async () => {
    const path = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${run}`;
    await cluster.apply(path, bindingOf('ClusterRoleBinding', run, { name: 'cluster-admin', user: planner }));
    cluster.removeAfterwards(path);
    await cluster.apply(`${collection}/pods/shop`, pod('shop'));
    await cluster.apply(`${collection}/services/shop`, service('shop'));
    await expect
      .poll(async () => (await api.ask({ method: 'GET', path: '/api/v1/nodes', user: planner })).status, {
        timeout: 15_000,
      })
      .toBe(200);
    for (const [what, request] of writes)
      expect(await api.ask({ ...request, user: planner }), what).toMatchObject({
        message: expect.stringContaining(refusal),
      });
    expect(await api.ask({ method: 'GET', path: `${deployments}/shop` })).toMatchObject({
      body: { spec: { replicas: 1 } },
    });
    const dry = await write({ path: `${collection}/configmaps/written?fieldManager=planwright&dryRun=All` });
    expect(dry.status, dry.message).toBeLessThan(300);

    // The API asks no policy about policies and their bindings: only the role holds the planner back from them.
    const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
    cluster.removeAfterwards(`${bindings}/${run}`);
    const bind = (query = '') =>
      api.ask({ method: 'POST', path: `${bindings}${query}`, body: policyBinding, user: planner });
    expect(await bind()).toMatchObject({ status: 201 });
    await cluster.remove(path);
    await expect
      .poll(() => bind('?dryRun=All'), { timeout: 15_000 })
      .toMatchObject({ status: 403, message: expect.stringContaining('cannot create resource') });
  });

  it('leaves everybody else alone', async () => {
    expect(await write({ user: 'system:admin-of-this-test' })).toMatchObject({
      status: 403,
      message: expect.stringContaining('cannot'),
    });
    expect(await cluster.apply(`${collection}/configmaps/written`, configMap)).toMatchObject({
      metadata: { name: 'written' },
    });
  });
});

async function shippedObjects(): Promise<readonly RenderedObject[]> {
  const files = await Promise.all(
    shipped.map(async (path) => ({ path, text: await readFile(join(import.meta.dirname, '../..', path), 'utf8') })),
  );
  const { objects, problems } = decodeManifests(files);
  expect(problems).toEqual([]);
  return objects;
}

/** What is there already is somebody's, and stays. */
async function install(cluster: RealCluster, object: RenderedObject): Promise<void> {
  const path = pathOf(await cluster.kinds(), object, 'default');
  if (path === undefined) throw new Error(`the cluster serves no ${object.apiVersion} ${object.kind}`);
  if ((await cluster.get(path)) === undefined) cluster.removeAfterwards(path);
  await cluster.apply(path, object.content);
}

function bindingOf(
  kind: 'RoleBinding' | 'ClusterRoleBinding',
  name: string,
  to: { readonly name: string; readonly user?: string },
): JsonObject {
  const subject =
    to.user === undefined
      ? { kind: 'ServiceAccount', name: 'planwright', namespace: 'planwright' }
      : { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: to.user };
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: to.name },
    subjects: [subject],
  };
}

function pod(name: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name, image: `registry.test/${name}:1` }] },
  };
}

function service(name: string): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }] } };
}
