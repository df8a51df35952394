import { isJsonArray, isJsonObject, type JsonObject } from '../json.ts';
import { fieldManager } from './managed-fields.ts';

/** What our manager owns of an object by its applies. */
export interface OwnApplyEntry {
  /** The version that the object was last applied in. */
  readonly apiVersion: string;
  /** `fieldsV1`: `f:` for fields, `k:` and `v:` for items of lists. */
  readonly fields: JsonObject;
}

/** Undefined when we never applied the object, or `managedFields` does not say so in a form that can be trusted. */
export function ownApplyEntry(object: JsonObject): OwnApplyEntry | undefined {
  const metadata = object['metadata'];
  const entries = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  if (!isJsonArray(entries)) return undefined;
  const own = entries
    .filter(isJsonObject)
    .filter(
      (entry) =>
        entry['manager'] === fieldManager && entry['operation'] === 'Apply' && entry['subresource'] === undefined,
    );
  const [entry] = own;
  if (own.length !== 1 || entry === undefined) return undefined;
  const { apiVersion, fieldsType, fieldsV1 } = entry;
  if (typeof apiVersion !== 'string' || fieldsType !== 'FieldsV1' || !isJsonObject(fieldsV1)) return undefined;
  return { apiVersion, fields: fieldsV1 };
}
