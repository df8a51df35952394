import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../src/adapters/clock/system-clock.ts';
import { decodeWorkers } from '../src/adapters/decoder/decode-workers.ts';
import { loadClusters } from '../src/adapters/kubernetes/load-clusters.ts';
import { jsonTextInTurns } from '../src/adapters/postgres/json-text.ts';
import { commitSha, installationId, parseTargetName, repositoryId, treeSha } from '../src/domain/identity.ts';
import type { ManifestFile } from '../src/domain/manifest/manifest-file.ts';
import { planCheck } from '../src/domain/report/plan-check.ts';
import { planComment } from '../src/domain/report/plan-comment.ts';
import { planTarget } from '../src/flows/plan-target.ts';
import { emptyRender } from '../src/flows/render-stack.ts';
import { view } from '../test/domain/plan-builder.ts';

/**
 * For how long at most the server's event loop answers nobody while a large stack is decoded, planned and reported. threats.md allows 200 ms. The
 * sandbox cluster runs in a thread of its own. These are remarks and no figures: they are this machine's.
 */
const stacks: readonly { readonly what: string; readonly files: readonly ManifestFile[] }[] = [
  { what: '5,000 ConfigMaps in 500 files', files: Array.from({ length: 500 }, (_, file) => manifestOf(file, 10, 20)) },
  { what: '5,000 ConfigMaps in one file', files: [manifestOf(0, 5000, 20)] },
  { what: '10 ConfigMaps of 0.9 MB in one file', files: [manifestOf(0, 10, 22_000)] },
  { what: '10 Secrets of 0.9 MB in one file', files: [manifestOf(0, 10, 22_000, 'Secret')] },
];

const directory = await mkdtemp(join(tmpdir(), 'pw-stall-'));
const thread = new Worker(new URL('./stall/cluster-thread.ts', import.meta.url));
const [kubeconfigText] = (await once(thread, 'message')) as [string];
const kubeconfig = join(directory, 'kubeconfig');
await writeFile(kubeconfig, kubeconfigText);
const silent = () => undefined;
const clusters = loadClusters({ kubeconfig, log: { debug: silent, warn: silent } });
const decoder = decodeWorkers();
try {
  for (const { what, files } of stacks) {
    const decoded = await stallOf(`decoding ${what}`, () => decoder.decode(files));
    const { plan } = await stallOf(`planning ${what}`, () =>
      planTarget(
        { clusters, clock: systemClock, store: { secretKey: async () => new Uint8Array(32) } },
        requestOf(decoded),
      ),
    );
    if (plan.changes.length !== decoded.objects.length)
      throw new Error(`${what}: ${plan.changes.length} changes, ${plan.problems[0]?.message}`);
    const planned = view({
      outcome: { kind: 'planned', plans: [plan], problems: [], configurationChanged: false, offline: false },
    });
    await stallOf(`reporting ${what}`, async () => [planComment(planned), planCheck(planned)]);
    await stallOf(`writing down ${what}`, () => jsonTextInTurns(plan));
  }
} finally {
  await decoder.close();
  await clusters.close();
  thread.postMessage('close');
  await once(thread, 'exit');
  await rm(directory, { recursive: true, force: true });
}

/** Counted is this thread's own time between two turns of the loop, which the rest of the machine does not lengthen. */
async function stallOf<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const begin = ownMs();
  let last = begin;
  let longest = 0;
  let ended = false;
  const turn = () => {
    const now = ownMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (!ended) setImmediate(turn);
  };
  setImmediate(turn);
  const result = await work();
  await nextTurn();
  ended = true;
  await nextTurn();
  console.log(`# ${what}: longest stall ${Math.round(longest)} ms of ${Math.round(ownMs() - begin)} ms`);
  return result;
}

function ownMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function manifestOf(file: number, documents: number, keys: number, kind = 'ConfigMap'): ManifestFile {
  const value = (key: number) => (kind === 'Secret' ? btoa(`the value of ${key}`) : `the value of ${key}`);
  const data = Array.from({ length: keys }, (_, key) => `  key-${key}: "${value(key)}"\n`).join('');
  const text = Array.from(
    { length: documents },
    (_, index) => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: n${file}-${index}\ndata:\n${data}`,
  ).join('---\n');
  return { path: `apps/web/staging/${String(file).padStart(4, '0')}.yaml`, text };
}

function requestOf(merge: Awaited<ReturnType<typeof decoder.decode>>): Parameters<typeof planTarget>[1] {
  const position = { path: '.github/planwright.yml', line: 1, column: 1 };
  return {
    repository: { id: repositoryId(1), owner: 'acme', name: 'infra', installation: installationId(1) },
    gitHubHost: 'github.com',
    neighbours: async () => [],
    target: {
      name: parseTargetName('web@staging'),
      stackName: 'web',
      directory: 'apps/web/staging',
      environment: { name: 'staging', cluster: 'sandbox', approvals: 0, after: [] },
      stack: {
        path: 'apps/{stack}/{environment}',
        watch: [],
        namespace: 'default',
        clusterScoped: [],
        ignore: [],
        forceConflicts: { kind: 'none' },
        prune: true,
        timeoutMs: 60_000,
        position,
      },
    },
    cluster: { name: 'sandbox', repositories: [], ownerNamespace: 'default' },
    removed: false,
    head: commitSha('1'.repeat(40)),
    base: commitSha('2'.repeat(40)),
    tree: treeSha('3'.repeat(40)),
    renders: { deployed: undefined, base: emptyRender, merge },
    deployed: undefined,
    pendingPulls: [],
  };
}
