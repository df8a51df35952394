import { utf8ToBytes } from '@noble/hashes/utils.js';
import { binaryTag } from 'js-yaml';
import { isJsonArray, isJsonObject, type Json } from '../json.ts';

/** Beyond this length the base64 of a text that is base64 itself costs more than it finds. */
const longestEncodedTwice = 4096;

/** Every text in which a secret value may be repeated: as it stands, in base64, decoded from it, and each of them escaped as in JSON. */
export function secretForms(value: Json): readonly string[] {
  const forms = new Set<string>();
  for (const text of plainTexts(value)) {
    for (const form of [text, ...otherForms(text)]) {
      if (form.trim() === '') continue;
      forms.add(form);
      forms.add(JSON.stringify(form).slice(1, -1));
    }
  }
  return [...forms];
}

function* plainTexts(value: Json): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'number' || typeof value === 'bigint') yield value.toString();
  else if (isJsonArray(value)) for (const item of value) yield* plainTexts(item);
  else if (isJsonObject(value)) for (const member of Object.values(value)) yield* plainTexts(member);
}

/** YAML's `!!binary` is base64 (RFC 4648). */
function otherForms(text: string): readonly string[] {
  const bytes = binaryTag.resolve(text, true, binaryTag.tagName);
  const decoded = bytes instanceof Uint8Array ? utf8Text(bytes) : undefined;
  const encoded = decoded === undefined || text.length <= longestEncodedTwice;
  return [...(encoded ? [binaryTag.represent(utf8ToBytes(text))] : []), ...(decoded === undefined ? [] : [decoded])];
}

/** Undefined for bytes that are no text. The language itself has no other decoder, and the domain uses nothing of the host. */
function utf8Text(bytes: Uint8Array): string | undefined {
  let characters = '';
  for (let at = 0; at < bytes.length; at += 8192) characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  try {
    return decodeURIComponent(
      characters.replace(/[%\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`),
    );
  } catch {
    return undefined;
  }
}
