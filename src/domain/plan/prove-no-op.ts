import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject, sameJson } from '../json.ts';
import type { FieldSchema } from './field-schema.ts';
import { ownApplyEntry } from './managed-fields.ts';

/** An object as it would be sent and as it is, with the schema that the cluster publishes for it. */
export interface ApplyInQuestion {
  readonly sent: JsonObject;
  /** Read in the version that `sent` names, from a consistent LIST or GET. */
  readonly live: JsonObject;
  readonly schema: FieldSchema | undefined;
}

/** Rendered metadata that the proof knows how to compare; the rest has rules of its own in the API server. */
const comparedMetadata = new Set(['name', 'namespace', 'labels', 'annotations']);

/**
 * True when server-side apply would change nothing, which follows from the live object alone: our manager's entry in `managedFields` owns exactly the
 * leaves that are sent, and each of them stands in the object as it is sent, list items in the sent order. False means unproven, not different.
 *
 * It says nothing about mutating admission, which can change an object that an apply leaves as it is: ask `MutatingAdmission` first.
 */
export function provesNoOp({ sent, live, schema }: ApplyInQuestion): boolean {
  const [metadata, liveMetadata] = [sent['metadata'], live['metadata']];
  if (!isJsonObject(metadata) || !isJsonObject(liveMetadata)) return false;
  if (liveMetadata['deletionTimestamp'] !== undefined) return false;
  if (!Object.keys(metadata).every((name) => comparedMetadata.has(name))) return false;
  const entry = ownApplyEntry(live);
  if (entry === undefined || entry.apiVersion !== sent['apiVersion'] || live['apiVersion'] !== sent['apiVersion'])
    return false;
  return isOwnedAsSent(withoutIdentity(sent, metadata), live, entry.fields, schema);
}

/** What names the object is owned by nobody. */
function withoutIdentity(sent: JsonObject, metadata: JsonObject): JsonObject {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = sent;
  const { name: _name, namespace: _namespace, ...owned } = metadata;
  return Object.keys(owned).length === 0 ? rest : { ...rest, metadata: owned };
}

function isOwnedAsSent(
  sent: Json,
  live: Json | undefined,
  fields: Json | undefined,
  schema: FieldSchema | undefined,
): boolean {
  if (live === undefined || !isJsonObject(fields)) return false;
  const children = Object.keys(fields).filter((name) => name !== '.');
  if (children.length === 0) return isSameLeaf(sent, live, schema);
  if (isJsonArray(sent)) return areItemsOwned(sent, live, { fields, children }, schema);
  if (!isJsonObject(sent) || !isJsonObject(live) || schema?.mapType === 'atomic') return false;
  const names = Object.keys(sent);
  return (
    names.length === children.length &&
    names.every((name) =>
      isOwnedAsSent(
        sent[name] ?? null,
        live[name],
        fields[`f:${name}`],
        schema?.properties?.get(name) ?? schema?.additionalProperties,
      ),
    )
  );
}

/** A leaf was owned as one value; where the schema of today takes such a value apart, its ownership is not what an apply would make of it. */
function isSameLeaf(sent: Json, live: Json, schema: FieldSchema | undefined): boolean {
  if (isJsonArray(sent) && sent.length > 0 && (schema?.listType ?? 'atomic') !== 'atomic') return false;
  if (isJsonObject(sent) && Object.keys(sent).length > 0 && schema?.mapType !== 'atomic') return false;
  return sent === live || sameJson(sent, live);
}

interface OwnedItems {
  readonly fields: JsonObject;
  readonly children: readonly string[];
}

function areItemsOwned(
  sent: readonly Json[],
  live: Json,
  { fields, children }: OwnedItems,
  schema: FieldSchema | undefined,
): boolean {
  const nameOf = itemNames(schema);
  if (nameOf === undefined || !isJsonArray(live) || sent.length !== children.length) return false;
  const owned = new Map(children.map((child) => [ownedName(child), fields[child]]));
  const standing = new Map<string, number>();
  for (const [index, item] of live.entries()) {
    const name = nameOf(item);
    if (name === undefined || standing.has(name)) return false;
    standing.set(name, index);
  }
  let last = -1;
  for (const item of sent) {
    const name = nameOf(item);
    if (name === undefined || !owned.has(name)) return false;
    const index = standing.get(name) ?? -1;
    if (index <= last) return false;
    last = index;
    if (!isOwnedAsSent(item, live[index], owned.get(name), schema?.items)) return false;
  }
  return true;
}

/** Names the items of a keyed list or of a set as `managedFields` does; a key that an item leaves out counts only where the schema says its default. */
function itemNames(schema: FieldSchema | undefined): ((item: Json) => string | undefined) | undefined {
  if (schema?.listType === 'set')
    return (item) => (item !== null && typeof item === 'object' ? undefined : `v:${canonicalJson(item)}`);
  const keys = schema?.listType === 'map' ? schema.listMapKeys : undefined;
  if (keys === undefined || keys.length === 0) return undefined;
  return (item) => {
    if (!isJsonObject(item)) return undefined;
    const named: Record<string, Json> = {};
    for (const key of keys) {
      const value = item[key] ?? schema?.items?.properties?.get(key)?.default;
      if (value === undefined) return undefined;
      named[key] = value;
    }
    return `k:${canonicalJson(named)}`;
  };
}

/** `k:{"name":"web"}` and `v:"a"` with the JSON in its one form; anything else names no item. */
function ownedName(child: string): string {
  const prefix = child.slice(0, 2);
  if (prefix !== 'k:' && prefix !== 'v:') return child;
  try {
    return `${prefix}${canonicalJson(JSON.parse(child.slice(2)) as Json)}`;
  } catch {
    return child;
  }
}
