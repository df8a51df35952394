import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import type { ListAnswer } from '../../src/domain/plan/prediction.ts';
import type { Cluster } from '../../src/flows/ports/cluster.ts';
import { realKubeconfig } from '../contracts/real-kubeconfig.ts';
import { casesDirectory } from '../domain/manifest/cases.ts';
import { type DeployedTarget, deployedTarget } from './deployed-target.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { realObjects } from './real-objects.ts';

const cases = casesDirectory();
const run = `proof-${randomBytes(4).toString('hex')}`;

/**
 * What is proven without asking is held against dry-running everything, on objects of real repositories and random changes of them: the plans must be the
 * same to the letter.
 */
describe.skipIf(cases === undefined)('a no-op that is proven from what was read', () => {
  let real: RealCluster;
  let target: DeployedTarget;
  let deployed: readonly RenderedObject[];

  beforeAll(async () => {
    real = await realCluster(run);
    await real.apply(`/api/v1/namespaces/${run}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run } });
    real.removeAfterwards(`/api/v1/namespaces/${run}`);
    target = await deployedTarget(realKubeconfig(), run);
    const { kinds } = await target.cluster.kinds();
    deployed = await target.apply(realObjects(cases ?? '', kinds));
    await othersAddTheirs(real, target, deployed);
  });

  afterAll(async () => {
    await target?.close();
    await real?.close();
  });

  it('is proven for most objects of real repositories', async () => {
    const asked = countingDryRuns(target.cluster);
    await target.plan({ deployed, merge: deployed, cluster: asked.cluster });
    expect(deployed.length).toBeGreaterThan(80);
    expect(asked.dryRuns()).toBeLessThan(deployed.length / 2);
    // What could not be proven was asked once, and did not move since.
    const again = countingDryRuns(target.cluster);
    const plan = await target.plan({ deployed, merge: deployed, cluster: again.cluster });
    expect(again.dryRuns()).toBeLessThanOrEqual(plan.changes.filter((change) => change.action !== 'no-op').length + 5);
  });

  it('never makes another plan than dry-running everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        changesOf(() => deployed),
        async (merge) => {
          const proven = await target.plan({ deployed, merge });
          const asked = await target.plan({ deployed, merge, cluster: withoutProof(target.cluster) });
          expect(settled(proven)).toEqual(settled(asked));
          expect(proven.digest).toBe(asked.digest);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('is not proven where a mutating admission policy would change it', async () => {
    const policy = `/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicies/${run}`;
    const binding = `/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicybindings/${run}`;
    real.removeAfterwards(binding);
    real.removeAfterwards(policy);
    await real.apply(policy, mutatingPolicy(run));
    await real.apply(binding, policyBinding(run));
    const map = deployed.find(({ kind }) => kind === 'ConfigMap');
    if (map === undefined) throw new Error('the cases hold no ConfigMap');
    await expect
      .poll(
        async () => {
          const answer = await target.cluster.dryRunApply({
            address: target.addressOf(map),
            object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: map.name, namespace: run } },
            force: false,
          });
          return answer.kind === 'applied' && JSON.stringify(answer.object).includes('planwright.test/mutated');
        },
        { timeout: 60_000 },
      )
      .toBe(true);
    const counted = countingDryRuns(target.cluster);
    const proven = await target.plan({ deployed, merge: deployed, cluster: counted.cluster });
    const asked = await target.plan({ deployed, merge: deployed, cluster: withoutProof(target.cluster) });
    expect(settled(proven)).toEqual(settled(asked));
    const maps = deployed.filter(({ kind }) => kind === 'ConfigMap').length;
    expect(counted.dryRuns()).toBeGreaterThanOrEqual(maps);
    expect(counted.dryRuns()).toBeLessThan(deployed.length);
  });
});

/** Controllers go on working between two plans; nothing of theirs is in a plan but what the server itself would add. */
function settled({ changes, effects, moves, problems }: Awaited<ReturnType<DeployedTarget['plan']>>) {
  return { changes, effects, moves, problems };
}

/** Labels, annotations, list items and values of other people and programs, by apply and by edit. */
async function othersAddTheirs(
  real: RealCluster,
  target: DeployedTarget,
  objects: readonly RenderedObject[],
): Promise<void> {
  for (const [index, object] of objects.entries()) {
    if (index % 3 !== 0) continue;
    const { kind, name } = target.addressOf(object);
    const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const path = `${root}/namespaces/${run}/${kind.resource}/${name}`;
    const metadata = { labels: { 'example.com/theirs': 'yes' }, annotations: { 'example.com/note': 'kept' } };
    if (index % 2 === 0)
      await real.apply(path, {
        apiVersion: object.apiVersion,
        kind: object.kind,
        metadata: { name, namespace: run, ...metadata },
      });
    else await real.edit(path, { metadata });
  }
}

/** Some of the objects with a random change somewhere inside. */
function changesOf(objects: () => readonly RenderedObject[]): fc.Arbitrary<readonly RenderedObject[]> {
  const change = fc.record({ object: fc.nat(), place: fc.nat(), how: fc.constantFrom(...mutations) });
  return fc.array(change, { minLength: 8, maxLength: 25 }).map((changes) => {
    const changed = [...objects()];
    for (const { object, place, how } of changes) {
      const index = object % changed.length;
      const before = changed[index];
      if (before === undefined) continue;
      const paths = pathsOf(before.content).filter((path) => !isName(path));
      const path = paths[place % Math.max(1, paths.length)];
      if (path === undefined) continue;
      const content = at(before.content, path, how);
      if (isJsonObject(content)) changed[index] = { ...before, content };
    }
    return changed;
  });
}

type Mutation = (value: Json) => Json | undefined;

const mutations: readonly Mutation[] = [
  () => undefined,
  () => null,
  (value) => (isJsonArray(value) ? value.toReversed() : value),
  (value) => (isJsonArray(value) ? value.slice(1) : value),
  (value) => (isJsonArray(value) && value[0] !== undefined ? [...value, value[0]] : value),
  (value) => (typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : value),
  (value) => (typeof value === 'number' ? String(value) : typeof value === 'boolean' ? !value : value),
  (value) => (typeof value === 'string' ? '' : value),
  (value) => (isJsonObject(value) ? { ...value, protocol: 'TCP' } : value),
  (value) => (isJsonObject(value) ? { ...value, example: {} } : value),
  (value) => (isJsonObject(value) ? {} : isJsonArray(value) ? [] : value),
  (value) => (isJsonObject(value) ? Object.fromEntries(Object.entries(value).toReversed()) : value),
];

/** Every place below `spec`, `data`, labels, … of an object. */
function pathsOf(value: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  if (isJsonArray(value)) return [path, ...value.flatMap((item, index) => pathsOf(item, [...path, String(index)]))];
  if (!isJsonObject(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]))];
}

function isName([first, second]: readonly string[]): boolean {
  if (first === undefined || first === 'apiVersion' || first === 'kind') return true;
  return first === 'metadata' && second !== 'labels' && second !== 'annotations';
}

function at(value: Json, [first, ...rest]: readonly string[], change: Mutation): Json | undefined {
  if (first === undefined) return change(value);
  if (isJsonArray(value)) {
    return value.flatMap((item, index) => {
      if (String(index) !== first) return [item];
      const changed = at(item, rest, change);
      return changed === undefined ? [] : [changed];
    });
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, Json][] => {
      if (name !== first) return [[name, member]];
      const changed = at(member, rest, change);
      return changed === undefined ? [] : [[name, changed]];
    }),
  );
}

/** A cluster whose admission configuration may not be read: then nothing is proven. */
function withoutProof(cluster: Cluster): Cluster {
  const unreadable: ListAnswer = { kind: 'forbidden', message: 'not for this test' };
  return changed(cluster, {
    list: (kind, selection) =>
      kind.group === 'admissionregistration.k8s.io' ? Promise.resolve(unreadable) : cluster.list(kind, selection),
  });
}

function countingDryRuns(cluster: Cluster) {
  let count = 0;
  const counting = changed(cluster, {
    dryRunApply: (request) => {
      count += 1;
      return cluster.dryRunApply(request);
    },
  });
  return { cluster: counting, dryRuns: () => count };
}

function changed(cluster: Cluster, part: Partial<Cluster>): Cluster {
  return new Proxy(cluster, {
    get(of, name) {
      const own: unknown = Reflect.get(part, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(of, name);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
}

function mutatingPolicy(name: string): JsonObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    kind: 'MutatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['configmaps'] }],
      },
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression: `Object{metadata: Object.metadata{annotations: {"planwright.test/mutated": "yes"}}}`,
          },
        },
      ],
    },
  };
}

function policyBinding(name: string): JsonObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name },
  };
}
