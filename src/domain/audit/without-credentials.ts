import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import { maskCredentials } from '../plan/mask-credentials.ts';

/** The last guard before a record is kept for ever: what looks like a credential in any of its texts is masked. */
export function withoutCredentials(value: Json): Json {
  if (typeof value === 'string') return maskCredentials(value);
  if (isJsonArray(value)) return value.map(withoutCredentials);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutCredentials(member)]));
}
