import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldTree, noFields, readFieldTree } from './field-tree.ts';

/** Planwright's name in `metadata.managedFields`. */
export const fieldManager = 'planwright';

/** One entry of `metadata.managedFields`: who wrote which fields, and how. */
export interface ManagedEntry {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
  readonly fields: FieldTree;
  /** As it was read, to be written back untouched. */
  readonly raw: JsonObject;
}

/** What our manager owns of an object by its applies. */
export interface OwnApplyEntry {
  /** The version that the object was last applied in. */
  readonly apiVersion: string;
  /** `fieldsV1`: `f:` for fields, `k:` and `v:` for items of lists. */
  readonly fields: JsonObject;
}

/** Undefined when we never applied the object, or `managedFields` does not say so in a form that can be trusted. It builds no tree: it is asked of every object. */
export function ownApplyEntry(object: JsonObject): OwnApplyEntry | undefined {
  const [entry, ...others] = rawEntries(object).filter(isOwn);
  if (entry === undefined || others.length > 0) return undefined;
  const { apiVersion, fieldsType, fieldsV1 } = entry;
  if (typeof apiVersion !== 'string' || fieldsType !== 'FieldsV1' || !isJsonObject(fieldsV1)) return undefined;
  return { apiVersion, fields: fieldsV1 };
}

export function managedEntries(object: JsonObject): readonly ManagedEntry[] {
  return rawEntries(object).map((raw) => ({
    manager: textOf(raw['manager']),
    operation: textOf(raw['operation']),
    apiVersion: textOf(raw['apiVersion']),
    subresource: textOf(raw['subresource']),
    // Taking it apart costs more than all the rest, and few ask for it.
    get fields() {
      return readFieldTree(raw['fieldsV1']);
    },
    raw,
  }));
}

/** The entry of what Planwright applied. */
export function isOwnEntry({ raw }: Pick<ManagedEntry, 'raw'>): boolean {
  return isOwn(raw);
}

export function ownFields(object: JsonObject): FieldTree {
  return managedEntries(object).find(isOwnEntry)?.fields ?? noFields;
}

function isOwn(raw: JsonObject): boolean {
  return raw['manager'] === fieldManager && raw['operation'] === 'Apply' && textOf(raw['subresource']) === '';
}

function rawEntries(object: JsonObject): readonly JsonObject[] {
  const metadata = object['metadata'];
  const entries = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  return isJsonArray(entries) ? entries.filter(isJsonObject) : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
