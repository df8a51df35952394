import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { PathSegment } from './field-path.ts';
import type { Leaves } from './leaves.ts';

/**
 * A set of fields as `fieldsV1` writes it: `f:NAME`, `k:{keys}` and `v:VALUE` lead one level down, `.` is the container itself, and an empty tree
 * a field that is owned with everything below it.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export interface FieldTree {
  readonly [element: string]: FieldTree;
}

const itself = '.';
const leaf: FieldTree = {};

export const noFields: FieldTree = leaf;

/** Whether the tree holds the field, or something above it that is owned as one. */
export function ownsField(tree: FieldTree, segments: readonly PathSegment[]): boolean {
  let at = tree;
  for (const segment of segments) {
    const below = at[elementOf(segment)];
    if (below === undefined) return false;
    if (isLeaf(below)) return true;
    at = below;
  }
  return segments.length > 0;
}

/** The fields that an object's leaves are, with the lists and maps that hold them. */
export function fieldTree({ byPath }: Pick<Leaves, 'byPath'>): FieldTree {
  const root: MutableTree = {};
  for (const { segments, kind, value } of byPath.values()) {
    if (kind === 'order') continue;
    let at = root;
    segments.forEach((segment, depth) => {
      const element = elementOf(segment);
      const below = at[element] ?? {};
      at[element] = below;
      // An empty map or list is there, and owns nothing that others put into it.
      if (depth < segments.length - 1 || isEmptyContainer(value)) below[itself] = {};
      at = below;
    });
  }
  return root;
}

interface MutableTree {
  [element: string]: MutableTree;
}

/** What stands in either; a field that one owns as a whole is whole. */
export function unionFields(left: FieldTree, right: FieldTree): FieldTree {
  const both: Record<string, FieldTree> = { ...left };
  for (const [element, below] of Object.entries(right)) {
    const other = both[element];
    both[element] = other === undefined ? below : isLeaf(other) || isLeaf(below) ? leaf : unionFields(other, below);
  }
  return both;
}

/** Whether one tree holds every field of the other, containers aside. */
export function holdsAll(tree: FieldTree, part: FieldTree): boolean {
  return Object.entries(part).every(([element, below]) => {
    if (element === itself) return true;
    const other = tree[element];
    return other !== undefined && (isLeaf(other) || (!isLeaf(below) && holdsAll(other, below)));
  });
}

/** What stands in both; a field that one owns as a whole has all that the other has below it. */
export function commonFields(left: FieldTree, right: FieldTree): FieldTree {
  const both: Record<string, FieldTree> = {};
  for (const [element, below] of Object.entries(left)) {
    const other = right[element];
    if (other === undefined) continue;
    const common = isLeaf(other) ? below : isLeaf(below) ? other : commonFields(below, other);
    if (isLeaf(below) || !isLeaf(common)) both[element] = common;
  }
  return both;
}

/** The tree without the fields that are chosen, and without what holds nothing any more. */
export function fieldsWithout(
  tree: FieldTree,
  isLeftOut: (segments: readonly PathSegment[]) => boolean,
  above: readonly PathSegment[] = [],
): FieldTree {
  const kept: Record<string, FieldTree> = {};
  for (const [element, below] of Object.entries(tree)) {
    const segment = segmentOf(element);
    const segments = segment === undefined ? above : [...above, segment];
    if (segment !== undefined && isLeftOut(segments)) continue;
    const rest = fieldsWithout(below, isLeftOut, segments);
    if (isLeaf(below) || !isLeaf(rest)) kept[element] = rest;
  }
  return Object.keys(kept).every((element) => element === itself) && Object.keys(tree).some((each) => each !== itself)
    ? leaf
    : kept;
}

/**
 * What server-side apply leaves of an object when its applier, who owned `own`, owns nothing of it any more: fields that nobody keeps go, a list item
 * or a map with all that is in it unless somebody keeps a part. The object itself when nothing goes.
 *
 * @param kept what the new configuration and all other managers own
 */
export function withoutAbandoned(object: JsonObject, own: FieldTree, kept: FieldTree): JsonObject {
  const rest = abandon(object, own, kept);
  return isJsonObject(rest) ? rest : object;
}

function abandon(value: Json, own: FieldTree, kept: FieldTree): Json {
  if (isJsonArray(value)) return abandonItems(value, own, kept);
  if (!isJsonObject(value)) return value;
  const rest: Record<string, Json> = { ...value };
  for (const [element, below] of Object.entries(own)) {
    const segment = segmentOf(element);
    if (segment?.kind !== 'field') continue;
    const child = Object.hasOwn(value, segment.name) ? value[segment.name] : undefined;
    if (child === undefined) continue;
    const left = outcomeOf(child, below, kept[element]);
    if (left === undefined) delete rest[segment.name];
    else rest[segment.name] = left;
  }
  return rest;
}

function abandonItems(list: readonly Json[], own: FieldTree, kept: FieldTree): Json {
  const rest: Json[] = [];
  for (const item of list) {
    const element = Object.keys(own).find((each) => isElementOf(each, item));
    const left = element === undefined ? item : outcomeOf(item, own[element] ?? leaf, kept[element]);
    if (left !== undefined) rest.push(left);
  }
  return rest;
}

/** Undefined: it goes. */
function outcomeOf(value: Json, own: FieldTree, kept: FieldTree | undefined): Json | undefined {
  if (kept !== undefined) return isLeaf(kept) || isLeaf(own) ? value : abandon(value, own, kept);
  return isLeaf(own) || own[itself] !== undefined ? undefined : abandon(value, own, leaf);
}

function isElementOf(element: string, item: Json): boolean {
  const segment = segmentOf(element);
  if (segment?.kind === 'value') return segment.json === canonicalJson(item);
  return (
    segment?.kind === 'item' &&
    isJsonObject(item) &&
    segment.keys.every(([name, json]) => canonicalJson(item[name] ?? null) === json)
  );
}

function isEmptyContainer(value: Json): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}

function isLeaf(tree: FieldTree): boolean {
  return Object.keys(tree).length === 0;
}

export function isEmptyTree(tree: FieldTree): boolean {
  return isLeaf(tree);
}

function elementOf(segment: PathSegment): string {
  switch (segment.kind) {
    case 'field':
      return `f:${segment.name}`;
    case 'item':
      return `k:{${segment.keys.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
    case 'value':
      return `v:${segment.json}`;
  }
}

/** Undefined for `.`, and for what no version of the format that is known here holds. */
function segmentOf(element: string): PathSegment | undefined {
  const text = element.slice(2);
  if (element.startsWith('f:')) return { kind: 'field', name: text };
  const json = parsed(text);
  if (json === undefined) return undefined;
  if (element.startsWith('v:')) return { kind: 'value', json: canonicalJson(json) };
  if (!element.startsWith('k:') || !isJsonObject(json)) return undefined;
  const names = Object.keys(json).sort();
  return { kind: 'item', keys: names.map((name) => [name, canonicalJson(json[name] ?? null)] as const) };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Reads `fieldsV1`; elements in one spelling, for the API server sorts keys and other writers may not. */
export function readFieldTree(value: Json | undefined): FieldTree {
  if (!isJsonObject(value)) return leaf;
  const tree: Record<string, FieldTree> = {};
  for (const [element, below] of Object.entries(value)) {
    const segment = segmentOf(element);
    tree[segment === undefined ? element : elementOf(segment)] = readFieldTree(below);
  }
  return tree;
}

/**
 * Lays fields of the live object over another: values that are there are replaced, items that are missing take the place that they have in live.
 *
 * @param fields which of the live object's
 */
export function withLiveFields(object: JsonObject, live: JsonObject, fields: FieldTree): JsonObject {
  const laid = isLeaf(fields) ? object : overlay(object, live, fields);
  return isJsonObject(laid) ? laid : object;
}

function overlay(value: Json | undefined, live: Json, fields: FieldTree): Json {
  if (isLeaf(fields)) return live;
  if (isJsonArray(live)) return overlayItems(isJsonArray(value) ? value : [], live, fields);
  if (!isJsonObject(live)) return live;
  const laid: Record<string, Json> = isJsonObject(value) ? { ...value } : {};
  for (const [element, below] of Object.entries(fields)) {
    const segment = segmentOf(element);
    if (segment?.kind !== 'field' || !Object.hasOwn(live, segment.name)) continue;
    laid[segment.name] = overlay(laid[segment.name], live[segment.name] ?? null, below);
  }
  return laid;
}

function overlayItems(list: readonly Json[], live: readonly Json[], fields: FieldTree): readonly Json[] {
  const laid = [...list];
  const elements = Object.keys(fields).filter((element) => element !== itself);
  let place = 0;
  for (const item of live) {
    const element = elements.find((each) => isElementOf(each, item));
    const stands = laid.findIndex((other) =>
      element === undefined ? isSameItem(elements, other, item) : isElementOf(element, other),
    );
    if (element !== undefined) {
      const value = overlay(stands < 0 ? undefined : laid[stands], item, fields[element] ?? leaf);
      laid.splice(stands < 0 ? place : stands, stands < 0 ? 0 : 1, value);
    }
    if (element !== undefined || stands >= 0) place = (stands < 0 ? place : stands) + 1;
  }
  return laid;
}

/** By the keys that the list's elements are known by. */
function isSameItem(elements: readonly string[], left: Json, right: Json): boolean {
  const known = elements.map(segmentOf).find((segment) => segment !== undefined);
  if (known?.kind !== 'item') return canonicalJson(left) === canonicalJson(right);
  return (
    isJsonObject(left) &&
    isJsonObject(right) &&
    known.keys.every(([name]) => canonicalJson(left[name] ?? null) === canonicalJson(right[name] ?? null))
  );
}
