import { isJsonObject, type JsonObject } from '../json.ts';
import type { ObjectIdentity } from '../manifest/rendered-object.ts';
import type { ClientSideApply } from './client-side-apply.ts';
import type { FieldPattern } from './field-pattern.ts';
import type { FieldSchema } from './field-schema.ts';
import type { PlacedObject } from './place-objects.ts';
import type { ApplyAnswer, Refusal } from './prediction.ts';

/** What is known of one object when its part of the plan is made. */
export interface ObjectFacts {
  readonly identity: ObjectIdentity;
  /** As the deployed commit, the base's tip and the test merge render it; undefined where they do not. */
  readonly deployed?: PlacedObject;
  readonly base?: PlacedObject;
  readonly merge?: PlacedObject;
  readonly live: LiveState;
  /** The answer to the dry-run of `merge`; undefined when none was asked for. */
  readonly prediction?: ApplyAnswer;
  /** The forced dry-run, asked for where every conflict of the first one may be taken. */
  readonly takenBack?: ApplyAnswer;
  /** Paths that others own, by the stack's `ignore` or because an autoscaler does. */
  readonly ignored: readonly FieldPattern[];
  /** kubectl's client-side apply owns fields of the live object, which have to become ours. */
  readonly clientSide?: ClientSideApply;
  /** The target whose object this was, or becomes, by the same commit. */
  readonly moved?: { readonly kind: 'from' | 'to'; readonly target: string };
  /** Who has the live object and does not let it go: nothing happens to it. */
  readonly keeper?: string;
  /** What was found out before anything was asked, for people. */
  readonly notes: readonly string[];
  /** The object carries this target's ownership label. */
  readonly member: boolean;
  readonly schema: FieldSchema | undefined;
}

export type LiveState =
  | { readonly kind: 'found'; readonly object: JsonObject }
  | { readonly kind: 'absent' }
  /** It could not be read: nothing is known, the plan is incomplete. */
  | { readonly kind: 'unknown'; readonly refusal: Refusal };

/** Undefined for what no API server has answered. */
export function uidOf(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  const uid = isJsonObject(metadata) ? metadata['uid'] : undefined;
  return typeof uid === 'string' ? uid : undefined;
}

export function resourceVersionOf(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' ? version : undefined;
}
