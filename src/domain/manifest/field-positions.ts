import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import { LazyPositions } from './lazy-positions.ts';
import type { Position } from './rendered-object.ts';
import type { YamlMapping, YamlNode } from './yaml-tree.ts';

/** More than the largest CustomResourceDefinitions have; annotations beyond fall back to the object's own line. */
const maxPositions = 50_000;

/**
 * Where the fields of an object stand, by JSON pointer (RFC 6901): keys of mappings and items of lists. Kept until somebody asks are the offsets alone, in
 * the order of a walk through the value: pointers and positions take more time and memory than all else of decoding.
 */
export function fieldPositions(object: YamlMapping, at: (offset: number) => Position): ReadonlyMap<string, Position> {
  const offsets: number[] = [];
  collect(object, offsets);
  const { value } = object;
  return new LazyPositions(() => {
    const positions = new Map<string, Position>();
    name(value, '', (pointer) => {
      const offset = offsets[positions.size];
      if (offset !== undefined) positions.set(pointer, at(offset));
      return offset !== undefined;
    });
    return positions;
  });
}

/** Stops (false) as soon as there are enough: a bomb of aliases is a small tree with very many paths. */
function collect(node: YamlNode, offsets: number[]): boolean {
  if (node.kind === 'scalar') return true;
  if (node.kind === 'sequence') {
    for (const item of node.items) {
      if (offsets.length >= maxPositions) return false;
      offsets.push(item.start);
      if (item.kind !== 'scalar' && !collect(item, offsets)) return false;
    }
    return true;
  }
  // Keys that look like integers come first in the value, in whatever order they are written.
  for (const key in node.value) {
    const entry = node.entries.get(key);
    if (entry === undefined) continue;
    if (offsets.length >= maxPositions) return false;
    offsets.push(entry.keyStart);
    if (entry.node.kind !== 'scalar' && !collect(entry.node, offsets)) return false;
  }
  return true;
}

/** The walk of `collect`, through the value: `add` is given the pointer of each step, and stops (false) behind the last. */
function name(value: Json, pointer: string, add: (pointer: string) => boolean): boolean {
  if (isJsonArray(value)) {
    return value.every((item, index) => add(`${pointer}/${index}`) && name(item, `${pointer}/${index}`, add));
  }
  if (!isJsonObject(value)) return true;
  for (const key in value) {
    const child = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!add(child) || !name(value[key] ?? null, child, add)) return false;
  }
  return true;
}
