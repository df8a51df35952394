import type { ClusterUid, TargetName } from '../identity.ts';
import { identityKey, type ObjectIdentity } from '../manifest/rendered-object.ts';

/** What happens to the object in the step that moves the field. */
export type EffectAction = 'create' | 'update' | 'replace' | 'delete';

/**
 * A field's value before or after: `json` is the canonical text of a value as it is written, and `plain`, where that is another text, of the same value
 * with its quantities in one spelling, by which values are compared; `secret` an HMAC that stands for one that nobody may see
 * (keyed per object and path, so equal secrets in two places do not look equal).
 */
export type EffectValue =
  | { readonly kind: 'absent' }
  | { readonly kind: 'json'; readonly json: string; readonly plain?: string }
  | { readonly kind: 'secret'; readonly hmac: string };

/** A value for people: nothing stands for the secret. Every effect's value is one too. */
export type MaskedValue = Exclude<EffectValue, { readonly kind: 'secret' }> | { readonly kind: 'secret' };

/**
 * One field's move on one real object: the unit of approval. `path` is server-side apply's (`spec.template.spec.containers[name=web].image`);
 * an effect whose path ends in `[*]` moves the order of a list's items, whose value lists their names.
 */
export interface Effect {
  readonly target: TargetName;
  readonly cluster: ClusterUid;
  readonly object: ObjectIdentity;
  readonly action: EffectAction;
  readonly path: string;
  readonly before: EffectValue;
  readonly after: EffectValue;
}

/** The steps of one field taken together: what applying moves in all. */
export interface Move {
  readonly object: ObjectIdentity;
  readonly action: EffectAction;
  readonly path: string;
  readonly before: EffectValue;
  readonly after: EffectValue;
}

export const absent: EffectValue = { kind: 'absent' };

/** A text that is equal for equal values, however their quantities are written. */
export function valueText(value: EffectValue): string {
  switch (value.kind) {
    case 'absent':
      return 'absent';
    case 'json':
      return `json ${value.plain ?? value.json}`;
    case 'secret':
      return `secret ${value.hmac}`;
  }
}

export function sameValue(left: EffectValue, right: EffectValue): boolean {
  return valueText(left) === valueText(right);
}

/** Names the field of an object, whatever happens to it. */
export function fieldKey(field: { readonly object: ObjectIdentity; readonly path: string }): string {
  return `${identityKey(field.object)} ${field.path}`;
}
