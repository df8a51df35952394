import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupVersion, objectPath } from '../../src/adapters/kubernetes/resource-path.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { groupOf, type RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import type { ServedKind } from '../../src/domain/plan/prediction.ts';
import { casesDirectory } from '../domain/manifest/cases.ts';
import { ChangeStory } from './change-story.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { clusterScopedKinds, type RealPair, readPair, type Side } from './real-pairs.ts';
import { type Stage, setStage } from './stage.ts';

const cases = casesDirectory();
const run = `pairs-${randomBytes(4).toString('hex')}`;

interface Expectation {
  readonly name: string;
  /** What the plan names where it knows better than a comparison of the two sides as plain trees. */
  readonly changes?: readonly string[];
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
    changes: [`replace Job ${run}/label-sync-1008-002`, `update CronJob ${run}/label-sync-cron`],
    says: ['because spec.template cannot be changed'],
  },
  { name: 'replicas-patch-dropped' },
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

describe.skipIf(cases === undefined)('changes of real repositories through the whole line', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;
  const pairs = new Map<string, RealPair>();

  beforeAll(async () => {
    for (const { name } of expectations) pairs.set(name, readPair({ cases: cases ?? '', name, defaultNamespace: run }));
    cluster = await realCluster(run);
    await defineKinds(cluster, [...pairs.values()].flatMap(objectsOf));
    for (const pair of pairs.values()) await prepare(cluster, pair);
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

  it.each(expectations)('$name', async ({ name, changes, says = [] }) => {
    const pair = pairs.get(name);
    if (pair === undefined) throw new Error(`${name} was not read`);
    const inStack = (files: Side['files']) =>
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/staging/${path}`, text]));
    if (pair.before.objects.length > 0)
      await story.deploy(await story.propose(`${name}: before`, inStack(pair.before.files)), 'mona');

    const gone = Object.keys(pair.before.files).filter((path) => !(path in pair.after.files));
    const proposal = await story.propose(`${name}: after`, {
      ...inStack(pair.after.files),
      ...Object.fromEntries(gone.map((path) => [`${name}/staging/${path}`, null])),
    });
    const { plan } = await story.checked(proposal);
    const comment = story.comment(proposal);
    expect(plan.conclusion, comment).toBe('success');
    expect(changedObjects(comment)).toEqual([...(changes ?? pair.changes)].sort());
    for (const text of says) expect(comment).toContain(text);

    await story.deploy(proposal, 'mona');
    const kinds = await cluster.kinds();
    const look = async (object: RenderedObject) => cluster.get(pathOf(kinds, object));
    for (const object of pair.after.objects)
      expect(await look(object), `${object.kind} ${object.name}`).toMatchObject({
        metadata: { labels: { 'applyset.kubernetes.io/part-of': expect.any(String) } },
      });
    const kept = new Set(pair.after.objects.map((object) => pathOf(kinds, object)));
    const left = await Promise.all(pair.before.objects.filter((object) => !kept.has(pathOf(kinds, object))).map(look));
    expect(left.filter((object) => object !== undefined && !isBeingDeleted(object))).toEqual([]);
    expect(stage.github.violations).toEqual([]);
  });
});

/** `create Role team/admin`, as the diffs of a comment head them. */
function changedObjects(comment: string): readonly string[] {
  return [...comment.matchAll(/^@@ (\w+ \w+ [^ ]+)(?: \([^)]*\))? @@$/gm)].map(([, what = '']) => what).sort();
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
  const scoped = objectsOf(pair).filter((object) => clusterScopedKinds.includes(object.kind));
  for (const path of new Set(scoped.map((object) => pathOf(kinds, object)))) cluster.removeAfterwards(path);
}

function pathOf(kinds: readonly ServedKind[], object: RenderedObject): string {
  const kind = kinds.find(
    (candidate) => candidate.kind === object.kind && groupVersion(candidate) === object.apiVersion,
  );
  if (kind === undefined) throw new Error(`the cluster serves no ${object.apiVersion} ${object.kind}`);
  return objectPath({ kind, name: object.name, ...(kind.namespaced ? { namespace: object.namespace ?? run } : {}) });
}

/** Definitions that accept everything, for the kinds whose real ones are in no file. */
async function defineKinds(cluster: RealCluster, objects: readonly RenderedObject[]): Promise<void> {
  const served = await cluster.kinds();
  const isServed = (kinds: readonly ServedKind[], object: RenderedObject) =>
    kinds.some((kind) => kind.kind === object.kind && kind.group === groupOf(object.apiVersion));
  const custom = objects.filter((object) => !isServed(served, object));
  for (const same of Map.groupBy(custom, (object) => `${groupOf(object.apiVersion)} ${object.kind}`).values()) {
    const definition = definitionOf(same);
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
    await cluster.apply(path, definition);
    cluster.removeAfterwards(path);
  }
  const deadline = Date.now() + 30_000;
  for (let kinds = served; !custom.every((object) => isServed(kinds, object)); kinds = await cluster.kinds()) {
    if (Date.now() > deadline) throw new Error('the custom kinds are not served 30 s after they were defined');
    await pause(100);
  }
}

function definitionOf(same: readonly RenderedObject[]) {
  const [{ kind, apiVersion } = { kind: '', apiVersion: '' }] = same;
  const group = groupOf(apiVersion);
  const plural = `${kind.toLowerCase()}s`;
  const versions = [...new Set(same.map((object) => object.apiVersion.slice(group.length + 1)))];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: clusterScopedKinds.includes(kind) ? 'Cluster' : 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  };
}
