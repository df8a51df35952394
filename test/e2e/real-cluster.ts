import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient, type ApiRequest } from '../../src/adapters/kubernetes/api-client.ts';
import { discoverKinds } from '../../src/adapters/kubernetes/discovery.ts';
import { readKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { canonicalJson, isJsonArray, isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import type { ServedKind } from '../../src/domain/plan/prediction.ts';
import { silentLog } from '../contracts/kubeconfig-cluster.ts';
import { realKubeconfig } from '../contracts/real-kubeconfig.ts';
import { keepSimulatedNodesAlive } from './simulated-nodes.ts';

/** A real Kubernetes API: what Planwright is given of it, and the suite's own way to look and to interfere. */
export interface RealCluster {
  /** The context, and so the cluster's name. */
  readonly name: string;
  /** For Planwright: it acts as a user of this run alone, so that the audit log tells its requests from everybody else's. */
  readonly kubeconfig: string;
  /** Where Planwright keeps its ownership records. */
  readonly ownerNamespace: string;
  /** Undefined: AUDIT_LOG is not set, and what was asked cannot be proven. */
  readonly audit: AuditTrail | undefined;
  /** What this user, or whoever acted as it, asked for since the run began. Empty without AUDIT_LOG. */
  auditOf(user: string): readonly AuditedRequest[];
  get(path: string): Promise<JsonObject | undefined>;
  /** Server-side apply by the suite. */
  apply(path: string, object: JsonObject): Promise<JsonObject>;
  /** … by another manager, forced. */
  applyAs(manager: string, path: string, object: JsonObject): Promise<JsonObject>;
  /** What somebody does with `kubectl edit`. */
  edit(path: string, patch: JsonObject): Promise<JsonObject>;
  list(path: string): Promise<readonly JsonObject[]>;
  /** Removes it, and waits until it is gone; one that is not there is no fault. */
  remove(path: string): Promise<void>;
  /** What the cluster serves now. */
  kinds(): Promise<readonly ServedKind[]>;
  /** At the end of the run the object at this path is removed; one that is not there is no fault. */
  removeAfterwards(path: string): void;
  close(): Promise<void>;
}

/** One request of Planwright's, as the API server wrote it down before it answered. */
export interface AuditedRequest {
  readonly verb: string;
  readonly uri: string;
  readonly code: number;
}

export interface AuditTrail {
  /** A place in the log, to read from later. */
  mark(): number;
  since(mark: number): readonly AuditedRequest[];
}

/** A context beside the real one, whose server is a port that nobody listens on. */
export const unreachableName = 'unreachable';

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Requests that changed something, or would have. */
export function writesIn(requests: readonly AuditedRequest[]): readonly AuditedRequest[] {
  return requests.filter((request) => writing.has(request.verb) && !isDryRun(request));
}

export function dryRunsIn(requests: readonly AuditedRequest[]): readonly AuditedRequest[] {
  return requests.filter(isDryRun);
}

function isDryRun({ uri }: AuditedRequest): boolean {
  return new URL(uri, 'https://cluster').searchParams.get('dryRun') === 'All';
}

/** Connects to the first context of KUBECONFIG and prepares a namespace for the ownership records of this run. Throws when KUBECONFIG is unset. */
export async function realCluster(run: string): Promise<RealCluster> {
  const file = realKubeconfig();
  const [[name, access] = []] = readKubeconfig([file]).contexts;
  if (name === undefined || access === undefined)
    throw new Error(`${file} has no context: name the cluster that the suite may write to`);
  const directory = await mkdtemp(join(tmpdir(), 'pw-real-'));
  const began = auditTrail('')?.mark() ?? 0;
  const user = `planwright-${run}`;
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, await planwrightKubeconfig({ file, context: name, user }), { mode: 0o600 });

  const client = new ApiClient({ cluster: name, access: () => access, log: silentLog, requestTimeoutMs: 30_000 });
  const ask = async (request: Pick<ApiRequest, 'method' | 'path' | 'body'>): Promise<JsonObject | undefined> => {
    const answer = await client.request({
      ...request,
      as: 'own',
      repeatability: request.method === 'GET' ? 'read' : 'write',
    });
    if (answer.kind === 'answered' && answer.status === 404) return undefined;
    if (answer.kind !== 'answered' || answer.status >= 300 || !isJsonObject(answer.body))
      throw new Error(`${request.method} ${request.path}: ${JSON.stringify(answer)}`);
    return answer.body;
  };
  const existing = (path: string, object: JsonObject | undefined): JsonObject => {
    if (object === undefined) throw new Error(`${path} does not exist`);
    return object;
  };
  const patch = async (path: string, body: NonNullable<ApiRequest['body']>) =>
    existing(path, await ask({ method: 'PATCH', path, body }));
  const get = (path: string) => ask({ method: 'GET', path });
  const removed: string[] = [];
  const apply = (path: string, object: JsonObject) =>
    patch(`${path}?fieldManager=suite`, { type: 'application/apply-patch+yaml', text: canonicalJson(object) });

  const list = async (path: string) => {
    const { items } = existing(path, await get(path));
    return isJsonArray(items) ? items.filter(isJsonObject) : [];
  };
  const stopRenewing = await keepSimulatedNodesAlive({ list, apply });

  const ownerNamespace = `planwright-${run}`;
  await apply(`/api/v1/namespaces/${ownerNamespace}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: ownerNamespace },
  });
  removed.push(`/api/v1/namespaces/${ownerNamespace}`);
  return {
    name,
    kubeconfig,
    ownerNamespace,
    audit: auditTrail(user),
    auditOf: (actor) => auditTrail(actor)?.since(began) ?? [],
    get,
    apply,
    applyAs: (manager, path, object) =>
      patch(`${path}?${new URLSearchParams({ fieldManager: manager, force: 'true' })}`, {
        type: 'application/apply-patch+yaml',
        text: canonicalJson(object),
      }),
    edit: (path, body) =>
      patch(`${path}?fieldManager=kubectl-edit`, { type: 'application/merge-patch+json', text: JSON.stringify(body) }),
    list,
    remove: async (path) => {
      await ask({ method: 'DELETE', path });
      await gone(get, path);
    },
    kinds: async () => {
      const catalog = await discoverKinds(async (path, accept) => {
        const answer = await client.request({
          method: 'GET',
          path,
          as: 'own',
          repeatability: 'read',
          ...(accept === undefined ? {} : { accept }),
        });
        if (answer.kind === 'answered') return answer;
        throw new Error(`GET ${path}: ${answer.reason}`);
      });
      return catalog.kinds;
    },
    removeAfterwards: (path) => void removed.push(path),
    close: async () => {
      const paths = [...new Set(removed.toReversed())];
      for (const path of paths) await ask({ method: 'DELETE', path });
      for (const path of paths) await gone(get, path);
      await stopRenewing();
      await client.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function gone(get: (path: string) => Promise<JsonObject | undefined>, path: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await get(path)) !== undefined) {
    if (Date.now() > deadline) throw new Error(`${path} is still there a minute after it was deleted`);
    await pause(200);
  }
}

/** The same credentials, acting as a user of its own with all rights; and a second context that leads nowhere. */
async function planwrightKubeconfig(of: {
  readonly file: string;
  readonly context: string;
  readonly user: string;
}): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(of.file);
  config.setCurrentContext(of.context);
  const { clusters, users, contexts } = JSON.parse(config.exportConfig()) as Record<
    'clusters' | 'users' | 'contexts',
    readonly { readonly name: string; readonly user?: object }[]
  >;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [...clusters, { name: unreachableName, cluster: { server: `https://127.0.0.1:${await closedPort()}` } }],
    users: users.map((entry) => ({ ...entry, user: { ...entry.user, as: of.user, 'as-groups': ['system:masters'] } })),
    contexts: [
      ...contexts.filter((entry) => entry.name === of.context),
      { name: unreachableName, context: { cluster: unreachableName, user: users[0]?.name } },
    ],
    'current-context': of.context,
  });
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly impersonatedUser?: { readonly username: string };
  readonly responseStatus?: { readonly code: number };
}

function auditTrail(user: string): AuditTrail | undefined {
  const file = process.env.AUDIT_LOG;
  if (file === undefined || file === '') return undefined;
  return {
    mark: () => statSync(file).size,
    since: (mark) =>
      readFrom(file, mark)
        .split('\n')
        .filter((line) => line.includes(user))
        .map((line) => JSON.parse(line) as AuditEvent)
        .filter((event) => (event.impersonatedUser ?? event.user).username === user)
        .map((event) => ({ verb: event.verb, uri: event.requestURI, code: event.responseStatus?.code ?? 0 })),
  };
}

function readFrom(file: string, start: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(statSync(file).size - start);
    const length = readSync(descriptor, buffer, 0, buffer.length, start);
    const text = buffer.toString('utf8', 0, length);
    // The last line may still be in the middle of being written.
    return text.slice(0, text.lastIndexOf('\n') + 1);
  } finally {
    closeSync(descriptor);
  }
}
