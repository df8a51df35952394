import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import type { RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import { casesDirectory } from '../domain/manifest/cases.ts';
import { ChangeStory, type Proposal } from './change-story.ts';
import { defineKinds, pathOf } from './custom-kinds.ts';
import { mendedManifest } from './mended-manifests.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { clusterScopedKinds, type RealPair, readPair, type Side } from './real-pairs.ts';
import { type Stage, setStage } from './stage.ts';

const cases = casesDirectory();
const run = `pairs-${randomBytes(4).toString('hex')}`;

interface Expectation {
  readonly name: string;
  /** What the plan names where it knows better than a comparison of the two sides as plain trees. */
  readonly changes?: readonly string[];
  /** Of the objects that differ, the one that only a new object can take the place of. */
  readonly replaced?: string;
  readonly says?: readonly string[];
}

const expectations: readonly Expectation[] = [
  { name: 'rights-added', says: ['create 3'] },
  { name: 'target-added', says: ['create 9 (first deployment)', 'nothing is pruned'] },
  { name: 'target-removed', says: ['**delete 6** (target removed)', 'deletes it and the data in it'] },
  {
    name: 'namespace-added',
    // The namespace is on the cluster before.
    changes: [
      'create PrometheusRule product-kubearchive-logging/kubearchive-logging-rules',
      'update Namespace product-kubearchive-logging',
      'update ServiceMonitor product-kubearchive-logging/product-kubearchive-logging-monitor',
    ],
    says: ['adopted: it is on the cluster already'],
  },
  { name: 'moved-to-other-namespace' },
  // A namespace on a kind that has none is no part of its name.
  { name: 'namespace-on-cluster-scoped', changes: [], says: ['Nothing to change'] },
  { name: 'config-hash-changed' },
  {
    name: 'job-template-changed',
    replaced: `Job ${run}/label-sync-1008-002`,
    says: ['because spec.template cannot be changed'],
  },
  { name: 'replicas-patch-dropped' },
  {
    name: 'pvc-storage-class-changed',
    replaced: 'PersistentVolumeClaim home-system/home-assistant-config',
    says: ['deletes it and the data in it and creates it anew, because spec cannot be changed'],
  },
];

/** Changes of objects that today's API servers refuse: planned as they are, and deployed as somebody would mend them. */
interface OutlivedExpectation extends Expectation {
  /** The directory that it shares with another change of the same repository; its own when absent. */
  readonly directory?: string;
  /** Errors on the lines of the files as they are, `LINE: MESSAGE`. */
  readonly refused: { readonly before: readonly string[]; readonly after: readonly string[] };
}

const definitionGone =
  'the cluster does not serve CustomResourceDefinition as apiextensions.k8s.io/v1beta1; it has apiextensions.k8s.io/v1';
const deploymentGone = 'the cluster does not serve Deployment as extensions/v1beta1; it has apps/v1';
const statefulSetGone = 'the cluster does not serve StatefulSet as apps/v1beta1; it has apps/v1';
const cronJobGone = 'the cluster does not serve CronJob as batch/v1beta1; it has batch/v1';

const outlived: readonly OutlivedExpectation[] = [
  {
    name: 'image-bump',
    directory: 'boskos',
    refused: {
      before: [
        `16: ${definitionGone}`,
        `47: ${definitionGone}`,
        `138: ${statefulSetGone}`,
        `214: ${deploymentGone}`,
        `249: ${deploymentGone}`,
      ],
      after: [
        `16: ${definitionGone}`,
        `47: ${definitionGone}`,
        `138: ${statefulSetGone}`,
        `214: ${deploymentGone}`,
        `249: ${deploymentGone}`,
      ],
    },
  },
  {
    name: 'statefulset-to-deployment',
    directory: 'boskos',
    refused: {
      before: [
        `16: ${definitionGone}`,
        `47: ${definitionGone}`,
        `138: ${statefulSetGone}`,
        `213: ${deploymentGone}`,
        `248: ${deploymentGone}`,
      ],
      after: [
        `16: ${definitionGone}`,
        `47: ${definitionGone}`,
        '118: the cluster does not serve Deployment as apps/v1beta1; it has apps/v1',
        `184: ${deploymentGone}`,
        `219: ${deploymentGone}`,
      ],
    },
    // A PersistentVolume has no namespace, whatever is written on it.
    changes: [
      'create Deployment test-pods/boskos',
      'delete PersistentVolume boskos-storage',
      'delete StatefulSet test-pods/boskos',
    ],
    says: ['deletes it and the data in it'],
  },
  {
    name: 'selector-changed',
    refused: {
      before: [`1: ${definitionGone}`, '254: Deployment kubeflow/xgboost-operator-deployment: '],
      after: [`1: ${definitionGone}`],
    },
    replaced: 'Deployment kubeflow/xgboost-operator-deployment',
    says: ['because spec.selector cannot be changed'],
  },
  {
    name: 'roleref-changed',
    refused: { before: ['90: ClusterRoleBinding '], after: ['93: ClusterRoleBinding '] },
    replaced: 'ClusterRoleBinding nightly-release-robot-release-cluster-minimal',
    says: ['because roleRef cannot be changed'],
  },
  {
    name: 'crd-v1beta1-to-v1',
    refused: {
      before: [
        `6: ${definitionGone}`,
        '26: the cluster does not serve ClusterRole as rbac.authorization.k8s.io/v1beta1; it has rbac.authorization.k8s.io/v1',
        '44: the cluster does not serve ClusterRoleBinding as rbac.authorization.k8s.io/v1beta1; it has rbac.authorization.k8s.io/v1',
      ],
      after: [],
    },
    // In whatever version they are written, they are the same objects.
    changes: ['update Deployment auth/dex'],
  },
  {
    name: 'big-upgrade',
    refused: { before: [], after: [] },
    replaced: 'Job product-kubearchive/kubearchive-schema-migration',
    says: ['because spec.template cannot be changed'],
  },
];

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
stacks:
  - path: '{stack}/{environment}'
    namespace: ${run}
    cluster_scoped: [${clusterScopedKinds.join(', ')}]
    timeout: 30s
`;

/** Classes whose volumes no provisioner of the suite's cluster makes. */
const volumeClasses = ['boskos', 'cstor-replica-pool', 'cstor-replica-raspberry-pi-pool'];

describe.skipIf(cases === undefined)('changes of real repositories through the whole line', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;
  const pairs = new Map<string, RealPair>();

  beforeAll(async () => {
    for (const { name } of [...expectations, ...outlived, { name: 'renamed' }])
      pairs.set(name, readPair({ cases: cases ?? '', name, defaultNamespace: run }));
    cluster = await realCluster(run);
    await defineKinds(cluster, [...pairs.values()].flatMap(objectsOf));
    for (const pair of pairs.values()) await prepare(cluster, pair);
    for (const storageClass of volumeClasses) await provideVolume(cluster, storageClass);
    stage = await setStage({
      kubeconfig: cluster.kubeconfig,
      ownerNamespace: cluster.ownerNamespace,
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

  const named = (name: string) => {
    const pair = pairs.get(name);
    if (pair === undefined) throw new Error(`${name} was not read`);
    return pair;
  };

  /** What each directory holds on the default branch. */
  const merged = new Map<string, Side['files']>();

  /** A pull request that makes the directory hold exactly these files. */
  const propose = (title: string, directory: string, { files }: Side) => {
    const gone = Object.keys(merged.get(directory) ?? {}).filter((path) => !(path in files));
    const entries = [...Object.entries(files), ...gone.map((path) => [path, null] as const)];
    const inStack = entries.map(([path, text]) => [`${directory}/staging/${path}`, text] as const);
    return story.propose(title, Object.fromEntries(inStack));
  };

  const deploy = async (proposal: Proposal, directory: string, { files }: Side) => {
    await story.deploy(proposal, 'mona');
    merged.set(directory, files);
  };

  const expectDeployed = async (before: Side, after: Side) => {
    const kinds = await cluster.kinds();
    const look = async (object: RenderedObject) => {
      const path = pathOf(kinds, object, run);
      if (path === undefined) throw new Error(`the cluster serves no ${object.apiVersion} ${object.kind}`);
      return cluster.get(path);
    };
    for (const object of after.objects)
      expect(await look(object), `${object.kind} ${object.name}`).toMatchObject({
        metadata: { labels: { 'applyset.kubernetes.io/part-of': expect.any(String) } },
      });
    const kept = new Set(after.objects.map((object) => pathOf(kinds, object, run)));
    const left = await Promise.all(before.objects.filter((object) => !kept.has(pathOf(kinds, object, run))).map(look));
    expect(left.filter((object) => object !== undefined && !isBeingDeleted(object))).toEqual([]);
    expect(stage.github.violations).toEqual([]);
  };

  const expectRefused = async (directory: string, side: Side, errors: readonly string[]) => {
    const proposal = await propose(`${directory}, refused`, directory, side);
    const { plan } = await story.checked(proposal);
    const comment = story.comment(proposal);
    expect(plan.conclusion, comment).toBe('failure');
    expect(errorsIn(comment)).toEqual(errors.map((error) => expect.stringMatching(startingWith(error))));
    // The others are planned, and what could not be planned is not taken for removed.
    expect(changedObjects(comment).filter((change) => change.startsWith('delete'))).toEqual([]);
    if (!merged.has(directory))
      expect(changedObjects(comment).length).toBeGreaterThanOrEqual(side.objects.length - errors.length);
    expectNoSecretIn(comment, side);
  };

  it.each(expectations)('$name', async (expectation) => {
    const { name, says = [] } = expectation;
    const { before, after, changes: listed } = named(name);
    if (before.objects.length > 0) await deploy(await propose(`${name}: before`, name, before), name, before);
    const proposal = await propose(`${name}: after`, name, after);
    const { plan } = await story.checked(proposal);
    const comment = story.comment(proposal);
    expect(plan.conclusion, comment).toBe('success');
    expect(changedObjects(comment)).toEqual(expectedChanges({ listed, ...expectation }));
    expectNoSecretIn(comment, after);
    for (const text of says) expect(comment).toContain(text);
    await deploy(proposal, name, after);
    await expectDeployed(before, after);
  });

  it.each(outlived)('$name, which the API refuses in part as it is', async (expectation) => {
    const { name, says = [], directory = name, refused } = expectation;
    const pair = named(name);
    const [before, after] = [mendedSide(pair.before), mendedSide(pair.after)];
    if (refused.before.length > 0) await expectRefused(directory, pair.before, refused.before);
    await deploy(await propose(`${name}: before`, directory, before), directory, before);
    if (refused.after.length > 0) await expectRefused(directory, pair.after, refused.after);
    const proposal = await propose(`${name}: after`, directory, after);
    const { plan } = await story.checked(proposal);
    const comment = story.comment(proposal);
    expect(plan.conclusion, comment).toBe('success');
    expect(changedObjects(comment)).toEqual(expectedChanges({ listed: pair.changes, ...expectation }));
    expectNoSecretIn(comment, after);
    for (const text of says) expect(comment).toContain(text);
    await deploy(proposal, directory, after);
    await expectDeployed(before, after);
  });

  it('renamed, of which the API never accepted the old name', async () => {
    const directory = 'renamed';
    const pair = named(directory);
    for (const side of [pair.before, pair.after]) await expectRefused(directory, side, [`1: ${cronJobGone}`]);
    const [before, after] = [mendedSide(pair.before), mendedSide(pair.after)];
    const name = `${run}/nightly-cron-trigger-pipeline-to-taskrun-nightly-release`;
    await expectRefused(directory, before, [`4: CronJob \`${name}\`: `]);
    const proposal = await propose('renamed', directory, after);
    await story.checked(proposal);
    expect(changedObjects(story.comment(proposal))).toEqual([
      `create CronJob ${run}/nightly-cron-trigger-pipeline-to-tr-nightly-release`,
    ]);
    await deploy(proposal, directory, after);
    await expectDeployed({ files: {}, objects: [] }, after);
  });
});

const mendedSide = (side: Side): Side => {
  const files = { 'render.yaml': mendedManifest(side.objects, run) };
  return { files, objects: decodeManifests([{ path: 'render.yaml', text: files['render.yaml'] }]).objects };
};

function expectedChanges(of: Pick<Expectation, 'changes' | 'replaced'> & { readonly listed: readonly string[] }) {
  const { listed, replaced } = of;
  const changes =
    of.changes ?? listed.map((change) => (change === `update ${replaced}` ? `replace ${replaced}` : change));
  return [...changes].sort();
}

/** What other objects hold openly too (a user name that is the application's own) is no secret. */
function expectNoSecretIn(comment: string, { objects }: Side): void {
  const open = JSON.stringify(objects.filter((object) => object.kind !== 'Secret').map((object) => object.content));
  const secrets = objects.filter((object) => object.kind === 'Secret');
  const encoded = secrets.flatMap(({ content }) => (isJsonObject(content.data) ? Object.values(content.data) : []));
  const values = encoded.flatMap((value) => [
    String(value),
    Buffer.from(String(value), 'base64').toString('utf8').trim(),
  ]);
  for (const value of values.filter((text) => text !== '' && !open.includes(text)))
    expect(comment).not.toContain(value);
}

/** `LINE: MESSAGE` of every error that the comment lists. */
function errorsIn(comment: string): readonly string[] {
  return [...comment.matchAll(/^- ❌ `[^`]+:(\d+)`: (.*)$/gm)].map(([, line, message]) => `${line}: ${message}`);
}

const startingWith = (text: string) => new RegExp(`^${RegExp.escape(text)}`);

/** `create Role team/admin`, as the diffs of a comment head them. */
function changedObjects(comment: string): readonly string[] {
  return [...comment.matchAll(/^@@ ((?:create|update|replace|delete) \w+ [^ ]+)(?: \([^)]*\))? @@$/gm)]
    .map(([, what = '']) => what)
    .sort();
}

function isBeingDeleted({ metadata }: JsonObject): boolean {
  return isJsonObject(metadata) && metadata.deletionTimestamp !== undefined;
}

const objectsOf = (pair: RealPair) => [...pair.before.objects, ...pair.after.objects];

/** Namespaces that a change takes for granted. Whatever it brings besides is removed afterwards. */
async function prepare(cluster: RealCluster, pair: RealPair): Promise<void> {
  const kinds = await cluster.kinds();
  const first = pair.before.objects.length > 0 ? pair.before.objects : pair.after.objects;
  const made = new Set(first.filter((object) => object.kind === 'Namespace').map((object) => object.name));
  const named = objectsOf(pair).flatMap((object) =>
    clusterScopedKinds.includes(object.kind) ? [] : [object.namespace ?? run],
  );
  for (const name of new Set(named)) {
    const path = `/api/v1/namespaces/${name}`;
    if (!made.has(name)) await cluster.apply(path, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    cluster.removeAfterwards(path);
  }
  const mended = [pair.before, pair.after].flatMap((side) => mendedSide(side).objects);
  const scoped = mended.filter((object) => clusterScopedKinds.includes(object.kind));
  // What is of a kind that the change defines goes with the definition.
  const paths = scoped.flatMap((object) => pathOf(kinds, object, run) ?? []);
  for (const path of new Set(paths)) cluster.removeAfterwards(path);
}

/** A volume that claims of this class find without a provisioner. */
async function provideVolume(cluster: RealCluster, storageClass: string): Promise<void> {
  const name = `${run}-${storageClass}`;
  const path = `/api/v1/persistentvolumes/${name}`;
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
  cluster.removeAfterwards(path);
}
