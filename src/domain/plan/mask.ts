import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { PathSegment } from './field-path.ts';
import type { Leaves } from './leaves.ts';
import { secretForms } from './secret-forms.ts';
import { isSecretName } from './secret-name.ts';
import { type SecretRepeats, secretRepeats } from './secret-repeats.ts';

interface Kind {
  readonly group: string;
  readonly kind: string;
}

/**
 * True when the value at this path of an object of this kind may not be shown, whatever else the object holds. Outside of a Secret's data a boolean is
 * no secret, however it is named (`automountServiceAccountToken`).
 */
export function isSecretLeaf(kind: Kind, segments: readonly PathSegment[], value: Json): boolean {
  return isInSecret(kind, segments) || (isNamedSecret(segments) && typeof value !== 'boolean') || holdsSecret(value);
}

/** Says of a value of one object whether it may not be shown. */
export type SecretCheck = (segments: readonly PathSegment[], value: Json) => boolean;

/** As `isSecretLeaf`, and true for annotations that repeat a secret of the same object, encoded or not, in any of its readings. */
export function secretCheck(kind: Kind, readings: () => readonly Leaves[]): SecretCheck {
  let secrets: SecretRepeats | undefined;
  return (segments, value) => {
    if (isSecretLeaf(kind, segments, value)) return true;
    if (typeof value !== 'string' || !isAnnotation(segments)) return false;
    secrets ??= secretRepeats(formsIn(kind, readings()));
    return secrets.isIn(value);
  };
}

function formsIn(kind: Kind, readings: readonly Leaves[]): ReadonlySet<string> {
  const forms = new Set<string>();
  for (const { byPath } of readings) {
    for (const { segments, value } of byPath.values()) {
      const secrets = isInSecret(kind, segments) || isNamedSecret(segments) ? [value] : namedSecrets(value);
      for (const secret of secrets) for (const form of secretForms(secret)) forms.add(form);
    }
  }
  return forms;
}

/** Every value of the object that may not be shown, whether it was rendered, sent or read. A kind named Secret of another group is taken for one. */
export function* secretValues(object: JsonObject): Generator<Json> {
  yield* namedSecrets(object);
  if (object['kind'] === 'Secret') yield* [object['data'] ?? null, object['stringData'] ?? null];
}

function isInSecret({ group, kind }: Kind, segments: readonly PathSegment[]): boolean {
  const first = segments[0];
  if (group !== '' || kind !== 'Secret' || first?.kind !== 'field') return false;
  return first.name === 'data' || first.name === 'stringData';
}

function isNamedSecret(segments: readonly PathSegment[]): boolean {
  return segments.some((segment, index) => isSecretSegment(segment, segments[index + 1]));
}

function isSecretSegment(segment: PathSegment, next: PathSegment | undefined): boolean {
  const isValue = next?.kind === 'field' && next.name === 'value';
  if (segment.kind === 'field') return (next === undefined || isValue) && isSecretName(segment.name);
  if (segment.kind === 'value' || !isValue) return false;
  return segment.keys.some(([name, json]) => name === 'name' && isSecretName(String(JSON.parse(json))));
}

/** A value that is owned as one can hold named values of its own. */
function holdsSecret(value: Json): boolean {
  return namedSecrets(value).next().done !== true;
}

function* namedSecrets(value: Json, heldUnder?: string): Generator<Json> {
  if (isJsonArray(value)) {
    for (const item of value) yield* namedSecrets(item);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    if (isSecretMember(value, name, heldUnder)) yield member;
    else yield* namedSecrets(member, name);
  }
}

/** Whether the names in and above a map say that this member of it may not be shown. `heldUnder` is the name of the map itself. */
export function isSecretMember(map: JsonObject, name: string, heldUnder: string | undefined): boolean {
  const member = map[name];
  if (!isTold(member)) return false;
  if (isSecretName(name) && isPlain(member)) return true;
  if (name !== 'value') return false;
  const named = map['name'];
  return (typeof named === 'string' && isSecretName(named)) || (heldUnder !== undefined && isSecretName(heldUnder));
}

/** A map below a secret name has names of its own (`secret: { secretName: tls }`), of which `value` is none. */
function isPlain(value: Json): boolean {
  if (isJsonArray(value)) return value.some(isPlain);
  return value !== null && typeof value !== 'object' && typeof value !== 'boolean';
}

function isTold(value: Json | undefined): value is Json {
  return value !== undefined && typeof value !== 'boolean';
}

function isAnnotation(segments: readonly PathSegment[]): boolean {
  const parent = segments.at(-2);
  return parent?.kind === 'field' && parent.name === 'annotations';
}
