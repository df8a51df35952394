import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { isSecretName } from '../../domain/plan/secret-name.ts';

const masked = '(masked)';

/**
 * The message without secrets. The API quotes values in its errors, as they were sent, escaped, or decoded from base64: each value of a
 * Secret's `data` and `stringData`, and each value named like a credential, that the object holds is replaced. Values that the object
 * does not hold (those of other managers, in a quoted Pod template) are found by their names in the message.
 */
export function maskApiMessage(message: string, object: JsonObject | undefined): string {
  const values = object === undefined ? [] : secretValues(object);
  return maskNamedValues(maskValues(message, values));
}

function secretValues(object: JsonObject): readonly string[] {
  const found = new Set<string>();
  collectNamed(object, found);
  if (object.kind === 'Secret') {
    collectScalars(object.data, found);
    collectScalars(object.stringData, found);
  }
  const forms = new Set<string>();
  for (const value of found) for (const form of formsOf(value)) forms.add(form);
  return [...forms].sort((left, right) => right.length - left.length);
}

function collectNamed(value: Json, found: Set<string>): void {
  if (isJsonArray(value)) {
    for (const item of value) collectNamed(item, found);
    return;
  }
  if (!isJsonObject(value)) return;
  if (typeof value.name === 'string' && isSecretName(value.name)) collectScalars(value.value, found);
  for (const [name, member] of Object.entries(value)) {
    if (isSecretName(name)) collectScalars(member, found);
    collectNamed(member, found);
  }
}

/** The value itself, or the values of a flat list or map: deeper ones have names of their own. */
function collectScalars(value: Json | undefined, found: Set<string>): void {
  const members = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [value];
  for (const member of members) {
    if (typeof member === 'string' && member.trim() !== '') found.add(member);
    if (typeof member === 'number' || typeof member === 'bigint') found.add(String(member));
  }
}

function formsOf(value: string): readonly string[] {
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const isBase64 = Buffer.from(decoded, 'utf8').toString('base64') === value;
  const plain = isBase64 ? [value, decoded] : [value, Buffer.from(value, 'utf8').toString('base64')];
  return plain.flatMap((text) => [text, escaped(text), ...longLines(text)]).filter((text) => text.trim() !== '');
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** An error may quote one line of a key or a certificate. */
function longLines(text: string): readonly string[] {
  if (!text.includes('\n')) return [];
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= 8);
}

function maskValues(message: string, values: readonly string[]): string {
  if (values.length === 0) return message;
  const pattern = values.map(patternOf).join('|');
  return message.replace(new RegExp(pattern, 'gu'), masked);
}

/** A short value is replaced only where it stands alone: a password `a` must not blacken every word. */
function patternOf(value: string): string {
  const literal = RegExp.escape(value);
  return value.length >= 6 ? literal : `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`;
}

function maskNamedValues(message: string): string {
  return message
    .replace(/"((?:[^"\\]|\\.)*)"(\s*:\s*)"((?:[^"\\]|\\.)*)"/g, (whole, name: string, colon: string) =>
      isSecretName(name) ? `"${name}"${colon}"${masked}"` : whole,
    )
    .replace(
      /("name"\s*:\s*"((?:[^"\\]|\\.)*)"\s*,\s*"value"\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
      (whole, start: string, name: string) => (isSecretName(name) ? `${start}"${masked}"` : whole),
    );
}
