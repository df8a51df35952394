import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { coversField, type FieldPattern } from './field-pattern.ts';
import type { FieldSchema } from './field-schema.ts';
import {
  commonFields,
  type FieldTree,
  fieldsWithout,
  fieldTree,
  isEmptyTree,
  noFields,
  unionFields,
} from './field-tree.ts';
import { leavesOf } from './leaves.ts';
import { fieldManager, isOwnEntry, type ManagedEntry, managedEntries } from './managed-fields.ts';

/** Of objects that have no record of managers when they are first applied, as the API server calls it. */
const beforeFirstApply = 'before-first-apply';

/**
 * Who stands for fields that were applied before server-side apply.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
 */
const clientSideManagers: ReadonlySet<string> = new Set(['kubectl-client-side-apply', beforeFirstApply]);
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** An object that was applied client-side, and what becomes of its managers. */
export interface ClientSideApply {
  /** Whose fields become ours. */
  readonly managers: readonly string[];
  /** What Planwright owns then. */
  readonly own: FieldTree;
  /** `metadata.managedFields` as it has to become before the object is applied. */
  readonly managedFields: readonly JsonObject[];
}

/**
 * The fields that kubectl applied become ours, so that those that are rendered no longer go with the next apply. What they are, kubectl itself wrote
 * down in its annotation: its entry alone also holds what the API server added as a default. Those and the ignored ones become nobody's and stay as
 * they are. Undefined where nothing was applied client-side.
 */
export function clientSideApply(of: {
  readonly live: JsonObject;
  readonly rendered: JsonObject;
  readonly schema: FieldSchema | undefined;
  readonly ignored: readonly FieldPattern[];
}): ClientSideApply | undefined {
  const entries = managedEntries(of.live);
  const apiVersion = of.rendered['apiVersion'];
  // Paths of another version of the kind may mean other fields.
  const theirs = entries.filter((entry) => isClientSide(entry) && entry.apiVersion === apiVersion);
  const own = entries.find(isOwnEntry);
  if (theirs.length === 0 || (own !== undefined && own.apiVersion !== apiVersion)) return undefined;

  const applied = unionFields(recorded(of.live, of.schema), fieldTree(leavesOf(of.rendered, of.schema)));
  const owned = theirs.reduce<FieldTree>((all, { fields }) => unionFields(all, fields), noFields);
  const moved = fieldsWithout(commonFields(owned, applied), (segments) => coversField(of.ignored, segments));
  const after = unionFields(own?.fields ?? noFields, moved);
  const others = entries.filter((entry) => entry !== own && !theirs.includes(entry)).map(({ raw }) => raw);
  return {
    managers: [...new Set(theirs.map(({ manager }) => manager))],
    own: after,
    managedFields: isEmptyTree(after) ? others : [...others, entryOf(after, theirs[0]?.raw ?? {})],
  };
}

function isClientSide({ manager, operation, subresource }: ManagedEntry): boolean {
  return clientSideManagers.has(manager) && operation === 'Update' && subresource === '';
}

/** Whether this manager's fields become ours before the object is applied. */
export function isMigrated(manager: string, clientSide: ClientSideApply | undefined): boolean {
  return clientSide?.managers.includes(manager) === true;
}

/** Whether the API server made the manager up, in this very request, for fields of which nobody wrote down who wrote them. */
export function isMadeUp(manager: string, live: JsonObject): boolean {
  return manager === beforeFirstApply && managedEntries(live).length === 0;
}

/** What kubectl wrote down that it applied, and that note itself. */
function recorded(live: JsonObject, schema: FieldSchema | undefined): FieldTree {
  const metadata = memberOf(live, 'metadata');
  const text = memberOf(metadata, 'annotations')[lastApplied];
  const configuration = typeof text === 'string' ? parsed(text) : undefined;
  if (!isJsonObject(configuration)) return noFields;
  const annotation: FieldTree = { 'f:metadata': { 'f:annotations': { [`f:${lastApplied}`]: noFields } } };
  return unionFields(fieldTree(leavesOf(configuration, schema)), annotation);
}

function entryOf(fields: FieldTree, from: JsonObject): JsonObject {
  const { apiVersion = null, time } = from;
  return {
    manager: fieldManager,
    operation: 'Apply',
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/** Manifests are no deeper; what is would only be there to exhaust whoever looks into it. */
const maxDepth = 100;

function parsed(text: string): Json | undefined {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isTooDeep(json: string): boolean {
  let depth = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}
