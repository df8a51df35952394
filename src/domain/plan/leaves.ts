import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { bareValue, childPath, type PathSegment } from './field-path.ts';
import type { FieldSchema } from './field-schema.ts';
import { isSecretName } from './secret-name.ts';

/** A value that server-side apply owns as one: a scalar, an atomic list or map, an empty list or map, or the order of a list's items. */
export interface Leaf {
  readonly path: string;
  readonly segments: readonly PathSegment[];
  readonly value: Json;
  /** JSON pointer into the object that the leaf was read from; '' for an order. */
  readonly pointer: string;
  /** `order`: `value` lists the items' keys; only their relative order counts. */
  readonly kind: 'value' | 'order';
  /** Of the value: what in it is a quantity. */
  readonly schema: FieldSchema | undefined;
}

export interface Leaves {
  readonly byPath: ReadonlyMap<string, Leaf>;
  /** Paths that hold a granular map or list with something in it. */
  readonly containers: ReadonlySet<string>;
}

export const noLeaves: Leaves = { byPath: new Map(), containers: new Set() };

/** What identifies the object, or belongs to the server alone, is no leaf; `apiVersion` stands for the object's existence. */
const identityAndServerFields = new Set([
  'kind',
  'status',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.deletionTimestamp',
  'metadata.deletionGracePeriodSeconds',
  'metadata.managedFields',
  'metadata.selfLink',
]);

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const ownershipLabel = 'applyset.kubernetes.io/part-of';

/** Every object has these, whatever its kind's schema says. */
const metadataSchema: FieldSchema = {
  properties: new Map<string, FieldSchema>([
    ['finalizers', { listType: 'set', items: {} }],
    ['ownerReferences', { listType: 'map', listMapKeys: ['uid'], items: {} }],
  ]),
};

/**
 * Takes an object apart into the values that server-side apply would own, by the kind's schema. Without a schema maps are granular and lists atomic,
 * which is how the API server reads a type that it does not know.
 *
 * A path names the same thing in every plan: it depends on the schema and the object only.
 */
export function leavesOf(object: JsonObject, schema: FieldSchema | undefined): Leaves {
  const byPath = new Map<string, Leaf>();
  const containers = new Set<string>();

  function add({ path, segments, pointer }: Place, value: Json, at: FieldSchema | undefined): void {
    byPath.set(path, { path, segments, value, pointer, kind: 'value', schema: at });
  }

  function addOrder({ path: list, segments }: Place, names: readonly string[]): void {
    const path = `${list}[*]`;
    byPath.set(path, { path, segments, value: names, pointer: '', kind: 'order', schema: undefined });
  }

  function walk(value: Json, at: FieldSchema | undefined, place: Place): void {
    if (isJsonObject(value)) return walkMap(value, at, place);
    if (isJsonArray(value)) return walkList(value, at, place);
    add(place, value, at);
  }

  function walkMap(map: JsonObject, at: FieldSchema | undefined, place: Place): void {
    const names = Object.keys(map);
    if (names.length === 0 || at?.mapType === 'atomic') return add(place, map, at);
    containers.add(place.path);
    for (const name of names) {
      const child = placeBelow(place, { kind: 'field', name }, name);
      const depth = child.segments.length;
      if (depth <= 2 && identityAndServerFields.has(child.path)) continue;
      if (depth === 3 && isOwnBookkeeping(child.segments)) continue;
      const isMetadata = depth === 1 && name === 'metadata';
      walk(
        map[name] ?? null,
        isMetadata ? metadataSchema : (at?.properties?.get(name) ?? at?.additionalProperties),
        child,
      );
    }
  }

  function walkList(list: readonly Json[], at: FieldSchema | undefined, place: Place): void {
    const keysOf = list.length === 0 || isNamedByASecret(place.segments, at) ? undefined : itemSegment(at);
    if (keysOf === undefined) return add(place, list, at);
    const items = list.map((item) => keysOf(item)).filter((item) => item !== undefined);
    const names = items.map((item) => itemName(item, at));
    // A missing or repeated key makes the list ambiguous; the API refuses it, and until then it is one value.
    if (new Set(names).size !== list.length) return add(place, list, at);
    containers.add(place.path);
    items.forEach((segment, index) => {
      walk(list[index] ?? null, at?.items, placeBelow(place, segment, `${index}`));
    });
    addOrder(place, names);
  }

  walkMap(object, schema, { path: '', segments: [], pointer: '' });
  return { byPath, containers };
}

/** Where a value stands: as a path in both spellings, and in the file. */
interface Place {
  readonly path: string;
  readonly segments: readonly PathSegment[];
  readonly pointer: string;
}

function placeBelow({ path, segments, pointer }: Place, segment: PathSegment, name: string): Place {
  return {
    path: childPath(path, segment),
    segments: [...segments, segment],
    pointer: `${pointer}/${escapePointer(name)}`,
  };
}

/** A path is shown, so that a list whose items are named by secrets is owned as one value. */
function isNamedByASecret(list: readonly PathSegment[], schema: FieldSchema | undefined): boolean {
  if (schema?.listType === 'map') return schema.listMapKeys?.some(isSecretName) === true;
  const name = list.at(-1);
  return name?.kind === 'field' && isSecretName(name.name);
}

function itemSegment(schema: FieldSchema | undefined): ((item: Json) => PathSegment | undefined) | undefined {
  if (schema?.listType === 'set') {
    return (item) =>
      item !== null && typeof item === 'object' ? undefined : { kind: 'value', json: canonicalJson(item) };
  }
  const names = schema?.listType === 'map' ? schema.listMapKeys : undefined;
  if (names === undefined || names.length === 0) return undefined;
  const sorted = [...names].sort();
  return (item) => {
    if (!isJsonObject(item)) return undefined;
    const keys: (readonly [string, string])[] = [];
    for (const name of sorted) {
      const value = item[name] ?? schema?.items?.properties?.get(name)?.default;
      // Keys that an item leaves out without a default are left out of its name too, as the API does.
      if (value === undefined || value === null) continue;
      if (typeof value === 'object') return undefined;
      keys.push([name, canonicalJson(value)]);
    }
    return keys.length === 0 ? undefined : { kind: 'item', keys };
  };
}

/** Names an item among those of its list; the key's own name is said where there are several. */
function itemName(segment: PathSegment, list: FieldSchema | undefined): string {
  if (segment.kind === 'field') return segment.name;
  if (segment.kind === 'value') return bareValue(segment.json);
  if (list?.listMapKeys?.length === 1) return segment.keys.map(([, json]) => bareValue(json)).join();
  return segment.keys.map(([name, json]) => `${name}=${bareValue(json)}`).join(',');
}

function isOwnBookkeeping(segments: readonly PathSegment[]): boolean {
  const [first, second, third] = segments;
  if (first?.kind !== 'field' || second?.kind !== 'field' || third?.kind !== 'field' || first.name !== 'metadata')
    return false;
  if (second.name === 'annotations') return third.name === lastApplied;
  return second.name === 'labels' && third.name === ownershipLabel;
}

function escapePointer(name: string): string {
  return !name.includes('/') && !name.includes('~') ? name : name.replaceAll('~', '~0').replaceAll('/', '~1');
}
