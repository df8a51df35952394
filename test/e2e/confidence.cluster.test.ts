import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { realKubeconfig } from '../contracts/real-kubeconfig.ts';
import { type AdmissionWebhook, startAdmissionWebhook } from './admission-webhook.ts';
import { type BareApi, bareApi } from './bare-api.ts';
import { ChangeStory, type Proposal } from './change-story.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { changeOf, shownPlans } from './shown-plans.ts';
import { type Stage, setStage } from './stage.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const run = `confidence-${randomBytes(4).toString('hex')}`;
const created = `${run}-new`;
const group = `${run}.example.com`;
/** A planner of few rights, and the way that is cut. */
const [limited, lost] = ['limited', 'lost'];

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
  ${limited}:
    cluster: ${limited}
  ${lost}:
    cluster: ${lost}
stacks:
  - path: '{stack}/{environment}'
    namespace: ${run}
    cluster_scoped: [Namespace, CustomResourceDefinition]
    timeout: 60s
`;

const object = (apiVersion: string, kind: string, name: string, rest: JsonObject = {}): JsonObject => {
  const { metadata, ...others } = rest;
  return { apiVersion, kind, metadata: { name, ...(isJsonObject(metadata) ? metadata : {}) }, ...others };
};
const configMap = (name: string, rest: JsonObject = {}) =>
  object('v1', 'ConfigMap', name, { data: { a: '1' }, ...rest });
const labelled = (name: string, hard: string) => configMap(name, { metadata: { labels: { hard } } });
const yaml = (...objects: readonly JsonObject[]) => objects.map((one) => dump(one, { noRefs: true })).join('---\n');

const container = (more: JsonObject = {}) => ({ name: 'main', image: 'registry.test/main:1', ...more });
const template = (app: string, containers: readonly JsonObject[] = [container()]) => ({
  metadata: { labels: { app } },
  spec: { containers },
});
const deployment = (name: string, labels: JsonObject, more: JsonObject = {}) =>
  object('apps/v1', 'Deployment', name, {
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { app: name, tier: 'web' } }, spec: { containers: [container(more)] } },
    },
  });
const statefulSet = (serviceName: string) =>
  object('apps/v1', 'StatefulSet', 'fixed', {
    spec: { serviceName, selector: { matchLabels: { app: 'stateful' } }, template: template('stateful') },
  });
const job = (image: string) =>
  object('batch/v1', 'Job', 'fixed', {
    spec: { template: { spec: { restartPolicy: 'Never', containers: [container({ image })] } } },
  });
const service = (name: string, spec: JsonObject) =>
  object('v1', 'Service', name, { spec: { ports: [{ port: 80 }], selector: { app: 'fixed' }, ...spec } });
const claim = (storageClassName: string) =>
  object('v1', 'PersistentVolumeClaim', 'fixed', {
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '1Gi' } } },
  });
const secret = (stringData: JsonObject) => object('v1', 'Secret', 'strings', { stringData });
const widget = (version: string) => object(`${group}/${version}`, 'Widget', 'kept', { spec: { size: 3 } });

const immutable = {
  before: [
    deployment('fixed', { app: 'fixed' }),
    statefulSet('one'),
    job('registry.test/main:1'),
    service('fixed', {}),
    claim(`${run}-one`),
  ],
  after: [
    deployment('fixed', { app: 'fixed', tier: 'web' }),
    statefulSet('two'),
    job('registry.test/main:2'),
    service('fixed', { clusterIP: 'None' }),
    claim(`${run}-two`),
  ],
};

const crd = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `gadgets.${group}`, {
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
});
const gadget = object(`${group}/v1`, 'Gadget', 'first', { spec: { size: 1 } });
const widgetVersions = (servedOld: boolean) => [
  ...[
    { name: 'v1alpha1', served: servedOld, storage: false },
    { name: 'v1', served: true, storage: true },
  ].map((version) => ({
    ...version,
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  })),
];
const envTwice = deployment(
  'twice',
  { app: 'twice' },
  {
    env: [
      { name: 'LEVEL', value: '1' },
      { name: 'LEVEL', value: '2' },
    ],
  },
);
const unknownField = deployment('unknown', { app: 'unknown' }, { imagee: 'registry.test/main:1' });
const large = configMap('large', { data: { a: 'x'.repeat(1_300_000) } });
const deep = (depth: number) =>
  `apiVersion: ${group}/v1\nkind: Gadget\nmetadata: { name: deep }\nspec: ${'['.repeat(depth)}${']'.repeat(depth)}\n`;
const thing = (name: string) => object(`down-${run}.example.com/v1`, 'Thing', name);
const mystery = object(`nowhere-${run}.example.com/v1`, 'Mystery', 'what');

/** What the second pull request makes of each stack: one row of "Confidence" in the design a stack. */
const hard: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'incoming/staging': { 'a.yaml': yaml(crd, gadget) },
  'namespace/staging': {
    'a.yaml': yaml(object('v1', 'Namespace', created), configMap('inside', { metadata: { namespace: created } })),
  },
  'immutable/staging': { 'a.yaml': yaml(...immutable.after) },
  'refused/staging': { 'a.yaml': yaml(service('refused', { ports: [{ port: 99_999 }] }), configMap('beside-refused')) },
  'sided/staging': { 'a.yaml': yaml(labelled('sided', 'sided'), configMap('beside-sided')) },
  'denied/staging': { 'a.yaml': yaml(labelled('denied', 'denied'), configMap('beside-denied')) },
  'silent/staging': { 'a.yaml': yaml(labelled('silent', 'silent'), configMap('beside-silent')) },
  'conflict/staging': { 'a.yaml': yaml(configMap('contested', { data: { a: '2' } }), configMap('beside-contested')) },
  'keys/staging': { 'a.yaml': yaml(envTwice, configMap('beside-twice')) },
  'documents/staging': {
    'a.yaml': yaml(configMap('double')),
    'b.yaml': yaml(configMap('double'), configMap('beside-double')),
  },
  'permission/limited': { 'a.yaml': yaml(configMap('unasked')) },
  'generated/staging': {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: made-\n',
    'b.yaml': yaml(configMap('beside-generated')),
  },
  'strings/staging': { 'a.yaml': yaml(secret({ kept: 'canary-kept' })) },
  'size/staging': { 'a.yaml': yaml(large, configMap('beside-large')), 'deep.yaml': deep(5_000) },
  'unknown/staging': { 'a.yaml': yaml(unknownField, configMap('beside-unknown')) },
  'aggregated/staging': { 'a.yaml': yaml(thing('unanswered'), configMap('beside-unanswered')) },
  'sops/staging': {
    'a.yaml': `${yaml(object('v1', 'Secret', 'sealed', { data: { a: 'ENC[AES256_GCM,data:x]' } }))}sops:\n  mac: ENC[x]\n`,
    'b.yaml': yaml(configMap('beside-sealed')),
  },
  'version/staging': { 'a.yaml': yaml(widget('v1')) },
  'kind/staging': { 'a.yaml': yaml(mystery, configMap('beside-mystery')) },
};

describe('every hard case on a real API server: what the API says, and what the plan makes of it', () => {
  let directory: string;
  let cluster: RealCluster;
  let api: BareApi;
  let webhook: AdmissionWebhook;
  let proxy: TcpProxy;
  let stage: Stage;
  let story: ChangeStory;
  let proposal: Proposal;
  let comment: string;
  let plans: ReadonlyMap<string, Plan>;

  const core = `/api/v1/namespaces/${run}`;
  const apps = `/apis/apps/v1/namespaces/${run}`;
  const webhookConfigurations = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const apiService = `/apis/apiregistration.k8s.io/v1/apiservices/v1.down-${run}.example.com`;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pw-confidence-'));
    cluster = await realCluster(run);
    api = await bareApi(realKubeconfig());
    proxy = await startTcpProxy(api.server);
    webhook = await startAdmissionWebhook(judge);
    await cluster.apply(core, object('v1', 'Namespace', run));
    for (const path of [
      core,
      `/api/v1/namespaces/${created}`,
      `${definitions}/gadgets.${group}`,
      `${definitions}/widgets.${group}`,
    ])
      cluster.removeAfterwards(path);
    for (const number of ['one', 'two']) await provideVolume(`${run}-${number}`);
    await cluster.apply(`${definitions}/widgets.${group}`, widgetDefinition(true));
    await cluster.apply(`${core}/configmaps/contested`, configMap('contested'));
    await limitPlanner();
    await vi.waitFor(async () => expect((await cluster.kinds()).some((kind) => kind.kind === 'Widget')).toBe(true), {
      timeout: 20_000,
      interval: 200,
    });
    stage = await setStage({
      kubeconfig: await kubeconfig(),
      ownerNamespace: cluster.ownerNamespace,
      files: { '.github/planwright.yml': configuration(cluster.name), 'README.md': '# infra\n' },
    });
    story = new ChangeStory(stage);
    const before = {
      'immutable/staging/a.yaml': yaml(...immutable.before),
      'strings/staging/a.yaml': yaml(secret({ kept: 'canary-kept', dropped: 'canary-dropped' })),
      'version/staging/a.yaml': yaml(widget('v1alpha1')),
    };
    await story.deploy(await story.propose('what is there before', before));
    await makeHard();
    const files = Object.entries(hard).flatMap(([stack, entries]) =>
      Object.entries(entries).map(([path, text]) => [`${stack}/${path}`, text] as const),
    );
    proposal = await story.propose('every hard case', Object.fromEntries(files));
    await story.checked(proposal);
    comment = story.comment(proposal);
    plans = await shownPlans(comment);
  });

  afterAll(async () => {
    try {
      await stage?.close();
      await proxy?.cut();
      await webhook?.close();
    } finally {
      await api?.close();
      await cluster?.close();
      await rm(directory, { recursive: true, force: true });
    }
  });

  /** Denies what is labelled so; and while it is asked about the one that is to be lost, the way to the API is cut. */
  const judge = async (request: JsonObject) => {
    const { metadata } = isJsonObject(request.object) ? request.object : {};
    const { hard: which } = isJsonObject(metadata) && isJsonObject(metadata.labels) ? metadata.labels : {};
    if (which === 'denied') return { allowed: false, message: 'no ConfigMap may be called denied' } as const;
    if (which === 'lost') {
      await pause(2_000);
      await proxy.cut();
    }
    return { allowed: true } as const;
  };

  const makeHard = async () => {
    await cluster.edit(`${definitions}/widgets.${group}`, { spec: { versions: widgetVersions(false) } });
    await applyWebhook('denied', { clientConfig: webhook.clientConfig, sideEffects: 'None' });
    await applyWebhook('lost', { clientConfig: webhook.clientConfig, sideEffects: 'None' });
    await applyWebhook('silent', {
      clientConfig: { ...webhook.clientConfig, url: 'https://127.0.0.1:9/' },
      sideEffects: 'None',
    });
    await cluster.apply(
      apiService,
      object('apiregistration.k8s.io/v1', 'APIService', `v1.down-${run}.example.com`, {
        spec: {
          group: `down-${run}.example.com`,
          version: 'v1',
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { name: 'nothing', namespace: run, port: 443 },
        },
      }),
    );
    // It would keep every namespace from going while it is there: the first to be removed.
    cluster.removeAfterwards(apiService);
    await vi.waitFor(
      async () => {
        expect(
          (await api.ask({ method: 'GET', path: `/apis/${group}/v1alpha1/namespaces/${run}/widgets` })).status,
        ).toBe(404);
        expect((await dry('denied')).status).toBe(403);
        expect((await dry('silent')).status).toBe(500);
      },
      { timeout: 30_000, interval: 200 },
    );
    // What was discovered for the plans before is good for ten seconds.
    await pause(11_000);
  };

  const dry = (hardness: string) => api.dryRun(`${core}/configmaps/${hardness}`, labelled(hardness, hardness));

  const applyWebhook = async (hardness: string, webhookOf: JsonObject) => {
    const path = `${webhookConfigurations}/${run}-${hardness}`;
    await cluster.apply(path, webhookConfiguration(hardness, webhookOf));
    cluster.removeAfterwards(path);
  };

  const provideVolume = async (storageClassName: string) => {
    const path = `/api/v1/persistentvolumes/${storageClassName}`;
    cluster.removeAfterwards(path);
    await cluster.apply(
      path,
      object('v1', 'PersistentVolume', storageClassName, {
        spec: {
          storageClassName,
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          hostPath: { path: `/simulated/${storageClassName}` },
        },
      }),
    );
  };

  /** A ServiceAccount that may read everything and change nothing. */
  const limitPlanner = async () => {
    await cluster.apply(`${core}/serviceaccounts/limited`, object('v1', 'ServiceAccount', 'limited'));
    const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
    for (const path of [`${bindings}/${run}`, `${roles}/${run}`]) cluster.removeAfterwards(path);
    await cluster.apply(
      `${roles}/${run}`,
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', run, {
        rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
      }),
    );
    await cluster.apply(
      `${bindings}/${run}`,
      object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', run, {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: run },
        subjects: [{ kind: 'ServiceAccount', name: 'limited', namespace: run }],
      }),
    );
  };

  const widgetDefinition = (servedOld: boolean) =>
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `widgets.${group}`, {
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
        versions: widgetVersions(servedOld),
      },
    });

  /** The suite's own context, one of a user of few rights, and one through the proxy. */
  const kubeconfig = async () => {
    const token = await api.ask({
      method: 'POST',
      path: `${core}/serviceaccounts/limited/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
    });
    const status = isJsonObject(token.body.status) ? token.body.status : {};
    const config = JSON.parse(await readFile(cluster.kubeconfig, 'utf8')) as Record<
      'clusters' | 'contexts' | 'users',
      { name: string; cluster: object; context: { cluster: string; user: string } }[]
    >;
    const [own] = config.contexts.filter((entry) => entry.name === cluster.name);
    const server = config.clusters.find((entry) => entry.name === own?.context.cluster)?.cluster;
    if (own === undefined) throw new Error(`no context ${cluster.name}`);
    const path = join(directory, 'kubeconfig');
    await writeFile(
      path,
      JSON.stringify({
        ...config,
        clusters: [
          ...config.clusters,
          { name: lost, cluster: { ...server, server: `https://127.0.0.1:${proxy.port}` } },
        ],
        users: [...config.users, { name: limited, user: { token: String(status.token) } }],
        contexts: [
          own,
          { name: limited, context: { ...own.context, user: limited } },
          { name: lost, context: { ...own.context, cluster: lost } },
        ],
      }),
      { mode: 0o600 },
    );
    return path;
  };

  const planOf = (stack: string) => {
    const plan = plans.get(stack.includes('@') ? stack : `${stack}@staging`);
    if (plan === undefined)
      throw new Error(`no plan of ${stack}; there are ${[...plans.keys()].join(', ')}\n${comment}`);
    return plan;
  };
  const server = { level: 'server' };
  const expectBeside = (stack: string, object: string) =>
    expect(changeOf(planOf(stack), object)).toMatchObject({ action: 'create', confidence: server });
  const errorsOf = (stack: string) => planOf(stack).problems.filter((problem) => problem.severity === 'error');
  const lineOf = (file: string, text: string, nth = 1) => {
    const lines = file.split('\n');
    const found = lines.map((line, index) => (line.includes(text) ? index + 1 : 0)).filter((line) => line > 0);
    return found[nth - 1];
  };
  const fileOf = (stack: string, file = 'a.yaml') => hard[stack]?.[file] ?? '';

  it('custom resource with its CRD in the same change', async () => {
    expect(await api.dryRun(`/apis/${group}/v1/namespaces/${run}/gadgets/first`, gadget)).toMatchObject({
      status: 404,
    });
    expect(errorsOf('incoming')).toEqual([]);
    expect(changeOf(planOf('incoming'), `Gadget ${run}/first`)).toMatchObject({
      action: 'create',
      confidence: { level: 'schema', reason: 'its CustomResourceDefinition is part of the same change' },
    });
  });

  it('object in a namespace created by the same change', async () => {
    const inside = configMap('inside', { metadata: { namespace: created } });
    expect(await api.dryRun(`/api/v1/namespaces/${created}/configmaps/inside`, inside)).toMatchObject({
      status: 404,
      message: `namespaces "${created}" not found`,
    });
    expect(changeOf(planOf('namespace'), `ConfigMap ${created}/inside`)).toMatchObject({
      action: 'create',
      confidence: { level: 'schema', reason: 'its namespace is created by the same change' },
    });
    expect(changeOf(planOf('namespace'), `Namespace ${created}`)).toMatchObject({
      action: 'create',
      confidence: server,
    });
  });

  describe('immutable field', () => {
    it.each([
      ['Deployment', `${apps}/deployments/fixed`, 'spec.selector', /field is immutable/],
      ['StatefulSet', `${apps}/statefulsets/fixed`, 'spec', /updates to statefulset spec for fields other than/],
      ['Job', `/apis/batch/v1/namespaces/${run}/jobs/fixed`, 'spec.template', /field is immutable/],
      ['Service', `${core}/services/fixed`, 'spec.clusterIP', /may not change once set/],
      ['PersistentVolumeClaim', `${core}/persistentvolumeclaims/fixed`, 'spec', /spec is immutable after creation/],
    ] as const)('of %s', async (kind, path, field, text) => {
      const after = immutable.after.find((one) => one.kind === kind);
      expect(await api.dryRun(path, after ?? {})).toMatchObject({ status: 422, message: expect.stringMatching(text) });
      expect(errorsOf('immutable')).toEqual([]);
      const change = changeOf(planOf('immutable'), `${kind} ${run}/fixed`);
      expect(change).toMatchObject({ action: 'replace', confidence: server });
      expect(change.danger).toContain('deletes it');
      expect(change.danger).toContain(`because ${field}`);
      if (kind === 'PersistentVolumeClaim') expect(change.danger).toContain('and the data in it');
    });

    it('any other 422 is an error on its line', async () => {
      const refused = service('refused', { ports: [{ port: 99_999 }] });
      expect(await api.dryRun(`${core}/services/refused`, refused)).toMatchObject({ status: 422 });
      expect(errorsOf('refused')).toEqual([
        expect.objectContaining({
          message: expect.stringContaining('must be between 1 and 65535'),
          position: expect.objectContaining({
            path: 'refused/staging/a.yaml',
            line: lineOf(fileOf('refused/staging'), '99999'),
          }),
        }),
      ]);
      expectBeside('refused', `ConfigMap ${run}/beside-refused`);
    });
  });

  it('webhook that denies', async () => {
    expect(await dry('denied')).toMatchObject({
      status: 403,
      message: expect.stringContaining('denied the request: no ConfigMap may be called denied'),
    });
    expect(errorsOf('denied')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(
          `admission webhook "denied.${run}.example.com" denied the request: no ConfigMap may be called denied`,
        ),
        position: expect.objectContaining({ path: 'denied/staging/a.yaml', line: 1 }),
      }),
    ]);
    expectBeside('denied', `ConfigMap ${run}/beside-denied`);
  });

  it('webhook that does not answer', async () => {
    expect(await dry('silent')).toMatchObject({
      status: 500,
      message: expect.stringContaining('failed calling webhook'),
    });
    expect(planOf('silent').complete).toBe(true);
    expect(errorsOf('silent')).toEqual([]);
    expect(changeOf(planOf('silent'), `ConfigMap ${run}/silent`)).toMatchObject({
      action: 'create',
      confidence: { level: 'schema', reason: expect.stringContaining(`"silent.${run}.example.com"`) },
    });
    expectBeside('silent', `ConfigMap ${run}/beside-silent`);
  });

  it('conflict with another manager', async () => {
    expect(
      await api.dryRun(`${core}/configmaps/contested`, configMap('contested', { data: { a: '2' } })),
    ).toMatchObject({ status: 409 });
    expect(errorsOf('conflict')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('suite owns data.a') }),
    ]);
    expectBeside('conflict', `ConfigMap ${run}/beside-contested`);
  });

  it('a kind that no CRD, live or in the change, defines', async () => {
    expect(
      await api.dryRun(`/apis/nowhere-${run}.example.com/v1/namespaces/${run}/mysteries/what`, mystery),
    ).toMatchObject({ status: 404 });
    expect(errorsOf('kind')).toEqual([]);
    expect(changeOf(planOf('kind'), `Mystery ${run}/what`)).toMatchObject({
      action: 'create',
      confidence: { level: 'rendered', reason: 'no CustomResourceDefinition, live or in this change, defines Mystery' },
    });
    expectBeside('kind', `ConfigMap ${run}/beside-mystery`);
  });

  it('SOPS or otherwise encrypted document', async () => {
    const sealed = object('v1', 'Secret', 'sealed', { sops: { mac: 'ENC[x]' } });
    expect(await api.dryRun(`${core}/secrets/sealed`, sealed)).toMatchObject({
      status: 500,
      message: expect.stringContaining('.sops: field not declared in schema'),
    });
    expect(errorsOf('sops')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('encrypted with SOPS'),
        position: expect.objectContaining({ line: lineOf(fileOf('sops/staging'), 'sops:') }),
      }),
    ]);
    expectBeside('sops', `ConfigMap ${run}/beside-sealed`);
  });

  it('duplicate list keys', async () => {
    expect(await api.dryRun(`${apps}/deployments/twice`, envTwice)).toMatchObject({
      status: 500,
      message: expect.stringContaining('duplicate entries for key [name="LEVEL"]'),
    });
    const [error, ...others] = errorsOf('keys');
    expect(others).toEqual([]);
    expect(error?.message).toContain('duplicate entries for key');
    expect(error?.position?.line).toBe(lineOf(fileOf('keys/staging'), 'name: LEVEL', 2));
    expectBeside('keys', `ConfigMap ${run}/beside-twice`);
  });

  it('duplicate objects in one render', () => {
    expect(errorsOf('documents')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(
          'ConfigMap double is declared 2 times: documents/staging/a.yaml:1, documents/staging/b.yaml:1',
        ),
        position: expect.objectContaining({ path: 'documents/staging/b.yaml', line: 1 }),
      }),
    ]);
    expectBeside('documents', `ConfigMap ${run}/beside-double`);
  });

  it('no permission for dry-run `patch`', async () => {
    const asked = await api.ask({
      method: 'PATCH',
      path: `${core}/configmaps/unasked?fieldManager=planwright&dryRun=All`,
      body: configMap('unasked'),
      user: `system:serviceaccount:${run}:limited`,
    });
    expect(asked).toMatchObject({
      status: 403,
      message: expect.stringContaining('cannot patch resource "configmaps"'),
    });
    const plan = planOf(`permission@${limited}`);
    expect(plan.problems).toEqual([]);
    expect(changeOf(plan, `ConfigMap ${run}/unasked`)).toMatchObject({
      action: 'create',
      confidence: { level: 'schema', reason: expect.stringContaining('cannot patch resource "configmaps"') },
    });
  });

  it('generateName', async () => {
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
    expect(await api.dryRun(`${core}/configmaps/made`, made)).toMatchObject({
      status: 400,
      message: expect.stringContaining('name must be provided'),
    });
    expect(errorsOf('generated')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('give it a fixed metadata.name'),
        position: expect.objectContaining({ path: 'generated/staging/a.yaml', line: 4 }),
      }),
    ]);
    expectBeside('generated', `ConfigMap ${run}/beside-generated`);
  });

  it('Secret `stringData`', async () => {
    const path = `${core}/secrets/bare`;
    await cluster.apply(path, object('v1', 'Secret', 'bare', { stringData: { kept: 'a', dropped: 'b' } }));
    expect(await cluster.apply(path, object('v1', 'Secret', 'bare', { stringData: { kept: 'a' } }))).toMatchObject({
      data: { dropped: 'Yg==' },
    });
    const change = changeOf(planOf('strings'), `Secret ${run}/strings`);
    expect(change).toMatchObject({ action: 'update', confidence: server });
    expect(change.differences.map((difference) => [difference.path, difference.after.kind])).toEqual([
      ['data.dropped', 'absent'],
    ]);
    expect(JSON.stringify([...plans.values()]) + comment).not.toMatch(/canary-(kept|dropped)|Y2FuYXJ5/);
  });

  it('object over 1 MiB as compact JSON, deep nesting', async () => {
    expect((await api.dryRun(`${core}/configmaps/large`, large)).status).toBe(422);
    expect(errorsOf('size').map((error) => [error.position?.path, error.position?.line, error.message])).toEqual([
      [
        'size/staging/a.yaml',
        1,
        'ConfigMap large has 1300082 bytes as JSON; Kubernetes stores at most 1048576: split it',
      ],
      ['size/staging/deep.yaml', 4, expect.stringContaining('nesting exceeded maxDepth (100)')],
    ]);
    expectBeside('size', `ConfigMap ${run}/beside-large`);
    if (cluster.audit !== undefined)
      expect(cluster.audit.since(0).filter((request) => request.uri.includes('/configmaps/large'))).toEqual([]);
  });

  it('API version that the server no longer has: what was deployed in it is the same object in another one', async () => {
    const old = await api.dryRun(`/apis/${group}/v1alpha1/namespaces/${run}/widgets/kept`, widget('v1alpha1'));
    expect(old.status).toBe(404);
    expect(errorsOf('version')).toEqual([]);
    const change = changeOf(planOf('version'), `Widget ${run}/kept`);
    expect(change).toMatchObject({ action: 'update', confidence: server });
    expect(change.differences.map((difference) => difference.path)).toEqual(['apiVersion']);

    const stale = await story.propose('still v1alpha1', {
      'version/staging/a.yaml': yaml(widget('v1alpha1')),
      'version/staging/b.yaml': yaml(configMap('beside-version')),
    });
    await story.checked(stale);
    const said = story.comment(stale);
    const plan = (await shownPlans(said)).get('version@staging');
    expect(plan?.problems).toEqual([
      {
        severity: 'error',
        message: `the cluster does not serve Widget as ${group}/v1alpha1; it has ${group}/v1`,
        position: { path: 'version/staging/a.yaml', line: 1, column: 1 },
      },
    ]);
    expect(plan?.changes.map((change) => `${change.action} ${change.object.kind}`)).toEqual(['create ConfigMap']);
  });

  it('unknown field', async () => {
    expect(await api.dryRun(`${apps}/deployments/unknown`, unknownField)).toMatchObject({
      status: 500,
      message: expect.stringContaining('field not declared in schema'),
    });
    expect(errorsOf('unknown')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('imagee'),
        position: expect.objectContaining({ line: lineOf(fileOf('unknown/staging'), 'imagee') }),
      }),
    ]);
    expectBeside('unknown', `ConfigMap ${run}/beside-unknown`);
  });

  it('aggregated API down', async () => {
    expect(
      (await api.dryRun(`/apis/down-${run}.example.com/v1/namespaces/${run}/things/unanswered`, thing('unanswered')))
        .status,
    ).toBe(503);
    expect(errorsOf('aggregated')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(`the API down-${run}.example.com/v1 of the cluster does not answer`),
        position: expect.objectContaining({ path: 'aggregated/staging/a.yaml', line: 1 }),
      }),
    ]);
    expectBeside('aggregated', `ConfigMap ${run}/beside-unanswered`);
  });

  it('API down, timeout midway', async () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => `answered-${name}`);
    const through = await story.propose('lost midway', {
      [`half/${lost}/a.yaml`]: yaml(...names.map((name) => configMap(name)), labelled('lost', 'lost')),
    });
    const { plan: check, gate } = await story.checked(through);
    const said = story.comment(through);
    expect([check.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    const plan = (await shownPlans(said)).get(`half@${lost}`);
    expect(plan?.complete).toBe(false);
    for (const name of names) expect(changeOf(plan, `ConfigMap ${run}/${name}`).confidence).toEqual(server);
    expect(changeOf(plan, `ConfigMap ${run}/lost`).confidence).toMatchObject({ level: 'rendered' });
  });

  it.runIf(etcdPort() !== undefined)('webhook without dry-run support', async () => {
    const path = `${webhookConfigurations}/${run}-sided`;
    const configuration = webhookConfiguration('sided', { clientConfig: webhook.clientConfig, sideEffects: 'Some' });
    // The API has not taken such a one since 1.22; one that is older than the rule is still in the store.
    expect(await api.ask({ method: 'POST', path: webhookConfigurations, body: configuration })).toMatchObject({
      status: 422,
      message: expect.stringContaining('sideEffects: Unsupported value: "Some"'),
    });
    await store(`/registry/validatingwebhookconfigurations/${run}-sided`, configuration);
    cluster.removeAfterwards(path);
    await vi.waitFor(async () => expect(await dry('sided')).toMatchObject({ status: 400 }), {
      timeout: 20_000,
      interval: 200,
    });
    expect(await dry('sided')).toMatchObject({
      message: `admission webhook "sided.${run}.example.com" does not support dry run`,
    });

    const sided = await story.propose('a webhook without dry-run support', {
      'sided/staging/a.yaml': `${fileOf('sided/staging')}---\n${yaml(configMap('more-beside-sided'))}`,
    });
    await story.checked(sided);
    const plan = (await shownPlans(story.comment(sided))).get('sided@staging');
    expect(plan?.problems).toEqual([]);
    expect(changeOf(plan, `ConfigMap ${run}/sided`)).toMatchObject({
      action: 'create',
      confidence: {
        level: 'schema',
        reason: expect.stringContaining(`"sided.${run}.example.com" does not support dry run`),
      },
    });
    expect(changeOf(plan, `ConfigMap ${run}/beside-sided`).confidence).toEqual(server);
  });

  const webhookConfiguration = (hardness: string, webhookOf: JsonObject): JsonObject =>
    object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', `${run}-${hardness}`, {
      webhooks: [
        {
          name: `${hardness}.${run}.example.com`,
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          timeoutSeconds: 10,
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': run } },
          objectSelector: { matchLabels: { hard: hardness } },
          rules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['configmaps'],
              scope: '*',
            },
          ],
          ...webhookOf,
        },
      ],
    });
});

/** Puts an object into the suite's own etcd, past every rule of the API. */
async function store(key: string, object: JsonObject): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${etcdPort()}/v3/kv/put`, {
    method: 'POST',
    body: JSON.stringify({
      key: Buffer.from(key).toString('base64'),
      value: Buffer.from(
        JSON.stringify({
          ...object,
          metadata: {
            ...(isJsonObject(object.metadata) ? object.metadata : {}),
            uid: crypto.randomUUID(),
            creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
          },
        }),
      ).toString('base64'),
    }),
  });
  if (!answer.ok) throw new Error(`etcd answers ${answer.status}: ${await answer.text()}`);
}

/** Of the cluster that ../shared/cluster started; undefined for any other, whose store is nobody's business. */
function etcdPort(): string | undefined {
  const directory = process.env.CLUSTER_DIR;
  if (directory === undefined) {
    console.warn(
      'did not run: a webhook without dry-run support, because CLUSTER_DIR is not set (only the store of ../shared/cluster takes one)',
    );
    return undefined;
  }
  const pid = /^(\d+) kube-apiserver$/m.exec(readFileSync(join(directory, 'pids'), 'utf8'))?.[1];
  return /--etcd-servers\0http:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1];
}
