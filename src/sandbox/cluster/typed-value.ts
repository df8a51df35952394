import { isDeepStrictEqual } from 'node:util';
import type { FieldSet } from './field-set.ts';
import { childOf, describeElement, emptyFieldSet, fieldSet, keyElement } from './field-set.ts';
import type { Json, JsonMap } from './json.ts';
import { isList, isMap } from './json.ts';
import type { FieldType, ListType, MapType, StructType } from './schema.ts';
import { fieldTypeOf } from './schema.ts';

/** A value that does not fit its schema in the way that server-side apply asks for; the message has the path. */
export class TypedValueError extends Error {
  override readonly name = 'TypedValueError';
}

const isLeaf = (type: FieldType): boolean =>
  type.kind === 'scalar' || (type.kind === 'list' ? type.relationship === 'atomic' : type.isAtomic);

const describeGot = (value: Json): string =>
  typeof value === 'string' ? 'string' : `&value.valueUnstructured{Value:${JSON.stringify(value)}}`;

const fits: Readonly<Record<'string' | 'boolean', string>> = { string: 'string', boolean: 'boolean' };

/** Refuses a value with an unknown field, a wrong type or two items of one key; null fits everywhere. */
export function checkTyped(value: Json, type: FieldType, path = ''): void {
  if (value === null) return;
  if (type.kind === 'scalar') {
    checkScalar(value, type.scalar, path);
  } else if (type.kind === 'list') {
    checkList(value, type, path);
  } else {
    if (!isMap(value)) throw new TypedValueError(`${path}: expected map, got ${describeGot(value)}`);
    for (const [field, child] of Object.entries(value)) {
      const fieldType = fieldTypeOf(type, field);
      if (fieldType === undefined) throw new TypedValueError(`${path}.${field}: field not declared in schema`);
      checkTyped(child, fieldType, `${path}.${field}`);
    }
  }
}

function checkScalar(value: Json, scalar: 'string' | 'numeric' | 'boolean' | 'untyped', path: string): void {
  if (scalar === 'untyped') return;
  if (scalar === 'numeric') {
    if (typeof value === 'number') return;
    throw new TypedValueError(`${path}: expected numeric (int or float), got ${describeGot(value)}`);
  }
  if (typeof value !== fits[scalar])
    throw new TypedValueError(`${path}: expected ${scalar}, got ${describeGot(value)}`);
}

function checkList(value: Json, type: ListType, path: string): void {
  if (!isList(value)) throw new TypedValueError(`${path}: expected list, got ${describeGot(value)}`);
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    if (type.relationship === 'atomic') {
      checkTyped(item, type.items, `${path}[${index}]`);
      continue;
    }
    const element = elementOf(item, type, `${path}: element ${index}`);
    const described = describeElement(element);
    if (seen.has(element)) throw new TypedValueError(`${path}: duplicate entries for key ${described}`);
    seen.add(element);
    checkTyped(item, type.items, path + described);
  }
}

function elementOf(item: Json, type: ListType, where: string): string {
  if (type.relationship === 'set') return `v:${JSON.stringify(item)}`;
  if (!isMap(item)) throw new TypedValueError(`${where}: associative list with keys may not have non-map elements`);
  const fields = type.items.kind === 'struct' ? type.items.fields : new Map();
  const keys = type.keys.map((key): [string, Json] => {
    const value = item[key] ?? fields.get(key)?.defaultValue;
    if (value !== undefined && value !== null) return [key, value];
    throw new TypedValueError(
      `${where}: associative list with keys has an element that omits key field ${JSON.stringify(key)} (and doesn't have default value)`,
    );
  });
  return keyElement(Object.fromEntries(keys));
}

type Items = ReadonlyMap<string, Json>;

/** The parts of a value by the elements of their paths: fields, entries or items. */
function partsOf(value: Json | undefined, type: FieldType): Items {
  if (isList(value) && type.kind === 'list') {
    return new Map(value.map((item) => [elementOf(item, type, ''), item] as const));
  }
  if (!isMap(value)) return new Map();
  return new Map(Object.entries(value).map(([field, child]) => [`f:${field}`, child] as const));
}

function partTypeOf(type: Exclude<FieldType, { kind: 'scalar' }>, element: string): FieldType {
  if (type.kind === 'list') return type.items;
  const fieldType = fieldTypeOf(type, element.slice(2));
  if (fieldType !== undefined) return fieldType;
  throw new TypedValueError(`${describeElement(element)}: field not declared in schema`);
}

const isEmptyMap = (value: Json): boolean => isMap(value) && Object.keys(value).length === 0;

/** The paths that an applied value lays claim to: its leaves, and each item and entry. */
export function fieldSetOf(value: Json, type: FieldType): FieldSet {
  if (type.kind === 'scalar' || isLeaf(type)) return emptyFieldSet;
  const members: string[] = [];
  const children: (readonly [string, FieldSet])[] = [];
  for (const [element, part] of partsOf(value, type)) {
    const partType = partTypeOf(type, element);
    children.push([element, fieldSetOf(part, partType)]);
    if (type.kind !== 'struct' || isLeaf(partType) || part === null || isEmptyMap(part)) members.push(element);
  }
  return fieldSet(members, children);
}

export interface Comparison {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

const nothing: Comparison = { added: emptyFieldSet, removed: emptyFieldSet, modified: emptyFieldSet };

const isVoid = (value: Json | undefined): boolean => value === undefined || value === null || isEmptyMap(value);

/** What differs between two values of one type; a part that comes or goes is told together with what is below it. */
export function compareValues(before: Json | undefined, after: Json | undefined, type: FieldType): Comparison {
  if (type.kind === 'scalar' || isLeaf(type)) return nothing;
  const old = partsOf(before, type);
  const fresh = partsOf(after, type);
  const added: string[] = [];
  const removed: string[] = [];
  const modified: string[] = [];
  const below: (readonly [string, Comparison])[] = [];
  for (const element of new Set([...old.keys(), ...fresh.keys()])) {
    const partType = partTypeOf(type, element);
    const was = old.get(element);
    const is = fresh.get(element);
    const isWhole = isLeaf(partType) || (isVoid(was) && isVoid(is));
    if (was === undefined) added.push(element);
    else if (is === undefined) removed.push(element);
    else if (isWhole && !isDeepStrictEqual(was, is)) modified.push(element);
    below.push([element, compareValues(was, is, partType)]);
  }
  return {
    added: fieldSet(
      added,
      below.map(([element, { added }]) => [element, added]),
    ),
    removed: fieldSet(
      removed,
      below.map(([element, { removed }]) => [element, removed]),
    ),
    modified: fieldSet(
      modified,
      below.map(([element, { modified }]) => [element, modified]),
    ),
  };
}

/** Lays one value over another: leaves are replaced, maps united, items matched by their keys. */
export function mergeValues(under: Json | undefined, over: Json | undefined, type: FieldType): Json | undefined {
  if (over === undefined) return under;
  if (under === undefined || type.kind === 'scalar' || isLeaf(type)) return over;
  if (type.kind === 'list') return mergeLists(under, over, type);
  if (isVoid(under) && isVoid(over)) return over;
  return mergeMaps(isMap(under) ? under : {}, isMap(over) ? over : {}, type);
}

function mergeMaps(under: JsonMap, over: JsonMap, type: StructType | MapType): JsonMap {
  const merged: Record<string, Json> = {};
  for (const field of new Set([...Object.keys(under), ...Object.keys(over)])) {
    const value = mergeValues(under[field], over[field], partTypeOf(type, `f:${field}`));
    if (value !== undefined) merged[field] = value;
  }
  return merged;
}

/** The items of `over` keep their order; those that only `under` has stay in front of what they stood in front of. */
function mergeLists(under: Json, over: Json, type: ListType): Json {
  const old = partsOf(under, type);
  const fresh = partsOf(over, type);
  if (fresh.size === 0 && old.size === 0) return over;
  const waiting = [...old.keys()];
  const shared = [...fresh.keys()].filter((element) => old.has(element));
  const merged: Json[] = [];
  for (const [element, item] of fresh) {
    while (waiting.length > 0) {
      const [next = ''] = waiting;
      if (next === element || (fresh.has(next) && next === shared[0])) break;
      waiting.shift();
      const left = fresh.has(next) ? undefined : old.get(next);
      if (left !== undefined) merged.push(left);
    }
    if (waiting[0] === element) waiting.shift();
    if (shared[0] === element) shared.shift();
    merged.push(mergeValues(old.get(element), item, type.items) ?? item);
  }
  for (const element of waiting) {
    const left = fresh.has(element) ? undefined : old.get(element);
    if (left !== undefined) merged.push(left);
  }
  return merged;
}

/** The value without the given paths; a map or list that loses its last part becomes null. */
export function removePaths(value: Json, type: FieldType, paths: FieldSet): Json {
  if (type.kind === 'scalar' || isLeaf(type) || isVoid(value)) return value;
  const kept: (readonly [string, Json])[] = [];
  for (const [element, part] of partsOf(value, type)) {
    if (paths.members.has(element)) continue;
    const below = childOf(paths, element);
    kept.push([element, below === emptyFieldSet ? part : removePaths(part, partTypeOf(type, element), below)]);
  }
  if (kept.length === 0) return null;
  if (type.kind === 'list') return kept.map(([, part]) => part);
  return Object.fromEntries(kept.map(([element, part]) => [element.slice(2), part]));
}

/** The set with every struct field that something is owned below; map entries and items are not added. */
export function withNamedFields(set: FieldSet, type: FieldType): FieldSet {
  if (type.kind === 'scalar') return set;
  const children = [...set.children].map(([element, child]) => {
    const isDeclared = type.kind === 'list' || fieldTypeOf(type, element.slice(2)) !== undefined;
    return [element, isDeclared ? withNamedFields(child, partTypeOf(type, element)) : child] as const;
  });
  const named = type.kind === 'struct' ? set.children.keys() : [];
  return fieldSet([...set.members, ...named], children);
}
