import { isJsonObject, type JsonObject } from '../json.ts';
import type { ObjectIdentity } from '../manifest/rendered-object.ts';
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
  /** The forced dry-run, asked for where the first one's conflicts are all drift of this target's own fields. */
  readonly takenBack?: ApplyAnswer;
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
