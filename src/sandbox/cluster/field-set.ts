import type { Json, JsonMap } from './json.ts';
import { isMap } from './json.ts';

/**
 * A set of field paths, shaped like `fieldsV1` of managedFields. An element of a path is `f:NAME` for a field or map
 * entry, `k:{…}` for an item of a keyed list, `v:VALUE` for an item of a set.
 */
export interface FieldSet {
  readonly members: ReadonlySet<string>;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const emptyFieldSet: FieldSet = { members: new Set(), children: new Map() };

export const isEmptySet = (set: FieldSet): boolean => set.members.size === 0 && set.children.size === 0;

type Children = readonly (readonly [string, FieldSet])[];

/** A set of these elements, and below them those children that hold something. */
export const fieldSet = (members: Iterable<string>, children: Children): FieldSet => ({
  members: new Set(members),
  children: new Map(children.filter(([, child]) => !isEmptySet(child))),
});

export const childOf = (set: FieldSet, element: string): FieldSet => set.children.get(element) ?? emptyFieldSet;

export function union(one: FieldSet, other: FieldSet): FieldSet {
  const elements = new Set([...one.children.keys(), ...other.children.keys()]);
  return fieldSet(
    one.members.union(other.members),
    [...elements].map((element) => [element, union(childOf(one, element), childOf(other, element))] as const),
  );
}

export const intersection = (one: FieldSet, other: FieldSet): FieldSet =>
  fieldSet(
    one.members.intersection(other.members),
    [...one.children].map(([element, child]) => [element, intersection(child, childOf(other, element))] as const),
  );

export const difference = (one: FieldSet, other: FieldSet): FieldSet =>
  fieldSet(
    one.members.difference(other.members),
    [...one.children].map(([element, child]) => [element, difference(child, childOf(other, element))] as const),
  );

/** The set without the given paths and everything below them. */
export const withoutSubtrees = (set: FieldSet, roots: FieldSet): FieldSet =>
  fieldSet(
    set.members.difference(roots.members),
    [...set.children]
      .filter(([element]) => !roots.members.has(element))
      .map(([element, child]) => [element, withoutSubtrees(child, childOf(roots, element))] as const),
  );

export function equalSets(one: FieldSet, other: FieldSet): boolean {
  return isEmptySet(difference(one, other)) && isEmptySet(difference(other, one));
}

/** The element of a path that names an item of a keyed list. */
export const keyElement = (keys: JsonMap): string => {
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
};

/** One element as server-side apply writes it in paths for people: `.spec`, `[name="web"]`, `[="value"]`. */
export function describeElement(element: string): string {
  const content = element.slice(2);
  if (element.startsWith('f:')) return `.${content}`;
  if (element.startsWith('v:')) return `[=${content}]`;
  const keys: Record<string, Json> = JSON.parse(content);
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

/** Every path of the set, for people, in the order in which a real server tells them. */
export function describePaths(set: FieldSet): readonly string[] {
  const members = [...set.members].sort().map(describeElement);
  const children = [...set.children.keys()].sort();
  return members.concat(
    children.flatMap((element) => describePaths(childOf(set, element)).map((path) => describeElement(element) + path)),
  );
}

/** The set as `fieldsV1` of a managedFields entry. */
export function toFieldsV1(set: FieldSet): JsonMap {
  const elements = [...new Set([...set.members, ...set.children.keys()])].sort();
  return Object.fromEntries(
    elements.map((element) => {
      const child = set.children.get(element);
      if (child === undefined) return [element, {}];
      return [element, { ...(set.members.has(element) ? { '.': {} } : {}), ...toFieldsV1(child) }];
    }),
  );
}

/** Reads `fieldsV1`; what `toFieldsV1` wrote comes back as it was. */
export function fromFieldsV1(fields: JsonMap): FieldSet {
  const entries = Object.entries(fields).filter(([element]) => element !== '.');
  const isMember = (value: Json): boolean => isMap(value) && (Object.keys(value).length === 0 || '.' in value);
  return fieldSet(
    entries.filter(([, value]) => isMember(value)).map(([element]) => element),
    entries.map(([element, value]) => [element, isMap(value) ? fromFieldsV1(value) : emptyFieldSet] as const),
  );
}
