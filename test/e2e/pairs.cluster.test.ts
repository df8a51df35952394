import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectPath } from '../../src/adapters/kubernetes/resource-path.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { groupOf, type RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import type { ServedKind } from '../../src/domain/plan/prediction.ts';
import { casesDirectory } from '../domain/manifest/cases.ts';
import { ChangeStory } from './change-story.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { clusterScopedKinds, type RealPair, readPair } from './real-pairs.ts';
import { type Stage, setStage } from './stage.ts';

const cases = casesDirectory();
const run = `pairs-${randomBytes(4).toString('hex')}`;

interface Expectation {
  readonly name: string;
  /** What the comment names instead of what the plain comparison of both sides says, and why. */
  readonly changes?: readonly string[];
  readonly says?: readonly string[];
}

const expectations: readonly Expectation[] = [
  { name: 'rights-added' },
  { name: 'target-added', says: ['create 9 (first deployment)'] },
  { name: 'roleref-changed' },
  { name: 'replicas-patch-dropped' },
  { name: 'target-removed' },
  { name: 'namespace-added' },
  { name: 'moved-to-other-namespace' },
  { name: 'namespace-on-cluster-scoped' },
  { name: 'config-hash-changed' },
  { name: 'job-template-changed' },
];

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
stacks:
  - path: '{stack}/{environment}'
    namespace: ${run}
    namespaces: ['*']
    cluster_scoped: [${clusterScopedKinds.join(', ')}]
    timeout: 30s
`;

describe.skipIf(cases === undefined)('changes of real repositories through the whole line', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;

  beforeAll(async () => {
    cluster = await realCluster(run);
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
    const pair = readPair({ cases: cases ?? '', name, defaultNamespace: run });
    await prepare(cluster, pair);
    const inStack = (files: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/staging/${path}`, text]));
    if (pair.before.objects.length > 0) await story.deploy(await story.propose(`${name}: before`, inStack(pair.before.files)), 'mona');

    const gone = Object.keys(pair.before.files).filter((path) => !(path in pair.after.files));
    const proposal = await story.propose(`${name}: after`, {
      ...inStack(pair.after.files),
      ...Object.fromEntries(gone.map((path) => [`${name}/staging/${path}`, null])),
    });
    const { plan } = await story.checked(proposal);
    const comment = story.comment(proposal);
    expect(plan.conclusion, comment).toBe('success');
    expect(changedObjects(comment), comment).toEqual([...(changes ?? pair.changes)].sort());
    for (const text of says) expect(comment).toContain(text);
    if (changes?.length !== 0) await story.approve(proposal, 'mona');
    const merged = await story.merge(proposal);
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(stage.github.violations).toEqual([]);
  });
});

/** `create Role team/admin`, as the diffs of a comment head them. */
function changedObjects(comment: string): readonly string[] {
  return [...comment.matchAll(/^@@ (\w+ \w+ [^ ]+)(?: \([^)]*\))? @@$/gm)].map(([, what = '']) => what).sort();
}

/** What the change takes for granted: namespaces that it does not make itself, and the definitions of its custom kinds. Everything is removed afterwards. */
async function prepare(cluster: RealCluster, pair: RealPair): Promise<void> {
  const objects = [...pair.before.objects, ...pair.after.objects];
  for (const object of await undefinedKinds(cluster, objects)) await define(cluster, object);
  const kinds = await cluster.kinds();
  const first = pair.before.objects.length > 0 ? pair.before.objects : pair.after.objects;
  const made = new Set(first.filter((object) => object.kind === 'Namespace').map((object) => object.name));
  const scoped = objects.filter((object) => clusterScopedKinds.includes(object.kind));
  const named = objects.filter((object) => !clusterScopedKinds.includes(object.kind)).map((object) => object.namespace ?? run);
  for (const name of new Set(named)) {
    const path = `/api/v1/namespaces/${name}`;
    if (made.has(name)) continue;
    await cluster.apply(path, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    cluster.removeAfterwards(path);
  }
  for (const path of new Set(scoped.map((object) => objectPath({ kind: served(kinds, object), name: object.name })))) cluster.removeAfterwards(path);
}

function served(kinds: readonly ServedKind[], object: RenderedObject): ServedKind {
  const kind = kinds.find((candidate) => candidate.kind === object.kind && candidate.group === groupOf(object.apiVersion));
  if (kind === undefined) throw new Error(`the cluster serves no ${object.apiVersion} ${object.kind}`);
  return kind;
}

async function undefinedKinds(cluster: RealCluster, objects: readonly RenderedObject[]): Promise<readonly RenderedObject[]> {
  const kinds = await cluster.kinds();
  const unknown = objects.filter((object) => !kinds.some((kind) => kind.kind === object.kind && kind.group === groupOf(object.apiVersion)));
  return [...Map.groupBy(unknown, (object) => `${object.apiVersion} ${object.kind}`).values()].flatMap((same) => same.slice(0, 1));
}

/** A definition that accepts everything, for a kind whose real one is in no file. */
async function define(cluster: RealCluster, { apiVersion, kind }: RenderedObject): Promise<void> {
  const group = groupOf(apiVersion);
  const plural = `${kind.toLowerCase()}s`;
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
  const definition: JsonObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: clusterScopedKinds.includes(kind) ? 'Cluster' : 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: apiVersion.slice(group.length + 1),
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
  await cluster.apply(path, definition);
  cluster.removeAfterwards(path);
  const deadline = Date.now() + 20_000;
  while (!(await cluster.kinds()).some((served) => served.kind === kind && served.group === group)) {
    if (Date.now() > deadline) throw new Error(`${kind}.${group} is not served 20 s after it was defined`);
    await pause(100);
  }
}
