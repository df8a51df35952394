import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type SandboxCluster, startCluster } from '../cluster/cluster.ts';
import { type SandboxGitHub, startGitHub } from '../github/github.ts';
import { configuration, firstVersion, secondVersion, shopFiles } from './example-repository.ts';
import { startDemoPage } from './page/start-demo-page.ts';
import type { DemoCheck, DemoCluster, DemoSnapshot, DemoStep } from './snapshot.ts';

const repository = 'acme/infra';
const deployTimeoutMs = 120_000;

/** What the demo must be told to start the real thing; Planwright itself is handed in, so that the sandbox knows only public protocols. */
export interface DemoStart {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly gitHubHost: string;
  readonly dataDirectory: string;
  readonly kubeconfig: string;
  readonly clusterNames: readonly string[];
  readonly repositories: readonly string[];
}

export interface DemoOptions {
  readonly start: (settings: DemoStart) => Promise<{ readonly url: string; stop(): Promise<void> }>;
  /** Objects of the demo's namespace on a cluster that is not the sandbox's; undefined for one that does not answer. */
  readonly listObjects: (at: {
    readonly kubeconfig: string;
    readonly cluster: string;
    readonly namespace: string;
  }) => Promise<DemoCluster['objects']>;
  /** Use these clusters instead of the sandbox's: paths as in KUBECONFIG, and the names of their contexts. */
  readonly kubeconfig?: { readonly paths: string; readonly contexts: readonly string[] };
  /** End after the tour. */
  readonly once: boolean;
  readonly port?: number;
  readonly print: (line: string) => void;
  /** Ends the waiting after the tour. */
  readonly signal: AbortSignal;
}

/** Runs the whole story on this machine: an example repository, a pull request, its plan, approval, merge and deployment, and a page that shows it. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'planwright-demo-'));
  // As root, the embedded database runs as another user, who has to get through.
  await chmod(directory, 0o711);
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  try {
    await new Demo(options, directory, closers).run();
  } finally {
    for (const close of closers.reverse())
      await close().catch((error: unknown) => options.print(`while ending: ${String(error)}`));
  }
}

class Demo {
  readonly #options: DemoOptions;
  readonly #directory: string;
  readonly #closers: (() => Promise<unknown>)[];
  readonly #namespace: string;
  readonly #steps: (DemoStep & { readonly startedAt: number })[] = [];
  readonly #clusters = new Map<string, SandboxCluster>();
  readonly #links: { label: string; url: string }[] = [];
  #github: SandboxGitHub | undefined;
  #pull: number | undefined;
  #mergeSha: string | undefined;
  #kubeconfig = '';

  constructor(options: DemoOptions, directory: string, closers: (() => Promise<unknown>)[]) {
    this.#options = options;
    this.#directory = directory;
    this.#closers = closers;
    // On a cluster of the user's own each run has a place of its own.
    this.#namespace = options.kubeconfig === undefined ? 'shop' : `planwright-demo-${randomBytes(3).toString('hex')}`;
  }

  async run(): Promise<void> {
    const { print, once, signal } = this.#options;
    const names = await this.#step('Starting a GitHub, the clusters and Planwright on this machine', () =>
      this.#startEverything(),
    );
    await this.#step('Deploying the first version: a pull request, approved and merged', () =>
      this.#deliver(names, { branch: 'first', title: 'Add the shop', version: firstVersion }),
    );
    await this.#step('Opening a pull request: more replicas, a new image, one file removed', () =>
      this.#propose(names, { branch: 'second', title: 'Shop: version 2', version: secondVersion }),
    );
    await this.#step('Waiting for the plan: two checks and one comment', () => this.#awaitPlan());
    this.#printComment();
    await this.#step('bob approves exactly these effects; the gate opens', () => this.#approve());
    await this.#step('alice merges; every target is planned again at its turn and deployed', () =>
      this.#mergeAndDeploy(),
    );
    await this.#summary();
    if (once) return;
    print('\nThe page stays until you press Ctrl-C.');
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async #step<Value>(title: string, work: () => Promise<Value>): Promise<Value> {
    const { print } = this.#options;
    const startedAt = performance.now();
    const index = this.#steps.push({ title, state: 'running', startedAt }) - 1;
    print(`… ${title}`);
    try {
      const value = await work();
      const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
      this.#steps[index] = { title, state: 'done', seconds, startedAt };
      print(`✓ ${title} (${seconds} s)`);
      return value;
    } catch (error) {
      this.#steps[index] = { title, state: 'failed', detail: String(error), startedAt };
      print(`✗ ${title}`);
      throw error;
    }
  }

  async #startEverything(): Promise<readonly string[]> {
    const { print } = this.#options;
    const names = await this.#startClusters();
    const github = await startGitHub({ directory: join(this.#directory, 'github') });
    this.#closers.push(() => github.close());
    this.#github = github;
    const page = await startDemoPage({
      snapshot: () => this.#snapshot(),
      ...(this.#options.port === undefined ? {} : { port: this.#options.port }),
    });
    this.#closers.push(() => page.close());
    this.#links.push({ label: 'this page', url: page.url });
    print(`  watch it at ${page.url}`);

    for (const login of ['alice', 'bob']) github.createUser(login);
    github.createOrganisation('acme', { owners: ['bob'] });
    const keys = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const { id: appId } = github.registerApp({ publicKey: keys.publicKey });
    await github.createRepository(repository, {
      files: {
        'README.md': '# Infrastructure of acme\n',
        '.github/planwright.yml': configuration(names, this.#namespace),
      },
    });
    for (const login of ['alice', 'bob']) github.grant(repository, login, 'write');

    const webhookSecret = randomBytes(24).toString('hex');
    const planwright = await this.#options.start({
      appId,
      privateKey: keys.privateKey,
      webhookSecret,
      gitHubHost: github.host,
      dataDirectory: join(this.#directory, 'data'),
      kubeconfig: this.#kubeconfig,
      clusterNames: names,
      repositories: [repository],
    });
    this.#closers.push(() => planwright.stop());
    this.#links.push(
      { label: 'Planwright', url: `${planwright.url}/healthz` },
      { label: 'the sandbox GitHub', url: github.url },
    );
    github.setWebhook({ url: `${planwright.url}/api/github/webhooks`, secret: webhookSecret });
    github.installApp({ account: 'acme' });
    return names;
  }

  async #startClusters(): Promise<readonly string[]> {
    const given = this.#options.kubeconfig;
    if (given !== undefined) {
      this.#kubeconfig = given.paths;
      return given.contexts.slice(0, 2);
    }
    const paths: string[] = [];
    for (const name of ['staging', 'production']) {
      const cluster = await startCluster({ name, readyDelayMs: 700 });
      this.#closers.push(() => cluster.close());
      this.#clusters.set(name, cluster);
      const path = join(this.#directory, `${name}.kubeconfig`);
      await writeFile(path, cluster.kubeconfig(), { mode: 0o600 });
      paths.push(path);
    }
    this.#kubeconfig = paths.join(delimiter);
    return [...this.#clusters.keys()];
  }

  async #deliver(names: readonly string[], change: Change): Promise<void> {
    await this.#propose(names, change);
    await this.#awaitPlan();
    await this.#approve();
    await this.#mergeAndDeploy();
  }

  async #propose(names: readonly string[], change: Change): Promise<void> {
    const github = this.#running();
    const files = Object.assign(
      {},
      ...names.map((environment) => shopFiles({ environment, namespace: this.#namespace }, change.version)),
    ) as Record<string, string | null>;
    const present = change.version.legacy
      ? Object.fromEntries(Object.entries(files).filter(([, text]) => text !== null))
      : files;
    await github.push({
      repo: repository,
      branch: change.branch,
      files: present,
      author: 'alice',
      message: change.title,
    });
    this.#mergeSha = undefined;
    this.#pull = await github.openPullRequest({
      repo: repository,
      head: change.branch,
      title: change.title,
      author: 'alice',
    });
  }

  async #awaitPlan(): Promise<void> {
    await this.#until('both checks', deployTimeoutMs, () => {
      const checks = this.#headChecks();
      const plan = checks.find((check) => check.name === 'planwright/plan');
      if (plan?.state === 'failure') throw new Error(`the plan failed: ${plan.title}\n${plan.summary}`);
      return (
        checks.length === 2 && checks.every((check) => check.state === 'success' || check.state === 'action_required')
      );
    });
  }

  async #approve(): Promise<void> {
    const github = this.#running();
    // GitHub's times have whole seconds, and an approval in the very second of the plan would not count.
    github.clock.advance(1_000);
    await github.review({ repo: repository, number: this.#number(), reviewer: 'bob', state: 'APPROVED' });
    await this.#until('the gate', deployTimeoutMs, () =>
      this.#headChecks().every((check) => check.state === 'success'),
    );
  }

  async #mergeAndDeploy(): Promise<void> {
    const github = this.#running();
    const sha = await github.merge({ repo: repository, number: this.#number(), by: 'alice' });
    this.#mergeSha = sha;
    await this.#until('the deployment', deployTimeoutMs, () => {
      const check = github.checkRuns(repository, sha).find((run) => run.name === 'planwright/deploy');
      if (check?.conclusion === 'failure' || check?.conclusion === 'action_required')
        throw new Error(
          `the deployment ended in ${check.conclusion}: ${check.output.title ?? ''}\n${check.output.summary ?? ''}`,
        );
      return check?.conclusion === 'success';
    });
  }

  #printComment(): void {
    const comment = this.#running().comments(repository, this.#number())[0];
    const { print } = this.#options;
    print('\n  The comment on the pull request:\n');
    for (const line of (comment?.body ?? '').split('\n')) print(`  │ ${line}`);
    print('');
  }

  async #summary(): Promise<void> {
    const { print } = this.#options;
    const { clusters } = await this.#snapshot();
    print('\nOn the clusters now:');
    for (const cluster of clusters) {
      print(`  ${cluster.name}`);
      for (const object of cluster.objects)
        print(
          `    ${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}  ${object.status}`,
        );
    }
    print('\nWhere to look:');
    for (const link of this.#links) print(`  ${link.label}: ${link.url}`);
  }

  async #until(what: string, withinMs: number, done: () => boolean): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!done()) {
      if (performance.now() > deadline) throw new Error(`${what} did not come within ${withinMs / 1000} s`);
      if (this.#options.signal.aborted) throw new Error('the demo was interrupted');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #snapshot(): Promise<DemoSnapshot> {
    return {
      steps: this.#steps.map(({ startedAt: _startedAt, ...step }) => step),
      pull: this.#pullSnapshot(),
      clusters: await this.#clusterSnapshots(),
      links: this.#links,
      hint:
        this.#options.kubeconfig === undefined
          ? 'Everything you see runs on this machine. Set KUBECONFIG to see the same on a cluster of your own.'
          : `The objects are on your own clusters, in namespace ${this.#namespace}; delete the namespace when you are done.`,
    };
  }

  #pullSnapshot(): DemoSnapshot['pull'] {
    const github = this.#github;
    if (github === undefined || this.#pull === undefined) return undefined;
    const pull = github.pullRequest(repository, this.#pull);
    const merge = this.#mergeSha;
    return {
      repository,
      number: pull.number,
      title: pull.title,
      author: 'alice',
      state: pull.merged ? 'merged' : pull.state === 'open' ? 'open' : 'closed',
      headSha: pull.headSha,
      comments: github
        .comments(repository, pull.number)
        .map(({ author, body, updatedAt }) => ({ author, body, updatedAt })),
      reviews: github.reviews(repository, pull.number).map(({ reviewer, state }) => ({ reviewer, state })),
      checks: [...this.#headChecks(), ...(merge === undefined ? [] : this.#checksOf(merge))],
      deployments: github
        .deployments(repository)
        .filter((deployment) => deployment.sha === merge)
        .map((deployment) => ({
          environment: deployment.environment,
          state: deployment.statuses.at(-1)?.state ?? 'queued',
          description: deployment.statuses.at(-1)?.description ?? '',
        })),
    };
  }

  async #clusterSnapshots(): Promise<readonly DemoCluster[]> {
    const given = this.#options.kubeconfig;
    if (given !== undefined)
      return Promise.all(
        given.contexts.slice(0, 2).map(async (name) => ({
          name,
          objects: await this.#options.listObjects({
            kubeconfig: given.paths,
            cluster: name,
            namespace: this.#namespace,
          }),
        })),
      );
    return [...this.#clusters].map(([name, cluster]) => ({
      name,
      objects: cluster
        .objects()
        .filter((object) => object.metadata.namespace === this.#namespace || object.metadata.name === this.#namespace)
        .map((object) => ({
          kind: object.kind,
          namespace: String(object.metadata.namespace ?? ''),
          name: String(object.metadata.name),
          status: statusOf(object),
        })),
    }));
  }

  #headChecks(): readonly DemoCheck[] {
    return this.#pull === undefined ? [] : this.#checksOf(this.#running().pullRequest(repository, this.#pull).headSha);
  }

  #checksOf(sha: string): readonly DemoCheck[] {
    return this.#running()
      .checkRuns(repository, sha, 'latest')
      .map((run) => ({
        name: run.name,
        sha,
        state: run.conclusion ?? run.status,
        title: run.output.title ?? '',
        summary: run.output.summary ?? '',
      }));
  }

  #running(): SandboxGitHub {
    if (this.#github === undefined) throw new Error('the sandbox GitHub is not started yet');
    return this.#github;
  }

  #number(): number {
    if (this.#pull === undefined) throw new Error('there is no pull request yet');
    return this.#pull;
  }
}

interface Change {
  readonly branch: string;
  readonly title: string;
  readonly version: typeof firstVersion;
}

/** One word or two on how an object is. */
export function statusOf(object: unknown): string {
  const { kind, spec, status, data } = object as {
    kind?: string;
    spec?: Record<string, unknown>;
    status?: Record<string, unknown>;
    data?: Record<string, unknown>;
  };
  if (kind === 'Deployment') {
    const image = /"image":"([^"]+)"/.exec(JSON.stringify(spec))?.[1] ?? '';
    return `${Number(status?.['readyReplicas'] ?? 0)}/${Number(spec?.['replicas'] ?? 1)} ready, ${image}`;
  }
  if (kind === 'Namespace') return String(status?.['phase'] ?? '');
  if (kind === 'ConfigMap' || kind === 'Secret') return `${Object.keys(data ?? {}).length} keys`;
  return 'present';
}
