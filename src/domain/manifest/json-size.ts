import { isJsonArray, type Json } from '../json.ts';

/** The length of a value as compact JSON, in bytes of UTF-8, as the API server receives it. */
export function compactJsonBytes(value: Json): number {
  if (typeof value === 'string') return textBytes(value);
  if (value === null || typeof value !== 'object') return String(value).length;
  if (isJsonArray(value))
    return value.reduce<number>((sum, item) => sum + compactJsonBytes(item) + 1, 1) + (value.length === 0 ? 1 : 0);
  let bytes = 1;
  let members = 0;
  for (const key of Object.keys(value)) {
    bytes += textBytes(key) + compactJsonBytes(value[key] ?? null) + 2;
    members += 1;
  }
  return members === 0 ? 2 : bytes;
}

function textBytes(text: string): number {
  let bytes = 2;
  for (let at = 0; at < text.length; at += 1) bytes += unitBytes(text.charCodeAt(at));
  return bytes;
}

/** Bytes of one UTF-16 code unit in JSON; the halves of a surrogate pair count two each. */
function unitBytes(unit: number): number {
  if (unit === 0x22 || unit === 0x5c) return 2;
  if (unit < 0x20) return unit === 8 || unit === 9 || unit === 10 || unit === 12 || unit === 13 ? 2 : 6;
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
}
