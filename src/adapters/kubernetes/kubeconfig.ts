import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import {
  type Cluster,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import { load, YAMLException } from 'js-yaml';

/** Where a cluster is and who we are there. Paths are absolute. */
export interface ClusterAccess {
  readonly cluster: Cluster;
  readonly user: User;
  /** `as-groups` of the kubeconfig's user. */
  readonly impersonatedGroups: readonly string[];
}

export interface Kubeconfig {
  readonly contexts: ReadonlyMap<string, ClusterAccess>;
  readonly currentContext?: string;
}

/** A kubeconfig that cannot be used. The message names the file and what is wrong, and quotes nothing of it. */
export class KubeconfigError extends Error {
  readonly file: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`kubeconfig ${file}: ${problem}`, options);
    this.name = 'KubeconfigError';
    this.file = file;
  }
}

interface Entries {
  readonly file: string;
  readonly clusters: readonly Cluster[];
  readonly users: readonly ReadUser[];
  readonly contexts: readonly Context[];
  readonly currentContext?: string;
}

interface ReadUser {
  readonly user: User;
  readonly impersonatedGroups: readonly string[];
}

/**
 * Reads and merges kubeconfig files as `kubectl` does: of two entries with one name the first counts, and a context may refer to
 * another file's cluster and user. Throws KubeconfigError; unlike `kubectl`, also for a file that does not exist.
 */
export function readKubeconfig(files: readonly string[]): Kubeconfig {
  const read = files.map(readEntries);
  const clusters = firstByName(read.flatMap((entries) => entries.clusters.map((cluster) => [cluster.name, cluster])));
  const users = firstByName(read.flatMap((entries) => entries.users.map((user) => [user.user.name, user])));
  const contexts = new Map<string, ClusterAccess>();
  for (const entries of read) {
    for (const context of entries.contexts) {
      if (!contexts.has(context.name)) contexts.set(context.name, access(entries.file, context, clusters, users));
    }
  }
  const currentContext = read.find((entries) => entries.currentContext !== undefined)?.currentContext;
  return { contexts, ...(currentContext !== undefined && { currentContext }) };
}

function access(
  file: string,
  context: Context,
  clusters: ReadonlyMap<string, Cluster>,
  users: ReadonlyMap<string, ReadUser>,
): ClusterAccess {
  const cluster = clusters.get(context.cluster);
  if (!cluster)
    throw new KubeconfigError(
      file,
      `context "${context.name}" names cluster "${context.cluster}", which does not exist`,
    );
  if (cluster.proxyUrl)
    throw new KubeconfigError(file, `cluster "${cluster.name}" has a proxy-url, which is not supported`);
  if (!URL.canParse(cluster.server))
    throw new KubeconfigError(file, `the server of cluster "${cluster.name}" is not a URL`);
  const userName: string | undefined = context.user;
  if (userName === undefined) return { cluster, user: { name: '' }, impersonatedGroups: [] };
  const user = users.get(userName);
  if (!user)
    throw new KubeconfigError(file, `context "${context.name}" names user "${userName}", which does not exist`);
  return { cluster, user: user.user, impersonatedGroups: user.impersonatedGroups };
}

function readEntries(file: string): Entries {
  const document = parse(file);
  const from = dirname(resolve(file));
  try {
    const currentContext = document['current-context'];
    return {
      file,
      clusters: newClusters(document.clusters).map((cluster) => ({
        ...cluster,
        ...(cluster.caFile && { caFile: absolute(from, cluster.caFile) }),
      })),
      users: records(document.users).map((entry) => readUser(entry, from)),
      contexts: newContexts(document.contexts),
      ...(typeof currentContext === 'string' && currentContext !== '' && { currentContext }),
    };
  } catch (error) {
    throw new KubeconfigError(file, error instanceof Error ? error.message : 'cannot be read', { cause: error });
  }
}

function readUser(entry: Readonly<Record<string, unknown>>, from: string): ReadUser {
  const settings = isRecord(entry.user) ? { ...entry.user } : {};
  const tokenFile = settings['token-file'] ?? settings.tokenFile;
  if (typeof tokenFile === 'string' && tokenFile !== '') {
    // The library would read the file once; as an authentication provider it is read again when the token has been renewed.
    settings['auth-provider'] = { name: 'tokenFile', config: { tokenFile: absolute(from, tokenFile) } };
    delete settings['token-file'];
    delete settings.token;
  }
  const [user] = newUsers([{ name: entry.name, user: settings }]);
  if (!user) throw new TypeError('a user cannot be read');
  const groups = settings['as-groups'];
  return {
    user: {
      ...user,
      ...(user.certFile && { certFile: absolute(from, user.certFile) }),
      ...(user.keyFile && { keyFile: absolute(from, user.keyFile) }),
      ...(isRecord(user.exec) && { exec: readExec(user.exec, from) }),
    },
    impersonatedGroups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  };
}

/** A command with a folder in it is relative to the kubeconfig; a bare one is looked up in PATH. */
function readExec(exec: Readonly<Record<string, unknown>>, from: string): Readonly<Record<string, unknown>> {
  const command = exec.command;
  return typeof command === 'string' && command.includes('/') ? { ...exec, command: absolute(from, command) } : exec;
}

function parse(file: string): Readonly<Record<string, unknown>> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new KubeconfigError(file, `cannot be read (${errorCode(error)})`, { cause: error });
  }
  let document: unknown;
  try {
    document = load(content);
  } catch (error) {
    // The exception's own message shows the lines around the fault, and a token may stand there: it is not the cause either.
    throw new KubeconfigError(file, `is not YAML${whereAndWhy(error)}`);
  }
  if (!isRecord(document)) throw new KubeconfigError(file, 'holds no mapping');
  for (const part of ['clusters', 'contexts', 'users']) {
    const entries = document[part] ?? [];
    if (!Array.isArray(entries) || !entries.every(isRecord))
      throw new KubeconfigError(file, `"${part}" is not a list of mappings`);
  }
  return document;
}

function whereAndWhy(error: unknown): string {
  if (!(error instanceof YAMLException)) return '';
  const line = error.mark ? ` in line ${error.mark.line + 1}` : '';
  return `${line}: ${error.reason}`;
}

function errorCode(error: unknown): string {
  return isRecord(error) && typeof error.code === 'string' ? error.code : 'unknown error';
}

function firstByName<Entry>(entries: readonly (readonly [string, Entry])[]): ReadonlyMap<string, Entry> {
  return new Map([...entries].reverse());
}

function absolute(from: string, path: string): string {
  return isAbsolute(path) ? path : resolve(from, path);
}

function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> & { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
