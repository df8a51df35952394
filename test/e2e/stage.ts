import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { ServerSettings } from '../../src/domain/config/server-settings.ts';
import { type SandboxCluster, startCluster } from '../../src/sandbox/cluster/cluster.ts';
import { type SandboxGitHub, startGitHub } from '../../src/sandbox/github/github.ts';
import { type Planwright, type PlanwrightSettings, startPlanwright } from '../../src/start-planwright.ts';
import { openApiValidator } from '../sandbox/openapi-validator.ts';

/** Everything that a story needs: the in-memory GitHub, clusters, and Planwright itself, over real sockets. */
export interface Stage {
  readonly github: SandboxGitHub;
  readonly clusters: ReadonlyMap<string, SandboxCluster>;
  readonly planwright: Planwright;
  /** Where the embedded database is. */
  readonly dataDirectory: string;
  /** Who Planwright is on this GitHub. */
  readonly app: { readonly id: number; readonly privateKey: string };
  /** What Planwright logged, for failures. */
  readonly logged: readonly string[];
  /** Resolves with the first value that is not undefined; rejects, with what was logged, when none comes in time. */
  eventually<Value>(
    what: string,
    look: () => Value | undefined | Promise<Value | undefined>,
    withinMs?: number,
  ): Promise<Value>;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Sandbox clusters by name; with `kubeconfig` none is started. */
  readonly clusterNames?: readonly string[];
  /** A file whose contexts are the clusters. */
  readonly kubeconfig?: string;
  /** Whom planning acts as on the clusters of `kubeconfig`. */
  readonly planAs?: { readonly user: string };
  /** Bounds what stacks may name; any but `kube-*` when absent. */
  readonly namespaces?: readonly string[];
  /** Where ownership records lie; `default` when absent. */
  readonly ownerNamespace?: string;
  readonly files: Readonly<Record<string, string>>;
  /** Globs of PLANWRIGHT_REPOSITORIES. */
  readonly mayDeploy?: readonly string[];
  /** What the server file asks of every repository. */
  readonly server?: Pick<ServerSettings, 'shared' | 'organizationRules'>;
  readonly databaseUrl?: string;
  readonly readyDelayMs?: number;
  /** Of the repository; private unless said otherwise. */
  readonly visibility?: 'public' | 'private';
  /** Planwright inside this process when absent. */
  readonly start?: (settings: PlanwrightSettings) => Promise<Planwright>;
}

export const repo = 'acme/infra';
const webhookSecret = 'a secret of this test';

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

/** acme/infra on a GitHub with alice, bob and dave (write), mona (maintain), carol (read) and olga, the organisation's owner. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'pw-stage-'));
  // As root, the database runs as another user, who has to get through.
  await chmod(directory, 0o711);
  const clusters = new Map<string, SandboxCluster>();
  const kubeconfigs: string[] = [];
  if (options.kubeconfig !== undefined) kubeconfigs.push(options.kubeconfig);
  else {
    for (const name of options.clusterNames ?? ['staging', 'production']) {
      const cluster = await startCluster({ name, readyDelayMs: options.readyDelayMs ?? 50 });
      clusters.set(name, cluster);
      const path = join(directory, `${name}.kubeconfig`);
      await writeFile(path, cluster.kubeconfig());
      kubeconfigs.push(path);
    }
  }
  const github = await startGitHub({ validator: openApiValidator() });
  for (const login of ['alice', 'bob', 'dave', 'mona', 'carol', 'olga']) github.createUser(login);
  github.createOrganisation('acme', { owners: ['olga'] });
  const { id: appId } = github.registerApp({ publicKey: keys.publicKey });
  await github.createRepository(repo, { files: { ...options.files }, private: options.visibility !== 'public' });
  for (const login of ['alice', 'bob', 'dave']) github.grant(repo, login, 'write');
  github.grant(repo, 'mona', 'maintain');
  github.grant(repo, 'carol', 'read');

  const logged: string[] = [];
  const write = (level: string) => (facts: object, message: string) => {
    logged.push(
      `${level} ${message} ${JSON.stringify(facts, (_, value: unknown) => (value instanceof Error ? { message: value.message, stack: value.stack } : value))}`,
    );
  };
  const { planAs } = options;
  const names = options.clusterNames ?? [...readKubeconfig(kubeconfigs).contexts.keys()];
  const server: ServerSettings = {
    ...options.server,
    gitHubHost: github.host,
    clusters: new Map(
      names.map((name) => [
        name,
        {
          name,
          repositories: options.mayDeploy ?? ['acme/*'],
          ownerNamespace: options.ownerNamespace ?? 'default',
          ...(options.namespaces === undefined ? {} : { namespaces: options.namespaces }),
        },
      ]),
    ),
  };
  const planwright = await (options.start ?? startPlanwright)({
    app: { id: appId, privateKey: keys.privateKey, webhookSecret },
    gitHub: { host: github.host, protocol: 'http', throttled: false },
    listen: { host: '127.0.0.1', port: 0, webhookPath: '/api/github/webhooks' },
    dataDirectory: join(directory, 'data'),
    server,
    kubeconfig: kubeconfigs.join(':'),
    clusterAccess: new Map(planAs === undefined ? [] : names.map((name) => [name, { planAs }])),
    environment: {},
    log: { debug: () => {}, info: write('info'), warn: write('warn'), error: write('error') },
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
  });
  github.setWebhook({ url: `${planwright.url}/api/github/webhooks`, secret: webhookSecret });
  github.installApp({ account: 'acme' });
  return {
    github,
    clusters,
    planwright,
    dataDirectory: join(directory, 'data'),
    app: { id: appId, privateKey: keys.privateKey },
    logged,
    eventually: (what, look, withinMs = 15_000) =>
      eventually({
        what,
        look,
        withinMs,
        logged: () => [
          ...logged.slice(-20),
          ...github.requests
            .slice(-25)
            .map((request) => `${request.at.toISOString()} ${request.method} ${request.path} ${request.status}`),
        ],
      }),
    close: async () => {
      await planwright.stop(5_000);
      await github.close();
      for (const cluster of clusters.values()) await cluster.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function eventually<Value>(of: {
  readonly what: string;
  readonly look: () => Value | undefined | Promise<Value | undefined>;
  readonly withinMs: number;
  readonly logged: () => readonly string[];
}): Promise<Value> {
  const deadline = Date.now() + of.withinMs;
  for (;;) {
    const value = await of.look();
    if (value !== undefined) return value;
    if (Date.now() > deadline)
      throw new Error(`${of.what} did not come within ${of.withinMs} ms. Logged:\n${of.logged().join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
