import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';

/** An object without what only the server writes and tools leave in manifests: `status`, and `creationTimestamp: null` in any metadata. */
export function withoutServerFields(object: JsonObject): JsonObject {
  const kept = 'status' in object ? withoutStatus(object) : object;
  if (!holdsNullTimestamp(kept, false)) return kept;
  return asObject(withoutNullTimestamps(kept, false), kept);
}

function withoutStatus({ status: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** Asked first, because it needs no memory and the answer is mostly no. */
function holdsNullTimestamp(value: Json, isMetadata: boolean): boolean {
  if (isJsonArray(value)) return value.some((item) => holdsNullTimestamp(item, false));
  if (!isJsonObject(value)) return false;
  if (isMetadata && value.creationTimestamp === null) return true;
  for (const key in value) if (holdsNullTimestamp(value[key] ?? null, key === 'metadata')) return true;
  return false;
}

function withoutNullTimestamps(value: Json, isMetadata: boolean): Json {
  if (isJsonArray(value)) return value.map((item) => withoutNullTimestamps(item, false));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value)
    .filter(([key, member]) => !(isMetadata && key === 'creationTimestamp' && member === null))
    .map(([key, member]) => [key, withoutNullTimestamps(member, key === 'metadata')] as const);
  return Object.fromEntries(members);
}

function asObject(value: Json, fallback: JsonObject): JsonObject {
  return isJsonObject(value) ? value : fallback;
}
