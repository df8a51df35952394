import picomatch from 'picomatch';
import type { SharedConfiguration } from './shared-configuration.ts';

/** What the server's own configuration says of a cluster. */
export interface ServerCluster {
  readonly name: string;
  /** `owner/name` globs of the repositories that may deploy to it; nobody when empty. */
  readonly repositories: readonly string[];
  /** Bounds what stacks may name; undefined: any but `kube-*`. */
  readonly namespaces?: readonly string[];
  /** Where ownership records (ApplySet parents) live. */
  readonly ownerNamespace: string;
}

export interface ServerSettings {
  /** `github.com`, or the host of a GitHub Enterprise Server. */
  readonly gitHubHost: string;
  /** Public address for links, without a trailing slash. */
  readonly url?: string;
  readonly clusters: ReadonlyMap<string, ServerCluster>;
  /** What the server file asks of every repository; undefined: nothing. */
  readonly shared?: SharedConfiguration;
  /** `required`: without the organization's file the gate is blocked. Undefined: then it has no rules. */
  readonly organizationRules?: 'required';
}

/** Deploying is opt-in: a repository that no glob names only plans. */
export function mayDeploy(
  cluster: ServerCluster,
  repository: { readonly owner: string; readonly name: string },
): boolean {
  const fullName = `${repository.owner}/${repository.name}`;
  return cluster.repositories.some((glob) =>
    picomatch.isMatch(fullName, glob, { nocase: true, nonegate: true, noextglob: true }),
  );
}
