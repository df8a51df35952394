import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadClusters } from '../../src/adapters/kubernetes/load-clusters.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import type { ObjectAddress, ServedKind } from '../../src/domain/plan/prediction.ts';
import type { Cluster } from '../../src/flows/ports/cluster.ts';
import { silentLog } from './kubeconfig-cluster.ts';
import { realKubeconfig } from './real-kubeconfig.ts';

/** What only a real API server does. Cluster-scoped objects carry the run's name and are removed. */
describe('the Kubernetes adapter on a real API server', () => {
  const run = `hard-${randomBytes(4).toString('hex')}`;
  const namespace = run;
  const planner = `planner-${run}`;
  const made: { readonly address: ObjectAddress; readonly uid: string }[] = [];
  let clusters: ReturnType<typeof loadClusters>;
  let cluster: Cluster;
  let asPlanner: Cluster;

  beforeAll(async () => {
    const kubeconfig = realKubeconfig();
    clusters = loadClusters({
      kubeconfig,
      log: silentLog,
      clusters: new Map([[planner, { kubeconfig, planAs: { user: planner } }]]),
    });
    cluster = named(clusters.names[0] ?? '');
    asPlanner = named(planner);
    await put(object('v1', 'Namespace', { metadata: { name: namespace } }));
  });

  afterAll(async () => {
    for (const { address, uid } of made.toReversed()) await cluster.delete(address, { uid, propagation: 'background' });
    await clusters?.close();
  });

  describe('fields that only a new object can change', () => {
    const podSpec = (image: string) => ({ restartPolicy: 'Never', containers: [{ name: 'main', image }] });
    const claim = (storage: string, accessMode: string) => ({
      accessModes: [accessMode],
      resources: { requests: { storage } },
    });
    const stateful = (serviceName: string) => ({
      serviceName,
      selector: { matchLabels: { app: 'stateful' } },
      template: {
        metadata: { labels: { app: 'stateful' } },
        spec: { containers: [{ name: 'main', image: 'main:1' }] },
      },
    });
    const roleRef = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });

    it.each([
      ['v1', 'ConfigMap', { immutable: true, data: { a: '1' } }, { immutable: true, data: { a: '2' } }, ['data']],
      ['v1', 'Secret', { immutable: true, data: { a: 'YQ==' } }, { immutable: true, data: { a: 'Yg==' } }, ['data']],
      [
        'v1',
        'Service',
        { spec: { ports: [{ port: 80 }] } },
        { spec: { clusterIP: 'None', ports: [{ port: 80 }] } },
        ['spec.clusterIPs[0]'],
      ],
      [
        'v1',
        'PersistentVolumeClaim',
        { spec: claim('1Gi', 'ReadWriteOnce') },
        { spec: claim('1Gi', 'ReadOnlyMany') },
        ['spec'],
      ],
      ['v1', 'Pod', { spec: podSpec('main:1') }, { spec: { ...podSpec('main:1'), hostNetwork: true } }, ['spec']],
      [
        'batch/v1',
        'Job',
        { spec: { template: { spec: podSpec('main:1') } } },
        { spec: { template: { spec: podSpec('main:2') } } },
        ['spec.template'],
      ],
      ['apps/v1', 'StatefulSet', { spec: stateful('one') }, { spec: stateful('two') }, ['spec']],
      [
        'rbac.authorization.k8s.io/v1',
        'RoleBinding',
        { roleRef: roleRef('view') },
        { roleRef: roleRef('edit') },
        ['roleRef'],
      ],
    ] as const)('names those of %s %s', async (apiVersion, kind, before, after, fields) => {
      const place = { metadata: { name: 'immutable', namespace } };
      await put(object(apiVersion, kind, { ...place, ...before }));
      const changed = object(apiVersion, kind, { ...place, ...after });
      expect(await cluster.dryRunApply(await requestOf(changed))).toMatchObject({ kind: 'immutable', fields });
    });

    it('is an invalid object when something else is wrong with it too', async () => {
      const place = { metadata: { name: 'typed', namespace } };
      await put(object('v1', 'Secret', { ...place, type: 'Opaque', data: {} }));
      const changed = object('v1', 'Secret', { ...place, type: 'kubernetes.io/basic-auth', data: {} });
      expect(await cluster.dryRunApply(await requestOf(changed))).toMatchObject({
        kind: 'invalid',
        status: 422,
        fields: expect.arrayContaining(['type']),
      });
    });
  });

  describe('who may not', () => {
    it('plans as the planner, whom the API refuses, and writes as itself', async () => {
      const request = await requestOf(
        object('v1', 'ConfigMap', { metadata: { name: 'planned', namespace }, data: { a: '1' } }),
      );
      const message = expect.stringContaining(`User "${planner}" cannot`);
      expect(await asPlanner.dryRunApply(request)).toMatchObject({ kind: 'forbidden', message });
      expect(await asPlanner.get(request.address)).toMatchObject({ kind: 'forbidden', message });
      expect(await asPlanner.list(request.address.kind, { namespace })).toMatchObject({ kind: 'forbidden', message });
      await expect(asPlanner.uid()).rejects.toMatchObject({ name: 'ClusterUnavailable', message });
      expect(await asPlanner.apply(request)).toMatchObject({ kind: 'applied', created: true });
    });

    it('is the object and not the person when a quota is full or the pod is not secure', async () => {
      await put(
        object('v1', 'ResourceQuota', {
          metadata: { name: 'no-services', namespace },
          spec: { hard: { 'count/endpoints': '0' } },
        }),
      );
      const request = await requestOf(object('v1', 'Endpoints', { metadata: { name: 'too-many', namespace } }));
      await expect
        .poll(() => cluster.dryRunApply(request), { timeout: 10_000 })
        .toMatchObject({ kind: 'invalid', status: 403, message: expect.stringContaining('quota') });

      const secure = `${run}-secure`;
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await put(object('v1', 'Namespace', { metadata: { name: secure, labels } }));
      const pod = object('v1', 'Pod', {
        metadata: { name: 'root', namespace: secure },
        spec: { containers: [{ name: 'main', image: 'main:1' }] },
      });
      await expect
        .poll(async () => cluster.dryRunApply(await requestOf(pod)), { timeout: 10_000 })
        .toMatchObject({ kind: 'invalid', status: 403, message: expect.stringContaining('violates PodSecurity') });
    });
  });

  it('says of a value of the wrong type which field it is, without the value', async () => {
    const env = [{ name: 'DB_PASSWORD', value: ['hunter2-hunter2'] }];
    const template = {
      metadata: { labels: { app: 'a' } },
      spec: { containers: [{ name: 'main', image: 'main:1', env }] },
    };
    const deployment = object('apps/v1', 'Deployment', {
      metadata: { name: 'typed', namespace },
      spec: { selector: { matchLabels: { app: 'a' } }, template },
    });
    const answer = await cluster.dryRunApply(await requestOf(deployment));
    expect(answer).toMatchObject({
      kind: 'invalid',
      fields: ['spec.template.spec.containers[name="main"].env[name="DB_PASSWORD"].value'],
    });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  it('keeps integers beyond 2^53 exactly, there and back', async () => {
    const seconds = 9_007_199_254_740_993n;
    const template = {
      metadata: { labels: { app: 'big' } },
      spec: { terminationGracePeriodSeconds: seconds, containers: [{ name: 'main', image: 'main:1' }] },
    };
    const deployment = object('apps/v1', 'Deployment', {
      metadata: { name: 'big', namespace },
      spec: { replicas: 0, selector: { matchLabels: { app: 'big' } }, template },
    });
    await put(deployment);
    const { address } = await requestOf(deployment);
    expect(await cluster.get(address)).toMatchObject({
      kind: 'found',
      object: { spec: { template: { spec: { terminationGracePeriodSeconds: seconds } } } },
    });
  });

  it('finds a kind as soon as its definition is established, and its schema', async () => {
    const group = `${run}.example.com`;
    const definition = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: widgetSchema } }],
      },
    });
    // Both are in the caches now, for longer than this test waits.
    await cluster.schemas(['v1']);
    expect((await cluster.kinds()).kinds.some((kind) => kind.group === group)).toBe(false);
    const { address } = await requestOf(definition);
    await put(definition);
    for await (const seen of cluster.watch(address, AbortSignal.timeout(20_000))) {
      if (seen && JSON.stringify(seen.status ?? null).includes('"type":"Established"')) break;
    }
    await expect
      .poll(async () => (await cluster.kinds()).kinds.find((kind) => kind.group === group), {
        timeout: 5000,
        interval: 200,
      })
      .toMatchObject({
        kind: 'Widget',
        resource: 'widgets',
        namespaced: true,
      });
    await expect
      .poll(
        async () =>
          (await cluster.schemas([`${group}/v1`]))(`${group}/v1`, 'Widget')
            ?.properties?.get('spec')
            ?.properties?.get('parts'),
        { timeout: 5000, interval: 200 },
      )
      .toMatchObject({ listType: 'map', listMapKeys: ['id'] });
    const widget = object(`${group}/v1`, 'Widget', {
      metadata: { name: 'a', namespace },
      spec: { parts: [{ id: 'x' }, { id: 'x' }] },
    });
    await expect
      .poll(async () => cluster.dryRunApply(await requestOf(widget)), { timeout: 5000, interval: 200 })
      .toMatchObject({ kind: 'invalid', fields: ['spec.parts'] });
  });

  it('knows a recursive schema to any depth', async () => {
    const schemas = await cluster.schemas(['apiextensions.k8s.io/v1']);
    const spec = schemas('apiextensions.k8s.io/v1', 'CustomResourceDefinition')?.properties?.get('spec');
    let props = spec?.properties?.get('versions')?.items?.properties?.get('schema')?.properties?.get('openAPIV3Schema');
    for (let depth = 0; depth < 50; depth += 1) props = props?.properties?.get('properties')?.additionalProperties;
    expect(props?.properties?.get('type')?.type).toBe('string');
  });

  it('names an aggregated API that does not answer, with the reason, and plans the others', async () => {
    const group = `broken-${run}.example.com`;
    await put(
      object('apiregistration.k8s.io/v1', 'APIService', {
        metadata: { name: `v1.${group}` },
        spec: {
          group,
          version: 'v1',
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { name: 'nothing', namespace, port: 443 },
        },
      }),
    );
    await expect
      .poll(async () => (await cluster.kinds()).broken.get(`${group}/v1`), { timeout: 15_000, interval: 200 })
      .toContain(`service/nothing in "${namespace}" is not present`);
    const catalog = await cluster.kinds();
    expect(catalog.kinds.some((kind) => kind.kind === 'Deployment')).toBe(true);
    const kind: ServedKind = { group, version: 'v1', kind: 'Thing', resource: 'things', namespaced: true, verbs: [] };
    expect(await cluster.get({ kind, namespace, name: 'a' })).toMatchObject({ kind: 'unavailable' });
  });

  function named(name: string): Cluster {
    const found = clusters.find(name);
    if (!found) throw new Error(`no cluster ${name}`);
    return found;
  }

  async function requestOf(sent: JsonObject) {
    const [group, version] = String(sent.apiVersion).includes('/')
      ? String(sent.apiVersion).split('/')
      : ['', String(sent.apiVersion)];
    const kind = (await cluster.kinds()).kinds.find(
      (served) => served.group === group && served.version === version && served.kind === sent.kind,
    );
    const metadata = isJsonObject(sent.metadata) ? sent.metadata : {};
    if (!kind) throw new Error(`${String(sent.apiVersion)} ${String(sent.kind)} is not served`);
    const place = typeof metadata.namespace === 'string' ? { namespace: metadata.namespace } : {};
    const address: ObjectAddress = { kind, name: String(metadata.name), ...place };
    return { address, object: sent, force: false };
  }

  async function put(sent: JsonObject): Promise<void> {
    const request = await requestOf(sent);
    const answer = await cluster.apply(request);
    if (answer.kind !== 'applied') throw new Error(JSON.stringify(answer));
    const metadata = isJsonObject(answer.object.metadata) ? answer.object.metadata : {};
    if (request.address.namespace === undefined) made.push({ address: request.address, uid: String(metadata.uid) });
  }
});

const widgetSchema: JsonObject = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
        },
      },
    },
  },
};

function object(apiVersion: string, kind: string, rest: JsonObject): JsonObject {
  return { apiVersion, kind, ...rest };
}
