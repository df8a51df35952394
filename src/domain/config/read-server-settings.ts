import repositorySchema from '../../../schema/planwright.schema.json' with { type: 'json' };
import schema from '../../../schema/planwright-server.schema.json' with { type: 'json' };
import type { Problem } from '../manifest/rendered-object.ts';
import type { ConfigurationShape } from './configuration-shape.ts';
import { readGitHubHost } from './git-hub-host.ts';
import { suggestion } from './nearest-key.ts';
import { findPlaced, type Place } from './placed-node.ts';
import { readPublicUrl } from './public-url.ts';
import { type Invalid, invalid, readMapping } from './read-mapping.ts';
import { readRepositoryGlobs } from './repository-globs.ts';
import { shapeValidator } from './schema-problems.ts';
import type { ServerCluster, ServerSettings } from './server-settings.ts';
import { readShared, type SharedConfiguration } from './shared-configuration.ts';

/** How a cluster of the server file is reached. */
export interface FileClusterAccess {
  /** Path of one file; undefined: the files of KUBECONFIG, else the cluster that the server runs in. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Whom planning acts as. */
  readonly planAs?: { readonly user: string; readonly groups?: readonly string[] };
}

export type ServerSettingsRead =
  | {
      readonly kind: 'read';
      readonly settings: ServerSettings;
      /** Of the clusters that the server file names; the others are contexts of KUBECONFIG. */
      readonly clusterAccess: ReadonlyMap<string, FileClusterAccess>;
    }
  | Invalid;

export interface ServerSettingsInput {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The file that PLANWRIGHT_CONFIG names. */
  readonly file?: { readonly path: string; readonly text: string };
  /** Names of KUBECONFIG's contexts, or `in-cluster`. */
  readonly kubeconfigContexts: readonly string[];
}

const inCluster = 'in-cluster';
const validateShape = shapeValidator<ServerFileShape>(schema, [repositorySchema]);

/**
 * The clusters, and who may deploy to them, from the environment and the server file. The file wins over KUBECONFIG: PLANWRIGHT_REPOSITORIES never counts for a
 * cluster that the file names, nor for a context whose credentials a cluster of the file uses. Never throws; with any problem the server must not start.
 */
export function readServerSettings(input: ServerSettingsInput): ServerSettingsRead {
  const { environment, kubeconfigContexts } = input;
  const gitHub = readGitHubHost(environment.GHE_HOST);
  const url = readPublicUrl(environment.PLANWRIGHT_URL);
  const repositories = readRepositoryGlobs(environment.PLANWRIGHT_REPOSITORIES);
  const file = readServerFile(input.file, kubeconfigContexts);
  const problems = [gitHub, url, repositories, file].flatMap((read) => {
    if (read.kind !== 'invalid') return [];
    return 'problems' in read ? read.problems : [{ severity: 'error' as const, message: read.message }];
  });
  if (gitHub.kind === 'invalid' || url.kind === 'invalid' || repositories.kind === 'invalid' || file.kind === 'invalid')
    return { kind: 'invalid', problems };

  const clusters = new Map<string, ServerCluster>();
  for (const name of kubeconfigContexts)
    clusters.set(name, {
      name,
      repositories: file.usedContexts.has(name) ? [] : repositories.globs,
      ownerNamespace: 'default',
    });
  for (const [name, shape] of file.clusters) clusters.set(name, clusterOf(name, shape));
  return {
    kind: 'read',
    settings: {
      gitHubHost: gitHub.host,
      ...(url.kind === 'url' && { url: url.url }),
      clusters,
      ...(file.shared && { shared: file.shared }),
      ...(file.organizationRules === 'required' && { organizationRules: file.organizationRules }),
    },
    clusterAccess: new Map([...file.clusters].map(([name, shape]) => [name, accessOf(shape)])),
  };
}

/** A server file as its schema lets it through. */
interface ServerFileShape extends Pick<ConfigurationShape, 'environments' | 'rules'> {
  readonly clusters?: Readonly<Record<string, ClusterShape | null>>;
  readonly organization_rules?: 'optional' | 'required';
}

interface ClusterShape {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly repositories?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly plan_as?: { readonly user: string; readonly groups?: readonly string[] };
  readonly owner_namespace?: string;
}

interface ServerFile {
  readonly kind: 'file';
  readonly clusters: ReadonlyMap<string, ClusterShape>;
  /** Contexts of KUBECONFIG (or `in-cluster`) whose credentials the file's clusters use. */
  readonly usedContexts: ReadonlySet<string>;
  readonly shared?: SharedConfiguration;
  readonly organizationRules?: 'optional' | 'required';
}

function readServerFile(file: ServerSettingsInput['file'], contexts: readonly string[]): ServerFile | Invalid {
  if (file === undefined) return { kind: 'file', clusters: new Map(), usedContexts: new Set() };
  const read = readMapping(file, 'clusters: {}');
  if (read.kind === 'invalid') return read;
  const { root, place } = read;
  const validated = validateShape(root, place);
  if (validated.kind === 'invalid') return invalid(validated.problems);
  const clusters = new Map(Object.entries(validated.shape.clusters ?? {}).map(([name, shape]) => [name, shape ?? {}]));
  const usedContexts = new Set<string>();
  const { shared, problems: sharedProblems } = readShared(validated.shape, { root, place, origin: 'server' });
  const problems: Problem[] = [...sharedProblems];
  for (const [name, shape] of clusters) {
    if (shape.kubeconfig !== undefined) continue;
    const used = contextUsedBy(name, shape, contexts);
    if (used === undefined) problems.push(missingCredentials({ name, shape, contexts, at: { root, place } }));
    else usedContexts.add(used);
  }
  if (problems.length > 0) return invalid(problems);
  const organizationRules = validated.shape.organization_rules;
  return { kind: 'file', clusters, usedContexts, shared, ...(organizationRules && { organizationRules }) };
}

/** Where a cluster without a kubeconfig of its own finds its credentials; undefined: nowhere. */
function contextUsedBy(name: string, shape: ClusterShape, contexts: readonly string[]): string | undefined {
  const wanted = shape.context ?? name;
  if (contexts.includes(wanted)) return wanted;
  return shape.context === undefined && contexts.includes(inCluster) ? inCluster : undefined;
}

function missingCredentials(cluster: {
  readonly name: string;
  readonly shape: ClusterShape;
  readonly contexts: readonly string[];
  readonly at: { readonly root: Parameters<typeof findPlaced>[0]; readonly place: Place };
}): Problem {
  const { name, shape, contexts } = cluster;
  const { root, place } = cluster.at;
  const wanted = shape.context ?? name;
  const offset =
    findPlaced(root, ['clusters', name, 'context'])?.node.start ?? findPlaced(root, ['clusters', name])?.keyStart;
  const known = contexts.length === 0 ? ' (KUBECONFIG gives none)' : suggestion(wanted, contexts);
  return {
    severity: 'error',
    message: `cluster ${JSON.stringify(name)} has no credentials: add "kubeconfig", or name a context of KUBECONFIG; ${JSON.stringify(wanted)} is none${known}`,
    position: place(offset ?? root.start),
  };
}

function clusterOf(name: string, shape: ClusterShape): ServerCluster {
  return {
    name,
    repositories: shape.repositories ?? [],
    ...(shape.namespaces && { namespaces: shape.namespaces }),
    ownerNamespace: shape.owner_namespace ?? 'default',
  };
}

function accessOf(shape: ClusterShape): FileClusterAccess {
  return {
    ...(shape.kubeconfig !== undefined && { kubeconfig: shape.kubeconfig }),
    ...(shape.context !== undefined && { context: shape.context }),
    ...(shape.plan_as && { planAs: shape.plan_as }),
  };
}
