import { delimiter } from 'node:path';
import type { Cluster, Clusters } from '../../flows/ports/cluster.ts';
import { ApiClient, type Impersonation } from './api-client.ts';
import type { ClusterLog } from './cluster-log.ts';
import { type ClusterAccess, type Kubeconfig, KubeconfigError, readKubeconfig } from './kubeconfig.ts';
import { KubernetesCluster } from './kubernetes-cluster.ts';

/** What the server file says of one cluster. */
export interface ClusterSettings {
  /** One file; undefined: the files of `kubeconfig`, else the cluster that this process runs in. */
  readonly kubeconfig?: string;
  /** Undefined: the file's current context, or of several files' the one that is named as the cluster. */
  readonly context?: string;
  /** Whom planning acts as; writes never do. */
  readonly planAs?: Impersonation;
}

export interface LoadClustersOptions {
  /** Paths as in KUBECONFIG, joined with the system's path delimiter; each context is a cluster of its name. */
  readonly kubeconfig?: string;
  /** From `findInCluster`; becomes the cluster `in-cluster`. */
  readonly inCluster?: ClusterAccess;
  /** By name; wins over a context of the same name. */
  readonly clusters?: ReadonlyMap<string, ClusterSettings>;
  readonly log: ClusterLog;
  /** Limit of one request; default 30 s. Retries together may take as long again. */
  readonly requestTimeoutMs?: number;
}

const inClusterName = 'in-cluster';

/**
 * The clusters that the server knows. Reads the kubeconfig files at once and connects to nothing before a cluster is used.
 * Throws KubeconfigError for a file that cannot be used, or an Error naming the cluster whose settings fit none.
 */
export function loadClusters(options: LoadClustersOptions): Clusters & { close(): Promise<void> } {
  const clients: ApiClient[] = [];
  const clusters = new Map<string, Cluster>();
  const add = (name: string, access: () => ClusterAccess, planAs?: Impersonation) => {
    const { log, requestTimeoutMs = 30_000 } = options;
    const client = new ApiClient({ cluster: name, access, log, requestTimeoutMs, ...(planAs && { planAs }) });
    clients.push(client);
    clusters.set(name, new KubernetesCluster(name, client));
  };

  const files = (options.kubeconfig ?? '').split(delimiter).filter((file) => file !== '');
  for (const name of readKubeconfig(files).contexts.keys()) add(name, () => contextAccess(files, name));
  const { inCluster } = options;
  if (inCluster) add(inClusterName, () => inCluster);
  for (const [name, settings] of options.clusters ?? []) {
    const access = () => settingsAccess({ name, settings, files, inCluster });
    access();
    add(name, access, settings.planAs);
  }

  return {
    names: [...clusters.keys()],
    find: (name) => clusters.get(name),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function settingsAccess(named: {
  readonly name: string;
  readonly settings: ClusterSettings;
  readonly files: readonly string[];
  readonly inCluster: ClusterAccess | undefined;
}): ClusterAccess {
  const { name, settings, files, inCluster } = named;
  if (settings.kubeconfig !== undefined) {
    const config = readKubeconfig([settings.kubeconfig]);
    return contextAccess([settings.kubeconfig], settings.context ?? onlyContext(settings.kubeconfig, config));
  }
  const context = settings.context ?? name;
  if (readKubeconfig(files).contexts.has(context)) return contextAccess(files, context);
  if (inCluster && settings.context === undefined) return inCluster;
  throw new Error(
    `cluster "${name}": the server file gives no kubeconfig, KUBECONFIG has no context "${context}", and this process does not run in a pod`,
  );
}

function onlyContext(file: string, config: Kubeconfig): string {
  if (config.currentContext !== undefined) return config.currentContext;
  const [first, ...others] = config.contexts.keys();
  if (first === undefined || others.length > 0)
    throw new KubeconfigError(file, 'has no current-context; name the context in the server file');
  return first;
}

function contextAccess(files: readonly string[], context: string): ClusterAccess {
  const access = readKubeconfig(files).contexts.get(context);
  if (!access) throw new KubeconfigError(files.join(delimiter), `has no context "${context}"`);
  return access;
}
