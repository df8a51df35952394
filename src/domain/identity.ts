/** Names of things outside, each of its own type, so that one cannot be passed for another. */

declare const brand: unique symbol;
type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

/** 40 (SHA-1) or 64 (SHA-256) lower-case hex digits: a commit. */
export type CommitSha = Brand<string, 'CommitSha'>;
/** A git tree, e.g. the result of a test merge, which no ref names. */
export type TreeSha = Brand<string, 'TreeSha'>;
/** Lower-case hex SHA-256 of a plan's effects: 64 digits. */
export type PlanDigest = Brand<string, 'PlanDigest'>;
/** GitHub's numeric id of a repository; names change, ids do not. */
export type RepositoryId = Brand<number, 'RepositoryId'>;
export type InstallationId = Brand<number, 'InstallationId'>;
export type PullNumber = Brand<number, 'PullNumber'>;
/** The UID of a cluster's `kube-system` namespace. */
export type ClusterUid = Brand<string, 'ClusterUid'>;
/** `X-GitHub-Delivery`. */
export type DeliveryGuid = Brand<string, 'DeliveryGuid'>;
/** `stack@environment`. */
export type TargetName = Brand<string, 'TargetName'>;

const hexSha = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

export function commitSha(text: string): CommitSha {
  if (!hexSha.test(text)) throw new TypeError(`not a commit: ${JSON.stringify(text)} (40 or 64 lower-case hex digits)`);
  return text as CommitSha;
}

export function treeSha(text: string): TreeSha {
  if (!hexSha.test(text)) throw new TypeError(`not a tree: ${JSON.stringify(text)} (40 or 64 lower-case hex digits)`);
  return text as TreeSha;
}

export function planDigest(text: string): PlanDigest {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new TypeError(`not a plan digest: ${JSON.stringify(text)} (64 lower-case hex digits)`);
  return text as PlanDigest;
}

export function repositoryId(value: number): RepositoryId {
  return positiveInteger(value, 'repository id') as RepositoryId;
}

export function installationId(value: number): InstallationId {
  return positiveInteger(value, 'installation id') as InstallationId;
}

export function pullNumber(value: number): PullNumber {
  return positiveInteger(value, 'pull request number') as PullNumber;
}

export function clusterUid(text: string): ClusterUid {
  if (text === '') throw new TypeError('a cluster UID is not empty');
  return text as ClusterUid;
}

export function deliveryGuid(text: string): DeliveryGuid {
  if (!/^[0-9A-Za-z-]{1,100}$/.test(text))
    throw new TypeError(`not a delivery GUID: ${JSON.stringify(text.slice(0, 100))}`);
  return text as DeliveryGuid;
}

export function targetName(stack: string, environment: string): TargetName {
  return `${stack}@${environment}` as TargetName;
}

/** Reads `stack@environment`, e.g. from storage. */
export function parseTargetName(text: string): TargetName {
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1)
    throw new TypeError(`not a target: ${JSON.stringify(text)} (stack@environment)`);
  return text as TargetName;
}

export function targetParts(target: TargetName): { readonly stack: string; readonly environment: string } {
  const at = target.lastIndexOf('@');
  return { stack: target.slice(0, at), environment: target.slice(at + 1) };
}

function positiveInteger(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`not a ${what}: ${value}`);
  return value;
}

/** A repository as it is addressed now: the id stays, owner and name may change. */
export interface Repository {
  readonly id: RepositoryId;
  readonly installation: InstallationId;
  readonly owner: string;
  readonly name: string;
}
