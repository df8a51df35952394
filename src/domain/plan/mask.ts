import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { binaryTag } from 'js-yaml';
import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import type { PathSegment } from './field-path.ts';
import type { Leaves } from './leaves.ts';
import { isSecretName } from './secret-name.ts';

interface Kind {
  readonly group: string;
  readonly kind: string;
}

/** True when the value at this path of an object of this kind may not be shown, whatever else the object holds. */
export function isSecretLeaf(kind: Kind, segments: readonly PathSegment[], value: Json): boolean {
  return isSecretPlace(kind, segments) || holdsSecret(value);
}

/** Says of a value of one object whether it may not be shown. */
export type SecretCheck = (segments: readonly PathSegment[], value: Json) => boolean;

/** As `isSecretLeaf`, and true for annotations that repeat a secret of the same object, encoded or not, in any of its readings. */
export function secretCheck(kind: Kind, readings: () => readonly Leaves[]): SecretCheck {
  let texts: readonly string[] | undefined;
  return (segments, value) => {
    if (isSecretLeaf(kind, segments, value)) return true;
    if (typeof value !== 'string' || !isAnnotation(segments)) return false;
    texts ??= secretTexts(kind, readings());
    return texts.some((secret) => repeats(value, secret));
  };
}

function isSecretPlace(kind: Kind, segments: readonly PathSegment[]): boolean {
  const first = segments[0];
  if (
    kind.group === '' &&
    kind.kind === 'Secret' &&
    first?.kind === 'field' &&
    (first.name === 'data' || first.name === 'stringData')
  )
    return true;
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

function* namedSecrets(value: Json): Generator<Json> {
  if (isJsonArray(value)) {
    for (const item of value) yield* namedSecrets(item);
    return;
  }
  if (!isJsonObject(value)) return;
  if (typeof value['name'] === 'string' && value['value'] !== undefined && isSecretName(value['name']))
    yield value['value'];
  for (const [name, member] of Object.entries(value)) {
    if (isSecretName(name) && isPlain(member)) yield member;
    else yield* namedSecrets(member);
    if (isSecretName(name) && isJsonObject(member) && member['value'] !== undefined) yield member['value'];
  }
}

/** A map below a secret name has names of its own (`secret: { secretName: tls }`), of which `value` is none. */
function isPlain(value: Json): boolean {
  if (isJsonArray(value)) return value.some(isPlain);
  return value !== null && typeof value !== 'object';
}

function isAnnotation(segments: readonly PathSegment[]): boolean {
  const parent = segments.at(-2);
  return parent?.kind === 'field' && parent.name === 'annotations';
}

/** Every form in which an object's secrets may be repeated: as they stand, in base64, and decoded from it. */
function secretTexts(kind: Kind, readings: readonly Leaves[]): readonly string[] {
  const texts = new Set<string>();
  for (const { byPath } of readings) {
    for (const { segments, value } of byPath.values()) {
      const secrets = isSecretPlace(kind, segments) ? [value] : namedSecrets(value);
      for (const secret of secrets)
        for (const text of plainTexts(secret)) for (const form of [text, ...otherForms(text)]) texts.add(form);
    }
  }
  return [...texts].filter((text) => text.trim() !== '');
}

function* plainTexts(value: Json): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'number' || typeof value === 'bigint') yield value.toString();
  else if (isJsonArray(value)) for (const item of value) yield* plainTexts(item);
  else if (isJsonObject(value)) for (const member of Object.values(value)) yield* plainTexts(member);
}

function otherForms(text: string): readonly string[] {
  const bytes = binaryTag.resolve(text, true, binaryTag.tagName);
  const decoded = bytes instanceof Uint8Array ? utf8Text(bytes) : undefined;
  return [binaryTag.represent(utf8ToBytes(text)), ...(decoded === undefined ? [] : [decoded])];
}

/** Undefined for bytes that are no text. The language itself has no other decoder, and the domain uses nothing of the host. */
function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decodeURIComponent(bytesToHex(bytes).replace(/../g, '%$&'));
  } catch {
    return undefined;
  }
}

/** A short text is repeated only where it stands alone: a password `a` must not blacken every word. */
function repeats(text: string, secret: string): boolean {
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
    if (secret.length >= 6 || !(isWordCharacter(text[at - 1]) || isWordCharacter(text[at + secret.length])))
      return true;
  }
  return false;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}
