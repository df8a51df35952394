import type { MaskedValue } from './effect.ts';
import { bareValue, childPath, type PathSegment } from './field-path.ts';
import type { Leaf, Leaves } from './leaves.ts';
import { isOrderPath, orderOf } from './list-order.ts';

/** What has become of a field before and after, as far as a picture of the object needs it. */
export interface PicturedField<Step> {
  readonly path: string;
  readonly segments: readonly PathSegment[];
  readonly first: MaskedValue;
  readonly last: MaskedValue;
  readonly moves: boolean;
  readonly steps: readonly Step[];
}

/** What stands at a path on one side: nothing, one value, or fields and items of their own. */
export type Shape = 'none' | 'value' | 'container';

/** The fields of one object as they nest, those of both sides in one tree. */
export interface FieldNode<Field> {
  readonly path: string;
  /** Undefined for the object itself. */
  readonly segment: PathSegment | undefined;
  readonly field: Field | undefined;
  /** The order of the items, where this is a keyed list. */
  readonly order: Field | undefined;
  /** Fields in the order in which people read them; items of lists in no order of their own. */
  readonly children: readonly FieldNode<Field>[];
  readonly before: Shape;
  readonly after: Shape;
}

/**
 * Nests the fields. Their order is that of the first of `sources` that has them; a field that only a later source has stands behind the one
 * that it follows there. The object's apiVersion and metadata, and what names an item, come first.
 */
export function nestFields<Field extends PicturedField<unknown>>(
  fields: readonly Field[],
  sources: readonly (Leaves | undefined)[],
): FieldNode<Field> {
  const byPath = new Map(fields.map((field) => [field.path, field]));
  const known = new Set<string>();
  const grown = sources.flatMap((source) => {
    // A source that has nothing new would only say the same order again.
    const paths = [...(source?.byPath.keys() ?? [])].filter((path) => byPath.has(path) && !known.has(path));
    for (const path of paths) known.add(path);
    return source === undefined || paths.length === 0 ? [] : [grow(source.byPath.values(), byPath)];
  });
  return joined('', undefined, grown);
}

/** The tree of one source; Maps keep the order in which its fields stand there. */
interface Branch<Field> {
  readonly segment: PathSegment | undefined;
  readonly children: Map<string, Branch<Field>>;
  field: Field | undefined;
  order: Field | undefined;
}

function grow<Field>(leaves: Iterable<Leaf>, fields: ReadonlyMap<string, Field>): Branch<Field> {
  const root = branch<Field>(undefined);
  for (const leaf of leaves) {
    const field = fields.get(leaf.path);
    if (field === undefined) continue;
    let at = root;
    for (const segment of leaf.segments) {
      const key = childPath('', segment);
      const next = at.children.get(key) ?? branch<Field>(segment);
      at.children.set(key, next);
      at = next;
    }
    if (isOrderPath(leaf.path)) at.order = field;
    else at.field = field;
  }
  return root;
}

function branch<Field>(segment: PathSegment | undefined): Branch<Field> {
  return { segment, children: new Map(), field: undefined, order: undefined };
}

function joined<Field extends PicturedField<unknown>>(
  path: string,
  segment: PathSegment | undefined,
  branches: readonly Branch<Field>[],
): FieldNode<Field> {
  const keys = joinedOrder(branches.map((each) => [...each.children.keys()]));
  const children = keys.flatMap((key) => {
    const same = branches.map((each) => each.children.get(key)).filter((each) => each !== undefined);
    const child = same[0]?.segment;
    return child === undefined ? [] : [joined(childPath(path, child), child, same)];
  });
  const field = branches.find((each) => each.field !== undefined)?.field;
  return {
    path,
    segment,
    field,
    order: branches.find((each) => each.order !== undefined)?.order,
    children: readingOrder(segment, children),
    before: shapeOf(
      children.map((child) => child.before),
      field?.first,
    ),
    after: shapeOf(
      children.map((child) => child.after),
      field?.last,
    ),
  };
}

/** One sequence out of several: the first as it is, each further key behind the one that it follows in its own. */
function joinedOrder(sequences: readonly (readonly string[])[]): readonly string[] {
  const next = new Map<string | undefined, string | undefined>();
  const placed = new Set<string>();
  for (const sequence of sequences) {
    let previous: string | undefined;
    for (const key of sequence) {
      if (!placed.has(key)) {
        placed.add(key);
        next.set(key, next.get(previous));
        next.set(previous, key);
      }
      previous = key;
    }
  }
  const keys: string[] = [];
  for (let key = next.get(undefined); key !== undefined; key = next.get(key)) keys.push(key);
  return keys;
}

function readingOrder<Field>(
  segment: PathSegment | undefined,
  children: readonly FieldNode<Field>[],
): readonly FieldNode<Field>[] {
  const names = segment === undefined ? ['apiVersion', 'metadata'] : segment.kind === 'item' ? keyNames(segment) : [];
  if (names.length === 0) return children;
  const rank = ({ segment: own }: FieldNode<Field>): number => {
    const at = own?.kind === 'field' ? names.indexOf(own.name) : -1;
    return at < 0 ? names.length : at;
  };
  return children.toSorted((left, right) => rank(left) - rank(right));
}

function keyNames(segment: Extract<PathSegment, { readonly kind: 'item' }>): readonly string[] {
  return segment.keys.map(([name]) => name);
}

function shapeOf(children: readonly Shape[], value: MaskedValue | undefined): Shape {
  // An empty map or list stands for whatever container is there.
  if (children.some((shape) => shape !== 'none')) return 'container';
  return value === undefined || value.kind === 'absent' ? 'none' : 'value';
}

/** Items in the order that a side has them in. Those that the order does not name come last. */
export function itemsInOrder<Field>(
  items: readonly FieldNode<Field>[],
  order: MaskedValue | undefined,
): readonly FieldNode<Field>[] {
  if (order === undefined || order.kind !== 'json') return items;
  const rank = new Map(orderOf(order).map((name, index) => [name, index]));
  const rankOf = ({ segment }: FieldNode<Field>): number => {
    const names = segment === undefined ? [] : namesOfItem(segment);
    return names.map((name) => rank.get(name)).find((at) => at !== undefined) ?? rank.size;
  };
  return items.toSorted((left, right) => rankOf(left) - rankOf(right));
}

/** As the order's value writes them: the key's own name is said only where the list has several. */
function namesOfItem(segment: PathSegment): readonly string[] {
  if (segment.kind === 'field') return [segment.name];
  if (segment.kind === 'value') return [bareValue(segment.json)];
  const full = segment.keys.map(([name, json]) => `${name}=${bareValue(json)}`).join(',');
  return segment.keys.length === 1 ? [...segment.keys.map(([, json]) => bareValue(json)), full] : [full];
}
