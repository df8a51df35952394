import type { JsonObject } from '../json.ts';

/** Where something stands in a file; lines and columns count from 1. */
export interface Position {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** group/kind/namespace/name: what makes two documents the same object. `group` is '' for the core group; `namespace` is undefined for cluster-scoped kinds. */
export interface ObjectIdentity {
  readonly group: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** One object as a renderer gave it, before any cluster has seen it. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** As written; whether it counts is decided when the kind's scope is known. */
  readonly namespace?: string;
  readonly content: JsonObject;
  readonly position: Position;
  /** Where each field stands, by JSON pointer (`/spec/ports/0/port`), for annotations; not every field need be in it. */
  readonly positions: ReadonlyMap<string, Position>;
}

/** Something wrong with (or remarkable in) a file. `error` fails the plan, `warning` is shown. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Absent where no single line is to blame (an unreachable cluster). */
  readonly position?: Position;
}

/** `apps/v1` → `apps`; `v1` → ''. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** The identity as a stable key: `group/kind/namespace/name`. */
export function identityKey(identity: ObjectIdentity): string {
  return `${identity.group}/${identity.kind}/${identity.namespace ?? ''}/${identity.name}`;
}

/** For people: `Deployment web/frontend`, `ClusterRole admin`. */
export function identityText(identity: ObjectIdentity): string {
  return `${identity.kind} ${identity.namespace === undefined ? '' : `${identity.namespace}/`}${identity.name}`;
}
