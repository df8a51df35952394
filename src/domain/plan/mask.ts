import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import type { PathSegment } from './field-path.ts';

const secretWords = new Set(['pass', 'password', 'passwd', 'secret', 'token', 'credential', 'credentials', 'apikey', 'privatekey']);
const secretEndings = /(password|passwd|apikey|privatekey|credentials?)$/;

/**
 * True when a value of this name is masked: its last word (or last two) is one of pass, password, passwd, secret, token, api key, private key,
 * credential(s), in any case and any way of joining words.
 */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1);
  if (last === undefined) return false;
  return secretWords.has(last) || secretWords.has(`${words.at(-2) ?? ''}${last}`) || secretEndings.test(last);
}

/** True when the leaf at this path of an object of this kind may not be shown. */
export function isSecretLeaf(kind: { readonly group: string; readonly kind: string }, segments: readonly PathSegment[], value: Json): boolean {
  const first = segments[0];
  if (kind.group === '' && kind.kind === 'Secret' && first?.kind === 'field' && (first.name === 'data' || first.name === 'stringData')) return true;
  return segments.some((segment, index) => isSecretSegment(segment, segments[index + 1])) || holdsSecret(value);
}

function isSecretSegment(segment: PathSegment, next: PathSegment | undefined): boolean {
  if (segment.kind === 'field') return next === undefined && isSecretName(segment.name);
  if (segment.kind === 'value' || next?.kind !== 'field' || next.name !== 'value') return false;
  return segment.keys.some(([name, json]) => name === 'name' && isSecretName(String(JSON.parse(json))));
}

/** A value that is owned as one can hold named values of its own. */
function holdsSecret(value: Json): boolean {
  if (isJsonArray(value)) return value.some(holdsSecret);
  if (!isJsonObject(value)) return false;
  if (typeof value['name'] === 'string' && value['value'] !== undefined && isSecretName(value['name'])) return true;
  return Object.entries(value).some(([name, member]) => (isScalar(member) && member !== null && isSecretName(name)) || holdsSecret(member));
}

function isScalar(value: Json): boolean {
  return value === null || typeof value !== 'object';
}
