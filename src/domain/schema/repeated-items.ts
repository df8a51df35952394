import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import { pointerBelow, pointerText, type SchemaViolation } from './schema-check.ts';

/** Items of sets and keyed lists that are there twice, or have no key: server-side apply takes no such list. */
export function repeatedItems(value: Json, schema: FieldSchema): readonly SchemaViolation[] {
  const violations: SchemaViolation[] = [];

  function look(at: Json, known: FieldSchema | undefined, pointer: string): void {
    if (known === undefined) return;
    if (isJsonArray(at)) {
      if (known.listType === 'set' || known.listType === 'map') lookForRepeats(at, known, pointer);
      for (const [index, item] of at.entries()) look(item, known.items, pointerBelow(pointer, index));
    } else if (isJsonObject(at)) {
      for (const [name, member] of Object.entries(at))
        look(member, known.properties?.get(name) ?? known.additionalProperties, pointerBelow(pointer, name));
    }
  }

  function lookForRepeats(list: readonly Json[], known: FieldSchema, pointer: string): void {
    const seen = new Map<string, number>();
    for (const [index, item] of list.entries()) {
      if (known.listType === 'map' && isJsonObject(item) && keysOf(item, known).every((key) => key.length === 0)) {
        const place = pointerBelow(pointer, index);
        violations.push({ pointer: place, message: `${pointerText(place)} needs ${known.listMapKeys?.join(' or ')}` });
        continue;
      }
      const key = itemKey(item, known);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, index);
      else {
        const place = pointerBelow(pointer, index);
        const what = known.listType === 'map' ? `the same ${known.listMapKeys?.join(' and ')}` : 'the same value';
        violations.push({ pointer: place, message: `${pointerText(place)} has ${what} as item ${first}` });
      }
    }
  }

  look(value, schema, '');
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
