import type { ClusterUid } from '../../domain/identity.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SchemaLookup } from '../../domain/plan/field-schema.ts';
import type {
  ApplyAnswer,
  DeleteAnswer,
  GetAnswer,
  KindCatalog,
  ListAnswer,
  LogAnswer,
  ObjectAddress,
  ServedKind,
} from '../../domain/plan/prediction.ts';

/** The clusters that the server names. */
export interface Clusters {
  readonly names: readonly string[];
  /** Opens nothing yet; undefined when the server names no such cluster. */
  find(name: string): Cluster | undefined;
}

export interface ApplyRequest {
  readonly address: ObjectAddress;
  /** The whole rendered object; may carry `metadata.uid` and `metadata.resourceVersion` as preconditions. */
  readonly object: JsonObject;
  /** Take fields from other managers. */
  readonly force: boolean;
}

export interface SomeObjects {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit: number;
}

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** `previous`: of its run before the last restart. */
  readonly run: 'current' | 'previous';
  readonly lines: number;
}

export interface DeleteOptions {
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly propagation: 'foreground' | 'background';
}

/**
 * A Kubernetes API, as planning sees it: nothing here can change anything. Every call is bounded in time; the server's own 429 and
 * Retry-After are honoured inside. A fault of the connection is the answer `unavailable`, never an exception.
 */
export interface ReadOnlyCluster {
  readonly name: string;
  /** Rejects with ClusterUnavailable when the API does not answer or refuses the credentials. */
  uid(): Promise<ClusterUid>;
  /** Discovery; cached for seconds. Rejects with ClusterUnavailable. */
  kinds(): Promise<KindCatalog>;
  /** OpenAPI v3 of these group versions (`v1`, `apps/v1`), cached by its hash; a group version without one is simply not found by the lookup. */
  schemas(groupVersions: readonly string[]): Promise<SchemaLookup>;
  get(address: ObjectAddress): Promise<GetAnswer>;
  /**
   * All pages, consistent. `namespace` undefined: all namespaces. Items carry their `apiVersion` and `kind`; one that is in the state in which it was listed
   * before (by UID, resourceVersion and schema) may be the very same object.
   */
  list(
    kind: ServedKind,
    selection: { readonly namespace?: string; readonly labelSelector?: string },
  ): Promise<ListAnswer>;
  /** Server-side apply with `dryRun=All`, field manager `planwright`, `fieldValidation=Strict`. */
  dryRunApply(request: ApplyRequest): Promise<ApplyAnswer>;
}

/** … and as deploying sees it. */
export interface Cluster extends ReadOnlyCluster {
  /** Server-side apply, field manager `planwright`, `fieldValidation=Strict`. Repeating it with the same object is harmless. */
  apply(request: ApplyRequest): Promise<ApplyAnswer>;
  /**
   * Rewrites who owns which fields, and nothing else, of the object in exactly the state that was read (`stale` otherwise); the answer is the object as
   * it is then.
   */
  replaceManagedFields(
    address: ObjectAddress,
    change: { readonly uid: string; readonly resourceVersion: string; readonly managedFields: readonly JsonObject[] },
  ): Promise<ApplyAnswer>;
  /**
   * Deletes the object with this UID and no other, and only in this state where one is given; else `stale`. `foreground` ends when dependents are gone,
   * `background` at once.
   */
  delete(address: ObjectAddress, options: DeleteOptions): Promise<DeleteAnswer>;
  /** Discovery, asked anew. Rejects with ClusterUnavailable. */
  kindsNow(): Promise<KindCatalog>;
  /** One page of at most `limit` objects, to tell people of and never to decide by. An aborted request is `unavailable`. */
  listSome(kind: ServedKind, selection: SomeObjects, signal: AbortSignal): Promise<ListAnswer>;
  /** The last lines of a container's log, at most 32 KiB. Not masked. An aborted request is `unavailable`. */
  podLog(of: LogRequest, signal: AbortSignal): Promise<LogAnswer>;
  /**
   * Yields the object as it is now and after every change (undefined: it does not exist), until the consumer stops, or `signal` aborts.
   * Reconnects by itself; never polls.
   */
  watch(address: ObjectAddress, signal: AbortSignal): AsyncIterable<JsonObject | undefined>;
}

/** The API of a cluster cannot be used at all. The message says which cluster, the cause, and what to look at. */
export class ClusterUnavailable extends Error {
  readonly cluster: string;

  constructor(cluster: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClusterUnavailable';
    this.cluster = cluster;
  }
}
