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

export function managedEntries(object: JsonObject): readonly ManagedEntry[] {
  const metadata = object['metadata'];
  const entries = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  if (!isJsonArray(entries)) return [];
  return entries.filter(isJsonObject).map((raw) => ({
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
export function isOwnEntry({ manager, operation, subresource }: ManagedEntry): boolean {
  return manager === fieldManager && operation === 'Apply' && subresource === '';
}

export function ownFields(object: JsonObject): FieldTree {
  return managedEntries(object).find(isOwnEntry)?.fields ?? noFields;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
