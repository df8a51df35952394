import type { ObjectIdentity } from '../manifest/rendered-object.ts';

/** What the cluster tells of an object that failed or was late: bounded, and masked. */
export interface FailureDetails {
  readonly object: ObjectIdentity;
  /** The pod of it that fails, and how its container stands: `waiting, CrashLoopBackOff: …`. */
  readonly pod?: { readonly name: string; readonly container: string | undefined; readonly state: string };
  /** Newest first: warnings, or the rest where there are none. */
  readonly events: readonly ClusterEvent[];
  /** The last lines of that container. */
  readonly log?: ContainerLog;
  /** What could not be read, and why. */
  readonly unread: readonly string[];
}

export interface ClusterEvent {
  /** `Pod web-1`: what it is about. */
  readonly about: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

export interface ContainerLog {
  readonly container: string;
  /** Of the container's run before this one: it crashed and was started again. */
  readonly previous: boolean;
  readonly lines: readonly string[];
}
