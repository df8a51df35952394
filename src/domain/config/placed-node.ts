import type { Position } from '../manifest/rendered-object.ts';
import type { YamlNode } from '../manifest/yaml-tree.ts';

/** The position of an offset in the file. */
export type Place = (offset: number) => Position;

/** A node with the key that leads to it. */
export interface PlacedNode {
  readonly node: YamlNode;
  /** Offset of the key; of the item itself in a list, and of the document at the root. */
  readonly keyStart: number;
  /** For people: `"approvals"`, `an entry of "stacks"`, `the file`. */
  readonly name: string;
}

/** The node at a JSON pointer, or the nearest one above it. */
export function placedAt(root: YamlNode, pointer: string): PlacedNode {
  let placed: PlacedNode = { node: root, keyStart: root.start, name: 'the file' };
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const below = childOf(placed, key);
    if (below === undefined) return placed;
    placed = below;
  }
  return placed;
}

/** The node at a path of keys, or undefined when there is none. */
export function findPlaced(root: YamlNode, path: readonly (string | number)[]): PlacedNode | undefined {
  let placed: PlacedNode | undefined = { node: root, keyStart: root.start, name: 'the file' };
  for (const key of path) placed = placed && childOf(placed, String(key));
  return placed;
}

function childOf({ node, name }: PlacedNode, key: string): PlacedNode | undefined {
  if (node.kind === 'mapping') {
    const entry = node.entries.get(key);
    return entry && { node: entry.node, keyStart: entry.keyStart, name: JSON.stringify(key.slice(0, 100)) };
  }
  if (node.kind === 'scalar') return undefined;
  const item = node.items[Number(key)];
  return item && { node: item, keyStart: item.start, name: `an entry of ${name}` };
}
