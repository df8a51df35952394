import type { Position } from './rendered-object.ts';
import type { YamlMapping, YamlNode } from './yaml-tree.ts';

/** More than the largest CustomResourceDefinitions have; annotations beyond fall back to the object's own line. */
const maxPositions = 50_000;

/** Where the fields of an object stand, by JSON pointer (RFC 6901): keys of mappings and items of lists. */
export function fieldPositions(object: YamlMapping, at: (offset: number) => Position): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>();
  collect(object, '', (pointer, offset) => {
    if (positions.size < maxPositions) positions.set(pointer, at(offset));
    return positions.size < maxPositions;
  });
  return positions;
}

/** Stops (false) as soon as `add` does: a bomb of aliases is a small tree with very many paths. */
function collect(node: YamlNode, pointer: string, add: (pointer: string, offset: number) => boolean): boolean {
  if (node.kind === 'scalar') return true;
  if (node.kind === 'sequence') {
    return node.items.every(
      (item, index) => add(`${pointer}/${index}`, item.start) && collect(item, `${pointer}/${index}`, add),
    );
  }
  for (const [key, entry] of node.entries) {
    const child = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!add(child, entry.keyStart) || !collect(entry.node, child, add)) return false;
  }
  return true;
}
