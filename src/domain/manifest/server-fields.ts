import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';

/** An object without what only the server writes and tools leave in manifests: `status`, and `creationTimestamp: null` in any metadata. */
export function withoutServerFields(object: JsonObject): JsonObject {
  const { status: _, ...rest } = object;
  const kept = 'status' in object ? rest : object;
  return asObject(withoutNullTimestamps(kept, false), kept);
}

/** Values that hold no such timestamp are handed back as they are. */
function withoutNullTimestamps(value: Json, isMetadata: boolean): Json {
  if (isJsonArray(value)) {
    const items = value.map((item) => withoutNullTimestamps(item, false));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  if (!isJsonObject(value)) return value;
  const drops = isMetadata && value.creationTimestamp === null;
  let changed = drops;
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (drops && key === 'creationTimestamp') continue;
    const kept = withoutNullTimestamps(member, key === 'metadata');
    changed ||= kept !== member;
    members.push([key, kept]);
  }
  return changed ? Object.fromEntries(members) : value;
}

function asObject(value: Json, fallback: JsonObject): JsonObject {
  return isJsonObject(value) ? value : fallback;
}
