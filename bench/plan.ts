import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dump } from 'js-yaml';
import { objectPath } from '../src/adapters/kubernetes/resource-path.ts';
import { canonicalJson, type JsonObject } from '../src/domain/json.ts';
import { decodeManifests } from '../src/domain/manifest/decode-manifests.ts';
import type { RenderedObject } from '../src/domain/manifest/rendered-object.ts';
import { countChanges, type Plan } from '../src/domain/plan/plan.ts';
import { realKubeconfig } from '../test/contracts/real-kubeconfig.ts';
import { casesDirectory } from '../test/domain/manifest/cases.ts';
import { type DeployedTarget, deployedTarget } from '../test/e2e/deployed-target.ts';
import { realCluster } from '../test/e2e/real-cluster.ts';
import { realObjects } from '../test/e2e/real-objects.ts';
import { someCluster } from './open-to-visible/some-cluster.ts';
import { type BareCall, bareApi } from './plan/bare-api.ts';
import { asYaml, someObjects } from './plan/objects.ts';

/**
 * On a real API server, from the text of the manifests to the plan:
 * P1: a server that has just started plans objects that are as they should be; against `kubectl diff --server-side` of the same file.
 * P2: the next plan, in which ten objects differ; against `kubectl diff`, and (`P2.requests`) a metadata-only LIST a kind and ten dry-runs alone.
 * P3: a server that has just started plans objects that all differ; against their dry-runs alone.
 * The process is warm, as a server is that has planned before; everything that it read is forgotten.
 */
const sizes = [100, 1_000, 5_000];
const mainSize = 1_000;
const repeats = 5;
const inFlight = 12;
const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const run = promisify(execFile);

let requests = 0;
subscribe('undici:request:create', () => {
  requests += 1;
});

interface Timed {
  readonly seconds: number;
  readonly requests: number;
  readonly plan: Plan;
}

const started = await someCluster();
const folder = await mkdtemp(join(tmpdir(), 'planwright-bench-'));
const name = `bench-${randomBytes(4).toString('hex')}`;
const cluster = await realCluster(name);
try {
  for (const size of sizes) await measure(size);
  await measureCases();
  console.log(`# memory of the process at its largest: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  console.log(`# ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await cluster.close();
  await started.end();
  await rm(folder, { recursive: true });
}

async function measure(size: number): Promise<void> {
  const namespace = `${name}-${size}`;
  await makeNamespace(namespace);
  const target = await deployedTarget(realKubeconfig(), namespace);
  try {
    const deployed = asYaml(someObjects(size, namespace, 1), dump);
    const objects = read(deployed);
    const taken = await target.apply(objects);
    if (taken.length !== size) throw new Error(`the API server took ${taken.length} of ${size} objects`);
    await settled(target, objects);

    await planned(target, deployed, deployed);
    const cold = await median(async () => {
      await target.restart();
      return planned(target, deployed, deployed);
    });
    expectChanges(cold.plan, 0);
    const unchanged = await kubectlDiff(deployed);
    print('P1', size, unchanged / cold.seconds);
    console.log(
      `# ${size} unchanged: ${seconds(cold.seconds)} with ${cold.requests} requests, kubectl diff ${seconds(unchanged)}`,
    );

    const few = someObjects(size, namespace, 1).map((object, index) =>
      index < 40 && index % 4 === 0 ? changed(object) : object,
    );
    const fewText = asYaml(few, dump);
    const again = await median(async (round) => {
      // Ten others each time, so that nothing of the plan before is known.
      const text = asYaml(changeTen(someObjects(size, namespace, 1), round), dump);
      return planned(target, deployed, text);
    });
    expectChanges(again.plan, 10);
    const tenChanged = await kubectlDiff(fewText);
    const bare = await bareApi(realKubeconfig(), inFlight);
    const lists = collectionPaths(target, objects).map(
      (path): BareCall => ({ method: 'GET', path: `${path}?limit=500`, accept: metadataOnly }),
    );
    const dryRuns = read(fewText)
      .filter((_object, index) => index < 40 && index % 4 === 0)
      .map((object) => dryRun(target, object));
    const least = await medianSeconds(async () => {
      await bare.sendAll(lists);
      await bare.sendAll(dryRuns);
    });
    print('P2', size, tenChanged / again.seconds);
    print('P2.requests', size, again.seconds / least);
    console.log(
      `# ${size}, ten of them changed: ${seconds(again.seconds)} with ${again.requests} requests, kubectl diff ${seconds(tenChanged)}, the necessary requests ${seconds(least)}`,
    );

    const all = asYaml(someObjects(size, namespace, 2), dump);
    const differing = await median(
      async () => {
        await target.restart();
        return planned(target, deployed, all);
      },
      size > mainSize ? 1 : 3,
    );
    expectChanges(differing.plan, size);
    const everyDryRun = read(all).map((object) => dryRun(target, object));
    const fullLists = collectionPaths(target, objects).map(
      (path): BareCall => ({ method: 'GET', path: `${path}?limit=500` }),
    );
    const necessary = await medianSeconds(
      async () => {
        await bare.sendAll(fullLists);
        await bare.sendAll(everyDryRun);
      },
      size > mainSize ? 1 : 3,
    );
    await bare.close();
    print('P3', size, differing.seconds / necessary);
    console.log(
      `# ${size} that all differ: ${seconds(differing.seconds)} with ${differing.requests} requests, the necessary requests ${seconds(necessary)}`,
    );
  } finally {
    await target.close();
  }
}

/** Objects that others wrote: defaults inside of atomic values and quantities in other spellings have to be asked for. */
async function measureCases(): Promise<void> {
  const cases = casesDirectory();
  if (cases === undefined) return;
  const namespace = `${name}-cases`;
  await makeNamespace(namespace);
  const target = await deployedTarget(realKubeconfig(), namespace);
  try {
    const { kinds } = await target.cluster.kinds();
    const objects = await target.apply(realObjects(cases, kinds));
    const content = objects.map((object) => inNamespace(object.content, namespace));
    const text = asYaml(content, dump);
    await settled(target, objects);
    await planned(target, text, text);
    const cold = await median(async () => {
      await target.restart();
      return planned(target, text, text);
    });
    const theirs = await kubectlDiff(text);
    print('P1.cases', mainSize, theirs / cold.seconds);
    console.log(
      `# ${objects.length} unchanged objects of real repositories: ${seconds(cold.seconds)} with ${cold.requests} requests, kubectl diff ${seconds(theirs)}`,
    );
  } finally {
    await target.close();
  }
}

async function makeNamespace(namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`;
  await cluster.apply(path, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  cluster.removeAfterwards(path);
}

/** Controllers have seen the objects when they have not moved for a while. */
async function settled(target: DeployedTarget, objects: readonly RenderedObject[]): Promise<void> {
  const versions = async () =>
    Promise.all(
      kindsOf(target, objects).map(async (address) => {
        const answer = await target.cluster.list(
          address.kind,
          address.namespace === undefined ? {} : { namespace: address.namespace },
        );
        return answer.kind === 'listed'
          ? answer.items.map((item) => String((item['metadata'] as JsonObject)['resourceVersion'])).join()
          : answer.kind;
      }),
    );
  let before = '';
  for (let look = 0; look < 30; look += 1) {
    const now = JSON.stringify(await versions());
    if (now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function read(text: string): readonly RenderedObject[] {
  const decoded = decodeManifests([{ path: 'all.yaml', text }]);
  const [problem] = decoded.problems;
  if (problem !== undefined) throw new Error(problem.message);
  return decoded.objects;
}

async function planned(target: DeployedTarget, deployed: string, merge: string): Promise<Timed> {
  const before = read(deployed);
  const requestsBefore = requests;
  const begin = performance.now();
  const plan = await target.plan({ deployed: before, merge: deployed === merge ? before : read(merge) });
  return { seconds: (performance.now() - begin) / 1_000, requests: requests - requestsBefore, plan };
}

function expectChanges(plan: Plan, wanted: number): void {
  const { update } = countChanges(plan);
  const [problem] = plan.problems;
  if (problem !== undefined) throw new Error(problem.message);
  if (update !== wanted) throw new Error(`the plan changes ${update} objects, not ${wanted}`);
}

/** Exit status 1 says that there are differences. */
async function kubectlDiff(text: string): Promise<number> {
  const file = join(folder, 'all.yaml');
  await writeFile(file, text);
  const begin = performance.now();
  await run('kubectl', ['diff', '--server-side', '--field-manager', 'planwright', '--force-conflicts', '-f', file], {
    maxBuffer: 1 << 30,
    env: { ...process.env, KUBECONFIG: realKubeconfig() },
  }).catch((error: { readonly code?: number; readonly stderr?: string }) => {
    if (error.code !== 1) throw new Error(`kubectl diff: ${error.stderr ?? String(error)}`);
  });
  return (performance.now() - begin) / 1_000;
}

function changed(object: JsonObject): JsonObject {
  return { ...object, data: { ...(object['data'] as JsonObject), level: 'another' } };
}

function changeTen(objects: readonly JsonObject[], round: number): readonly JsonObject[] {
  const first = (round * 40) % objects.length;
  return objects.map((object, index) =>
    index >= first && index < first + 40 && index % 4 === 0 ? changed(object) : object,
  );
}

function dryRun(target: DeployedTarget, object: RenderedObject): BareCall {
  const query = 'fieldManager=planwright&fieldValidation=Strict&force=false&dryRun=All';
  return {
    method: 'PATCH',
    path: `${objectPath(target.addressOf(object))}?${query}`,
    apply: canonicalJson(object.content),
  };
}

function kindsOf(target: DeployedTarget, objects: readonly RenderedObject[]) {
  return [...new Map(objects.map((object) => [object.kind, target.addressOf(object)])).values()];
}

function collectionPaths(target: DeployedTarget, objects: readonly RenderedObject[]): readonly string[] {
  return kindsOf(target, objects).map((address) => objectPath(address).replace(/\/[^/]*$/, ''));
}

function inNamespace(content: JsonObject, namespace: string): JsonObject {
  return { ...content, metadata: { ...(content['metadata'] as JsonObject), namespace } };
}

async function median(measured: (round: number) => Promise<Timed>, times = repeats): Promise<Timed> {
  const all: Timed[] = [];
  for (let round = 0; round < times; round += 1) all.push(await measured(round));
  const middle = all.sort((left, right) => left.seconds - right.seconds)[Math.floor(all.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

async function medianSeconds(action: () => Promise<void>, times = repeats): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const begin = performance.now();
    await action();
    all.push((performance.now() - begin) / 1_000);
  }
  return all.sort((left, right) => left - right)[Math.floor(all.length / 2)] ?? 0;
}

function print(figure: string, size: number, ratio: number): void {
  console.log(`${size === mainSize ? figure : `${figure}@${size}`} ${ratio.toFixed(2)}`);
}

function seconds(value: number): string {
  return `${value.toFixed(value < 1 ? 3 : 1)} s`;
}
