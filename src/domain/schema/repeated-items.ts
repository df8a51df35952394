import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import { pointerText, pointerTo, type SchemaViolation } from './schema-check.ts';

/** Items of sets and keyed lists that are there twice, or have no key: server-side apply takes no such list. */
export function repeatedItems(value: Json, schema: FieldSchema): readonly SchemaViolation[] {
  const violations: SchemaViolation[] = [];

  /** To the value that is looked at. */
  const path: (string | number)[] = [];
  const refuse = (index: number, message: (place: string) => string) => {
    const pointer = pointerTo([...path, index]);
    violations.push({ pointer, message: message(pointerText(pointer)) });
  };

  function look(at: Json, known: FieldSchema | undefined): void {
    if (known === undefined || typeof at !== 'object') return;
    if (isJsonArray(at)) {
      if (known.listType === 'set' || known.listType === 'map') lookForRepeats(at, known);
      const { items } = known;
      for (let index = 0; index < at.length; index += 1) lookBelow(index, at[index], items);
    } else if (at !== null) {
      const { properties, additionalProperties } = known;
      for (const name in at) lookBelow(name, at[name], properties?.get(name) ?? additionalProperties);
    }
  }

  function lookBelow(name: string | number, member: Json | undefined, known: FieldSchema | undefined): void {
    if (typeof member !== 'object') return;
    path.push(name);
    look(member, known);
    path.pop();
  }

  function lookForRepeats(list: readonly Json[], known: FieldSchema): void {
    const seen = new Map<string, number>();
    for (const [index, item] of list.entries()) {
      if (known.listType === 'map' && isJsonObject(item) && keysOf(item, known).every((key) => key.length === 0)) {
        refuse(index, (place) => `${place} needs ${known.listMapKeys?.join(' or ')}`);
        continue;
      }
      if (list.length === 1) continue;
      const key = itemKey(item, known);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, index);
      else {
        const what = known.listType === 'map' ? `the same ${known.listMapKeys?.join(' and ')}` : 'the same value';
        refuse(index, (place) => `${place} has ${what} as item ${first}`);
      }
    }
  }

  look(value, schema);
  return violations;
}

function itemKey(item: Json, list: FieldSchema): string {
  if (list.listType !== 'map' || !isJsonObject(item)) return canonicalJson(item);
  return canonicalJson(keysOf(item, list));
}

/** A key that is left out counts with its default, and is empty where there is none. */
function keysOf(item: JsonObject, list: FieldSchema): readonly (readonly Json[])[] {
  return (list.listMapKeys ?? []).map((name) => {
    const value = Object.hasOwn(item, name) ? item[name] : list.items?.properties?.get(name)?.default;
    return value === undefined ? [] : [value];
  });
}
