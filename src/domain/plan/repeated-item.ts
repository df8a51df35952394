import { canonicalJson, isJsonArray, isJsonObject, type Json } from '../json.ts';
import type { FieldSchema } from './field-schema.ts';

/** JSON pointer of the first item whose key an item before it in the same keyed list or set has too; undefined when there is none. */
export function repeatedItem(value: Json, schema: FieldSchema | undefined, pointer = ''): string | undefined {
  if (schema === undefined) return undefined;
  if (isJsonArray(value)) {
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      const key = keyOf(item, schema);
      if (key !== undefined && seen.has(key)) return `${pointer}/${index}`;
      if (key !== undefined) seen.add(key);
      const below = repeatedItem(item, schema.items, `${pointer}/${index}`);
      if (below !== undefined) return below;
    }
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const path = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const below = repeatedItem(member, schema.properties?.get(name) ?? schema.additionalProperties, path);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** What tells an item from the others of its list; undefined where nothing has to. */
function keyOf(item: Json, list: FieldSchema): string | undefined {
  if (list.listType === 'set') return canonicalJson(item);
  if (list.listType !== 'map' || !isJsonObject(item)) return undefined;
  const keys = (list.listMapKeys ?? []).map((name) => item[name] ?? list.items?.properties?.get(name)?.default ?? null);
  return canonicalJson(keys);
}
