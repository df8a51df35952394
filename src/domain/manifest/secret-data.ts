import { utf8ToBytes } from '@noble/hashes/utils.js';
import { binaryTag } from 'js-yaml';
import { isJsonObject, type JsonObject } from '../json.ts';

/**
 * A Secret with its `stringData` moved into `data`, as the API server would store it: base64 of the UTF-8 bytes, and `stringData` wins.
 * Sent as `stringData`, a key that is taken away later would stay on the cluster. All values of `stringData` are texts already.
 */
export function withStringDataEncoded(secret: JsonObject): JsonObject {
  const { stringData, ...rest } = secret;
  if (!isJsonObject(stringData)) return rest;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, base64(String(value))] as const);
  return { ...rest, data: { ...(isJsonObject(secret.data) ? secret.data : {}), ...Object.fromEntries(encoded) } };
}

/** YAML's `!!binary` is base64 (RFC 4648) on one line. */
function base64(text: string): string {
  return binaryTag.represent(utf8ToBytes(text));
}
