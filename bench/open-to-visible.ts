import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { realKubeconfig } from '../test/contracts/real-kubeconfig.ts';
import { realCluster } from '../test/e2e/real-cluster.ts';
import { repo, type Stage, setStage } from '../test/e2e/stage.ts';
import { appToken, type BareClient, type BareRequest, bareCluster, bareGitHub } from './open-to-visible/bare-client.ts';
import { someCluster } from './open-to-visible/some-cluster.ts';

/**
 * P5: from a pull request that is opened, 100 objects in it, until both checks have ended and the comment is there; on the sandbox GitHub and a real
 * API server. Against the necessary requests, each sent once, one after another, by a client that does nothing else. Own share: what is left when
 * the same requests are sent with as many dry-runs in flight as Planwright has.
 */
const objects = 100;
const rounds = 6;
const inFlight = 12;

interface Round {
  readonly tookMs: number;
  /** What Planwright asked of GitHub, and of the API server. */
  readonly asked: readonly [gitHub: number, cluster: number];
  readonly necessary: Necessary;
}

interface Necessary {
  readonly base: string;
  readonly branch: string;
  readonly gitHub: readonly BareRequest[];
  readonly reads: readonly BareRequest[];
  readonly dryRuns: readonly BareRequest[];
}

const started = await someCluster();
try {
  const run = `p5-${randomBytes(4).toString('hex')}`;
  const cluster = await realCluster(run);
  if (cluster.audit === undefined)
    throw new Error('AUDIT_LOG is not set: what was asked of the API server is not known');
  const { audit } = cluster;
  try {
    const path = `/api/v1/namespaces/${run}`;
    await cluster.apply(path, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run } });
    cluster.removeAfterwards(path);
    const stage = await setStage({
      kubeconfig: cluster.kubeconfig,
      ownerNamespace: cluster.ownerNamespace,
      files: { '.github/planwright.yml': configuration(cluster.name, run), 'README.md': '# infra\n' },
    });
    try {
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const files = manifests(round);
        const branch = `change-${round}`;
        const sha = await stage.github.push({
          repo,
          branch,
          files: Object.fromEntries(files),
          author: 'alice',
          message: branch,
        });
        // The push has a webhook of its own, which is not what is measured.
        await stage.github.settled();
        await pause(1_500);
        const [asked, mark] = [stage.github.requests.length, audit.mark()];
        const start = performance.now();
        const number = await stage.github.openPullRequest({ repo, head: branch, title: branch, author: 'alice' });
        while (!isVisible(stage, { number, sha })) await pause(2);
        const tookMs = performance.now() - start;
        const requests = stage.github.requests.slice(asked);
        const inCluster = audit.since(mark);
        const reads = new Set(inCluster.filter(({ verb }) => verb !== 'patch').map(({ uri }) => uri));
        const patches = inCluster.filter(({ verb }) => verb === 'patch').map(({ uri }) => uri);
        const gets = new Set(
          requests
            .filter(({ method, template }) => method === 'GET' && template !== null)
            .map((request) => request.path),
        );
        measured.push({
          tookMs,
          asked: [requests.length, inCluster.length],
          necessary: {
            base: 'main',
            branch,
            gitHub: [...[...gets].map((get) => ({ method: 'GET', path: get })), ...writes(stage, { number, sha })],
            reads: [...reads].map((uri) => ({ method: 'GET', path: uri })),
            dryRuns: patches.map((uri) => dryRun(uri, files, run)),
          },
        });
      }
      await stage.planwright.stop(5_000);
      await report(stage, measured);
    } finally {
      await stage.close();
    }
  } finally {
    await cluster.close();
  }
} finally {
  await started.end();
}

function configuration(cluster: string, namespace: string): string {
  return `version: 1
environments:
  staging: { cluster: ${cluster} }
stacks:
  - path: "stacks/{stack}/{environment}"
    namespace: ${namespace}
`;
}

/** Half ConfigMaps, and Deployments and Services in pairs; each round has a stack of its own, so that nothing of it is known. */
function manifests(round: number): ReadonlyMap<string, string> {
  return new Map(
    Array.from({ length: objects }, (_, index) => {
      const name = `r${round}-o${index}`;
      return [`stacks/s${round}/staging/${name}.yaml`, manifest(name, index)];
    }),
  );
}

function manifest(name: string, index: number): string {
  const metadata = `metadata:\n  name: ${name}\n  labels: { app: ${name} }\n`;
  if (index % 4 === 0)
    return `apiVersion: apps/v1\nkind: Deployment\n${metadata}spec:\n  replicas: 2\n  selector:\n    matchLabels: { app: ${name} }\n  template:\n    metadata:\n      labels: { app: ${name} }\n    spec:\n      containers:\n        - name: web\n          image: registry.test/web:1\n          ports: [{ name: http, containerPort: 8080 }]\n          resources: { limits: { cpu: 500m, memory: 256Mi } }\n`;
  if (index % 4 === 1)
    return `apiVersion: v1\nkind: Service\n${metadata}spec:\n  selector: { app: ${name} }\n  ports: [{ name: http, port: 80, targetPort: http }]\n`;
  return `apiVersion: v1\nkind: ConfigMap\n${metadata}data:\n  LOG_LEVEL: info\n  app.ini: |\n    [app]\n    debug = off\n`;
}

interface Opened {
  readonly number: number;
  readonly sha: string;
}

function isVisible({ github }: Stage, { number, sha }: Opened): boolean {
  const runs = github.checkRuns(repo, sha, 'latest');
  const ended = ['planwright/plan', 'planwright/gate'].map((name) =>
    runs.find((each) => each.name === name && each.status === 'completed'),
  );
  const failed = ended.find((each) => each?.conclusion === 'failure');
  if (failed !== undefined) throw new Error(`${failed.name} failed: ${failed.output.summary}`);
  return ended.every((each) => each !== undefined) && github.comments(repo, number).length > 0;
}

/** Both checks begun and ended, and one comment, as large as Planwright's. */
function writes({ github }: Stage, { number, sha }: Opened): readonly BareRequest[] {
  const comment = github.comments(repo, number)[0]?.body ?? '';
  const text = github.checkRuns(repo, sha, 'latest').find(({ name }) => name === 'planwright/plan')?.output.text ?? '';
  const check = (name: string): BareRequest => ({
    method: 'POST',
    path: `/repos/${repo}/check-runs`,
    body: JSON.stringify({
      name,
      head_sha: sha,
      status: 'completed',
      conclusion: 'success',
      output: { title: name, summary: name, text },
    }),
  });
  const begun = ['bare/plan', 'bare/gate'].map(
    (name): BareRequest => ({
      method: 'POST',
      path: `/repos/${repo}/check-runs`,
      body: JSON.stringify({ name, head_sha: sha, status: 'in_progress' }),
    }),
  );
  return [
    ...begun,
    check('bare/plan'),
    check('bare/gate'),
    { method: 'POST', path: `/repos/${repo}/issues/${number}/comments`, body: JSON.stringify({ body: comment }) },
  ];
}

function dryRun(uri: string, files: ReadonlyMap<string, string>, namespace: string): BareRequest {
  const name = new URL(uri, 'https://cluster').pathname.split('/').at(-1) ?? '';
  const found = [...files].find(([path]) => path.endsWith(`/${name}.yaml`))?.[1];
  if (found === undefined) throw new Error(`no file holds what was sent to ${uri}`);
  const body = found.replace(`  name: ${name}\n`, `  name: ${name}\n  namespace: ${namespace}\n`);
  return { method: 'PATCH', path: uri, type: 'application/apply-patch+yaml', body };
}

async function report({ github, app }: Stage, measured: readonly Round[]): Promise<void> {
  const api = `${github.url}/api/v3`;
  const asApp = bareGitHub(api, appToken(app, Date.now()));
  const [installation] = JSON.parse(await asApp.send({ method: 'GET', path: '/app/installations' }));
  const { token } = JSON.parse(
    await asApp.send({ method: 'POST', path: `/app/installations/${installation.id}/access_tokens`, body: '{}' }),
  );
  const toGitHub = bareGitHub(api, token);
  const toCluster = bareCluster(realKubeconfig(), inFlight);
  const mirror = await mkdtemp(join(tmpdir(), 'pw-p5-'));
  try {
    const git = (args: readonly string[]) => promisify(execFile)('git', ['-C', mirror, ...args]);
    const header = `http.extraHeader=Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
    const fetchRef = (ref: string) => git(['-c', header, 'fetch', '-q', '--depth=1', `${github.url}/${repo}.git`, ref]);
    await git(['init', '-q', '--bare']);
    await fetchRef('main');
    const figures: { readonly tookMs: number; readonly sumMs: number; readonly ownMs: number }[] = [];
    for (const [round, { tookMs, asked, necessary }] of measured.entries()) {
      const gitHubMs = await timed(() => oneByOne(toGitHub, necessary.gitHub));
      const gitMs = await timed(() => fetchRef(necessary.branch));
      const readMs = await timed(() => oneByOne(toCluster, necessary.reads));
      const dryRunMs = await timed(() => oneByOne(toCluster, necessary.dryRuns));
      const togetherMs = await timed(() => Promise.all(necessary.dryRuns.map((each) => toCluster.send(each))));
      const rest = gitHubMs + gitMs + readMs;
      figures.push({ tookMs, sumMs: rest + dryRunMs, ownMs: tookMs - rest - togetherMs });
      console.log(
        `# ${round === 0 ? 'first plan, nothing known of the cluster' : `round ${round}`}: ${seconds(tookMs)} s; GitHub ${asked[0]} requests (bare ${necessary.gitHub.length}, ${seconds(gitHubMs)} s), git ${seconds(gitMs)} s, API server ${asked[1]} requests (bare: reads ${seconds(readMs)} s, dry-runs ${seconds(dryRunMs)} s one by one, ${seconds(togetherMs)} s ${inFlight} at a time)`,
      );
    }
    const [, ...warm] = figures;
    console.log(
      `# P5 own share: ${seconds(median(warm.map(({ ownMs }) => ownMs)))} s; load of the machine: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores, which the sandbox GitHub and Planwright share with the API server`,
    );
    console.log(`P5 ${median(warm.map(({ tookMs, sumMs }) => tookMs / sumMs)).toFixed(2)}`);
  } finally {
    toCluster.close();
    await rm(mirror, { recursive: true, force: true });
  }
}

async function oneByOne(client: BareClient, requests: readonly BareRequest[]): Promise<void> {
  for (const request of requests) await client.send(request);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
