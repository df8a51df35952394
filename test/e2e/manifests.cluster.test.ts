import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import { casesDirectory, manifestsBelow } from '../domain/manifest/cases.ts';
import { ChangeStory, type Proposal } from './change-story.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { changeOf, shownPlans } from './shown-plans.ts';
import { repo, type Stage, setStage } from './stage.ts';

const cases = casesDirectory();
const run = `manifests-${randomBytes(4).toString('hex')}`;

const clusterScoped = [
  'APIService',
  'ClusterIssuer',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'GatewayClass',
  'Namespace',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
stacks:
  - path: '{stack}/{environment}'
    namespace: ${run}
    cluster_scoped: [${clusterScoped.join(', ')}]
    timeout: 60s
`;

type Files = Readonly<Record<string, string>>;

const incoming = 'its CustomResourceDefinition is part of the same change';
const inNewNamespace = 'its namespace is created by the same change';
const undefinedKind = (kind: string) => `no CustomResourceDefinition, live or in this change, defines ${kind}`;

/** What ../shared/cases/README.md says that a correct program does with each of its inputs. */
describe.skipIf(cases === undefined)('stacks of real repositories on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;

  beforeAll(async () => {
    cluster = await realCluster(run);
    await cluster.apply(`/api/v1/namespaces/${run}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run } });
    cluster.removeAfterwards(`/api/v1/namespaces/${run}`);
    stage = await setStage({
      kubeconfig: cluster.kubeconfig,
      ownerNamespace: cluster.ownerNamespace,
      namespaces: ['*'],
      files: { '.github/planwright.yml': configuration(cluster.name), 'README.md': '# infra\n' },
    });
    story = new ChangeStory(stage);
  });

  afterAll(async () => {
    try {
      await stage?.close();
    } finally {
      await cluster?.close();
    }
  });

  /** A pull request that adds the files of these stacks. */
  const propose = (title: string, stacks: Readonly<Record<string, Files>>): Promise<Proposal> =>
    story.propose(
      title,
      Object.fromEntries(
        Object.entries(stacks).flatMap(([stack, files]) =>
          Object.entries(files).map(([path, text]) => [`${stack}/staging/${path}`, text] as const),
        ),
      ),
    );

  const planned = async (title: string, stack: string, files: Files) => {
    const proposal = await propose(title, { [stack]: files });
    const { plan: check } = await story.checked(proposal);
    const comment = story.comment(proposal);
    const plan = (await shownPlans(comment)).get(`${stack}@staging`);
    if (plan === undefined) throw new Error(`no plan of ${stack} is linked:\n${comment}`);
    return { proposal, check, comment, plan };
  };

  const afterwards = (...paths: readonly string[]) => {
    for (const path of paths) cluster.removeAfterwards(path);
  };
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

  it('kube-prometheus: lists are flattened; custom resources are checked by their definition where the change brings it', async () => {
    const files = manifestsOf('kube-prometheus');
    const { check, comment, plan } = await planned('kube-prometheus', 'kube-prometheus', files);
    expect(check.conclusion, comment).toBe('success');
    expect(plan.changes.map((change) => change.action)).toEqual(Array(34).fill('create'));

    const list = 'kube-prometheus/staging/prometheus-roleSpecificNamespaces.yaml';
    const roles = ['default', 'kube-system', 'monitoring'].map((namespace) =>
      changeOf(plan, `Role ${namespace}/prometheus-k8s`),
    );
    expect(roles.map((role) => role.position?.path)).toEqual([list, list, list]);
    expect(new Set(roles.map((role) => role.position?.line)).size).toBe(3);
    expect(roles.map((role) => role.confidence)).toEqual([
      { level: 'server' },
      { level: 'server' },
      { level: 'schema', reason: inNewNamespace },
    ]);
    for (const name of ['prometheus-k8s', 'prometheus-operator', 'alertmanager-main'])
      expect(changeOf(plan, `ServiceMonitor monitoring/${name}`).confidence).toEqual({
        level: 'schema',
        reason: incoming,
      });
    for (const kind of ['Prometheus monitoring/k8s', 'Alertmanager monitoring/main'])
      expect(changeOf(plan, kind).confidence).toEqual({
        level: 'rendered',
        reason: undefinedKind(kind.split(' ')[0] ?? ''),
      });
    expect(changeOf(plan, 'Secret monitoring/alertmanager-main').differences).not.toHaveLength(0);
    expect(JSON.stringify(plan) + comment).not.toContain('resolve_timeout');
  });

  it('gatekeeper-demo: a duplicate is an error that names all places; kinds that a controller defines later are rendered', async () => {
    const { check, comment, plan } = await planned('gatekeeper', 'gatekeeper', manifestsOf('gatekeeper-demo'));
    expect(check.conclusion).toBe('failure');
    expect(errorsIn(comment)).toEqual([
      expect.stringContaining(
        'K8sUniqueLabel ns-gk-label-unique is declared 2 times: gatekeeper/staging/basic/bad/bad_constraint_labelselector.yaml:1, gatekeeper/staging/basic/constraints/all_ns_gatekeeper_label_unique.yaml:1',
      ),
      expect.stringContaining(
        'K8sRequiredLabel bad-schema is declared 3 times: gatekeeper/staging/basic/bad/bad_schema.yaml:1, gatekeeper/staging/basic/bad/bad_schema2.yaml:1, gatekeeper/staging/basic/bad/bad_schema3.yaml:1',
      ),
      expect.stringContaining(
        'ConstraintTemplate k8srequiredlabels is declared 2 times: gatekeeper/staging/basic/templates/k8srequiredlabels_template.yaml:1, gatekeeper/staging/basic/templates/k8srequiredlabels_template_external_data.yaml:1',
      ),
    ]);
    expect(changeOf(plan, 'Namespace good-ns').confidence).toEqual({ level: 'server' });
    expect(changeOf(plan, `K8sRequiredLabels ${run}/ns-must-have-gk`).confidence).toEqual({
      level: 'rendered',
      reason: undefinedKind('K8sRequiredLabels'),
    });
    expect(plan.complete).toBe(true);
  });

  it('removed-apis: what the server no longer has is an error on its line, beside a duplicate, and the rest is planned', async () => {
    const { check, comment, plan } = await planned('removed-apis', 'removed-apis', manifestsOf('removed-apis'));
    expect(check.conclusion).toBe('failure');
    const below = 'removed-apis/staging/podsecuritypolicy/rbac';
    const gone = 'the cluster does not serve PodSecurityPolicy as policy/v1beta1, and no other group has it';
    expect(errorsIn(comment)).toEqual([
      expect.stringContaining(`Pod nginx is declared 2 times: ${below}/pod.yaml:1, ${below}/pod_priv.yaml:1`),
      `${below}/policies.yaml:1: ${gone}`,
      `${below}/policies.yaml:26: ${gone}`,
    ]);
    for (const object of ['ClusterRole restricted-psp-user', 'ClusterRole privileged-psp-user'])
      expect(changeOf(plan, object)).toMatchObject({ action: 'create', confidence: { level: 'server' } });
    expect(plan.changes.filter((change) => change.object.kind === 'ClusterRoleBinding')).toHaveLength(3);
  });

  const renders = cases === undefined ? [] : rendersBelow(join(cases, 'kustomize'));
  const noObjects = (name: string) => name.endsWith('clusters_production_flux-system');
  /** Entries of kustomize whose render a server of today does not take as it is. */
  const refused: Readonly<Record<string, readonly string[]>> = {
    'kustomize-examples-transformerconfigs_crd': [
      'the cluster does not serve Bee as v1beta1, and no other group has it',
    ],
    'metrics-server-overlays_release-ha': [
      'the cluster does not serve PodDisruptionBudget as policy/v1beta1; it has policy/v1',
    ],
  };

  it.each(renders.filter(({ name }) => !noObjects(name)))(
    'kustomize render $name is planned as plain manifests',
    async ({ name, text }) => {
      const stack = name.replaceAll(/[^a-zA-Z0-9-]/g, '-');
      const { check, comment, plan } = await planned(name, stack, { 'render.yaml': text });
      const errors = refused[name] ?? [];
      expect(
        errorsIn(comment).map((error) => error.replace(/^\S+ /, '')),
        comment,
      ).toEqual(errors);
      expect(check.conclusion, comment).toBe(errors.length === 0 ? 'success' : 'failure');
      const { objects } = decodeManifests([{ path: 'render.yaml', text }]);
      expect(plan.changes.map((change) => change.action)).toEqual(Array(objects.length - errors.length).fill('create'));
      for (const { confidence } of plan.changes)
        if (confidence.level !== 'server')
          expect(confidence.reason).toMatch(new RegExp(`${inNewNamespace}|^no CustomResourceDefinition`));
    },
  );

  it('gateway-api: definitions of 429 KB, their custom resources and the namespaces of both in one change, deployed', async () => {
    const files = manifestsOf('gateway-api');
    afterwards(
      ...['infra-ns', 'site-ns', 'store-ns', 'no-external-access'].map((name) => `/api/v1/namespaces/${name}`),
    );
    afterwards(
      ...['gateways', 'referencegrants', 'gatewayclasses', 'httproutes'].map(
        (name) => `${definitions}/${name}.gateway.networking.k8s.io`,
      ),
    );
    const policies = '/apis/admissionregistration.k8s.io/v1';
    const guard = 'safe-upgrades.gateway.networking.k8s.io';
    // Last in, first out: it guards the definitions, and would refuse nothing that is only deleted.
    afterwards(
      `${policies}/validatingadmissionpolicies/${guard}`,
      `${policies}/validatingadmissionpolicybindings/${guard}`,
    );
    const { proposal, check, comment, plan } = await planned('gateway-api', 'gateway-api', files);
    expect(check.conclusion, comment).toBe('success');
    // Rules that the evaluator cannot read are said beside it.
    expect(changeOf(plan, 'HTTPRoute site-ns/home').confidence).toEqual({
      level: 'schema',
      reason: expect.stringContaining(incoming),
    });
    expect(changeOf(plan, `Gateway ${run}/my-gateway`).confidence).toEqual({
      level: 'schema',
      reason: expect.stringContaining(incoming),
    });
    expect(changeOf(plan, 'CustomResourceDefinition httproutes.gateway.networking.k8s.io').confidence).toEqual({
      level: 'server',
    });
    await story.deploy(proposal, 'mona');
    expect(await cluster.get('/apis/gateway.networking.k8s.io/v1/namespaces/site-ns/httproutes/home')).toBeDefined();
  });

  it('cert-manager: a definition of 334 KB and its Issuer, deployed', async () => {
    afterwards(`${definitions}/issuers.cert-manager.io`, `${definitions}/certificates.cert-manager.io`);
    const { proposal, check, comment, plan } = await planned(
      'cert-manager',
      'cert-manager',
      manifestsOf('cert-manager'),
    );
    for (const change of plan.changes.filter((one) => one.object.kind === 'Namespace'))
      afterwards(`/api/v1/namespaces/${change.object.name}`);
    expect(check.conclusion, comment).toBe('success');
    expect(changeOf(plan, 'Issuer default/selfsigned-issuer').confidence).toEqual({
      level: 'schema',
      reason: incoming,
    });
    await story.deploy(proposal, 'mona');
    expect(await cluster.get('/apis/cert-manager.io/v1/namespaces/default/certificates/test2')).toBeDefined();
  });

  it('guestbook: objects without a namespace, a StatefulSet with its StorageClass, deployed until healthy', async () => {
    afterwards('/apis/storage.k8s.io/v1/storageclasses/fast');
    for (const number of [1, 2, 3]) await provideVolume(`${run}-fast-${number}`, 'fast');
    const { proposal, check, comment, plan } = await planned('guestbook', 'guestbook', manifestsOf('guestbook'));
    expect(check.conclusion, comment).toBe('success');
    expect(plan.changes.filter((change) => change.confidence.level !== 'server')).toEqual([]);
    await story.deploy(proposal, 'mona');
    expect(await cluster.get(`/apis/apps/v1/namespaces/${run}/statefulsets/cassandra`)).toMatchObject({
      status: { readyReplicas: 3 },
    });
  });

  it('an empty render is said and deletes nothing that nobody approves', async () => {
    const examples = renders.find(({ name }) => name === 'kustomize-examples-multibases');
    const empty = renders.find(({ name }) => noObjects(name));
    if (examples === undefined || empty === undefined) throw new Error('the renders are not among the cases');
    const { proposal } = await planned('flux-system', 'flux-system', { 'render.yaml': examples.text });
    await story.deploy(proposal);
    const emptied = await planned('an empty flux-system', 'flux-system', { 'render.yaml': empty.text });
    const { check, comment, plan } = emptied;
    expect(check.conclusion, comment).toBe('success');
    expect(plan.changes.map((change) => change.action)).toEqual(['delete', 'delete', 'delete']);
    expect(comment).toContain('**delete 3**');
    expect(comment).toContain('it deletes 3 of 3 objects');
    // Who may only write cannot meet it.
    stage.github.clock.advance(2_000);
    await stage.github.review({ repo, number: emptied.proposal.number, reviewer: 'bob', state: 'APPROVED' });
    const waiting = await stage.eventually(
      'the comment without the approval that is there',
      () => {
        const body = story.comment(emptied.proposal);
        return body.includes('**approvals of staging**') ? undefined : body;
      },
      60_000,
    );
    expect(waiting).toContain('⏳ **large removal from `flux-system@staging`**');
  });

  const provideVolume = async (name: string, storageClass: string) => {
    const path = `/api/v1/persistentvolumes/${name}`;
    afterwards(path);
    await cluster.apply(path, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        storageClassName: storageClass,
        capacity: { storage: '100Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: `/simulated/${name}` },
      },
    });
  };
});

/** `PATH:LINE: MESSAGE` of every error that the comment lists. */
function errorsIn(comment: string): readonly string[] {
  return [...comment.matchAll(/^- ❌ `([^`]+:\d+)`: (.*)$/gm)].map(
    ([, place, message = '']) => `${place}: ${message.replaceAll('`', '')}`,
  );
}

function manifestsOf(name: string): Files {
  return Object.fromEntries(
    manifestsBelow(join(cases ?? '', 'manifests', name)).map(({ path, text }) => [path, text] as const),
  );
}

/** Every `expected.yaml` and `expected/ENTRY.yaml`, as `CASE` and `CASE-ENTRY`. */
function rendersBelow(directory: string): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|\/)expected(\/[^/]+)?\.yaml$/.test(path))
    .sort()
    .map((path) => ({
      name: path.replace(/\/expected\/|\/expected\.yaml$|\.yaml$/g, (part) => (part === '/expected/' ? '-' : '')),
      text: readFileSync(join(directory, path), 'utf8'),
    }));
}
