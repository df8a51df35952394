import type { JsonObject } from '../json.ts';

/** A kind as the cluster serves it. `group` is '' for the core group. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural name in URLs. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What discovery said; `broken` lists group versions whose aggregated API does not answer, with the reason. */
export interface KindCatalog {
  readonly kinds: readonly ServedKind[];
  readonly broken: ReadonlyMap<string, string>;
}

/** An object on the cluster, or one that is about to be there. */
export interface ObjectAddress {
  readonly kind: ServedKind;
  readonly namespace?: string;
  readonly name: string;
}

export interface FieldConflict {
  readonly manager: string;
  /** As the API writes it: `.spec.replicas`. */
  readonly field: string;
}

/**
 * Why a write or a dry-run was not answered with an object. Texts are masked: they quote no secret that was sent. `message` says what was asked of which
 * object, too; `reason` is the answer alone, for a text that names the object already.
 */
export type Refusal = { readonly message: string; readonly reason?: string } & RefusalKind;

type RefusalKind =
  /** 409, another manager owns fields that this apply would change. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly FieldConflict[] }
  /** 409, the object is not the one (uid) or not in the state (resourceVersion) that was read. */
  | { readonly kind: 'stale' }
  /** 422 `field is immutable`; `fields` as the API names them (`spec.selector`). */
  | { readonly kind: 'immutable'; readonly fields: readonly string[] }
  /** 404 `namespaces "x" not found`. */
  | { readonly kind: 'namespace-absent'; readonly namespace: string }
  /** 400 `does not support dry run`. */
  | { readonly kind: 'webhook-without-dry-run' }
  /** 500 `failed calling webhook`: the API is there, a webhook of the object's kind is not. */
  | { readonly kind: 'webhook-silent' }
  /** 401, or 403 of authorisation; the 403 of admission (quota, pod security) is `invalid`. */
  | { readonly kind: 'forbidden' }
  /** 404 of the resource itself: the API version is not served. */
  | { readonly kind: 'not-served' }
  /** The author's mistake: any other 4xx, and the 500s of the typed patch. `fields` where the API names them. */
  | { readonly kind: 'invalid'; readonly status: number; readonly fields: readonly string[] }
  /** The API did not answer, or with a 5xx or 429 that did not go away. */
  | { readonly kind: 'unavailable' };

/** What is said of the refusal where the object is named already. */
export function reasonOf({ reason, message }: Refusal): string {
  return reason ?? message;
}

/** The answer to a server-side apply, dry or not. Of one that changes nothing, `object` of a prediction is the live object itself. */
export type ApplyAnswer =
  | { readonly kind: 'applied'; readonly object: JsonObject; readonly created: boolean }
  | Refusal;

export type GetAnswer = { readonly kind: 'found'; readonly object: JsonObject } | { readonly kind: 'absent' } | Refusal;

export type ListAnswer =
  | { readonly kind: 'listed'; readonly items: readonly JsonObject[]; readonly resourceVersion: string }
  | Refusal;

export type DeleteAnswer = { readonly kind: 'deleted' } | { readonly kind: 'absent' } | Refusal;

export type LogAnswer = { readonly kind: 'read'; readonly text: string } | Refusal;
