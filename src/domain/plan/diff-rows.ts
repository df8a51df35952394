import { diffArrays } from 'diff';
import type { MaskedValue } from './effect.ts';
import { type FieldNode, itemsInOrder, type PicturedField, type Shape } from './nest-fields.ts';
import { type YamlLine, yamlKey, yamlLines } from './yaml-lines.ts';

/** Rows that belong together, as indexes into all rows, `to` not included: what surrounds one of them is looked for among the others only. */
export interface Scope {
  readonly from: number;
  readonly to: number;
}

/**
 * One line of an object's picture. ` ` stands on both sides, `-` before, `+` after, `!` on both with a secret value that changes; `#` on neither:
 * a field that several steps set and unset.
 */
export interface DiffRow<Field> {
  readonly sign: ' ' | '-' | '+' | '!' | '#';
  readonly indent: number;
  readonly text: string;
  readonly scope: Scope;
  /** The path of what comes, goes or changes with this row; undefined where nothing does. */
  readonly topic: string | undefined;
  /** Whose steps led here; undefined where there are none. */
  readonly field: Field | undefined;
  /** The row's item changes places: it stands elsewhere on the other side. */
  readonly moved: boolean;
  /** Inside a text of several lines, counted from 1. */
  readonly line: number | undefined;
}

/** Beyond this many changed lines or items two sequences have little in common, and comparing them costs the square of it. */
const maxEdits = 500;

/** Which sides of a node are drawn: an item that changes places is drawn once for each. */
type View = 'both' | 'before' | 'after';

/** Where a node is drawn. */
interface Place<Field> {
  readonly indent: number;
  readonly view: View;
  readonly scope: OpenScope;
  /** Of what comes or goes as a whole, and this with it. */
  readonly topic: string | undefined;
  /** The order that moves the item of which this is a part. */
  readonly order: Field | undefined;
}

interface OpenScope extends Scope {
  to: number;
}

type Drawn<Field> = Pick<DiffRow<Field>, 'sign' | 'indent' | 'text'> & Partial<DiffRow<Field>>;

/**
 * The whole picture: the rows without `+` and `#` are the object before, those without `-` and `#` the object after. A field that does not move has
 * the same rows on both sides whatever its two values look like, so that what the API server only writes differently is no difference.
 */
export function diffRows<Field extends PicturedField<unknown>>(root: FieldNode<Field>): readonly DiffRow<Field>[] {
  const rows: DiffRow<Field>[] = [];

  function draw(place: Place<Field>, row: Drawn<Field>): void {
    const moved = place.order !== undefined;
    rows.push({ topic: undefined, field: undefined, line: undefined, moved, scope: place.scope, ...row });
  }

  function inScope(paint: (scope: OpenScope) => void): void {
    const scope: OpenScope = { from: rows.length, to: rows.length };
    paint(scope);
    scope.to = rows.length;
  }

  function drawNode(node: FieldNode<Field>, introduction: string, place: Place<Field>): void {
    const [before, after] = shapesIn(node, place.view);
    if (before === 'none' && after === 'none') return drawUnset(node, place);
    if (node.field !== undefined && (before === 'value' || after === 'value')) {
      const [first, last] = [
        before === 'value' ? node.field.first : absent,
        after === 'value' ? node.field.last : absent,
      ];
      drawValue(node.field, { introduction, first, last }, place);
    }
    if (before !== 'container' && after !== 'container') return;
    if (before === after) return drawKept(node, introduction, place);
    const topic = place.topic ?? node.path;
    const header = rows.length;
    draw(place, { sign: before === 'container' ? '-' : '+', indent: place.indent, text: introduction, topic });
    drawChildren(node, { ...place, topic });
    attributeHeader(header);
  }

  function drawKept(node: FieldNode<Field>, introduction: string, place: Place<Field>): void {
    const order = settledOrder(node);
    const noted = order === undefined ? {} : { topic: order.path, field: order };
    draw(place, { sign: ' ', indent: place.indent, text: introduction, ...noted });
    inScope((scope) => drawChildren(node, { ...place, scope }));
  }

  /** The first field below says where a whole map or list comes from. */
  function attributeHeader(header: number): void {
    const [row, first] = [rows[header], rows[header + 1]];
    if (row !== undefined && first !== undefined) rows[header] = { ...row, field: first.field };
  }

  function drawChildren(node: FieldNode<Field>, place: Place<Field>): void {
    const items: FieldNode<Field>[] = [];
    for (const child of node.children) {
      if (child.segment?.kind === 'field')
        drawNode(child, yamlKey(child.segment.name), {
          ...place,
          indent: place.indent + (node.segment === undefined ? 0 : 2),
        });
      else items.push(child);
    }
    if (items.length > 0) drawItems(items, node.order, place);
  }

  /** Items are matched by their keys; one that stands in another place among the others is drawn twice. */
  function drawItems(items: readonly FieldNode<Field>[], order: Field | undefined, place: Place<Field>): void {
    const before = items.filter((item) => shapesIn(item, place.view)[0] !== 'none');
    const after = items.filter((item) => shapesIn(item, place.view)[1] !== 'none');
    const [first, last] = [itemsInOrder(before, order?.first), itemsInOrder(after, order?.last)];
    const [inBefore, inAfter] = [new Set(before), new Set(after)];
    for (const part of differenceOf(first, last)) {
      for (const item of part.value) {
        const isMoved = (part.removed && inAfter.has(item)) || (part.added && inBefore.has(item));
        if (isMoved) drawItem(item, { ...place, view: part.removed ? 'before' : 'after', order });
        else drawItem(item, place);
      }
    }
    for (const item of items) if (!inBefore.has(item) && !inAfter.has(item)) drawUnset(item, place);
  }

  function drawItem(item: FieldNode<Field>, place: Place<Field>): void {
    const [before, after] = shapesIn(item, place.view);
    if (before !== 'container' && after !== 'container') return drawNode(item, '-', place);
    if (before === 'value' || after === 'value')
      drawNode({ ...item, children: [], before: valueOnly(before), after: valueOnly(after) }, '-', place);
    const from = rows.length;
    if (before !== after) {
      drawChildren(item, { ...place, topic: place.topic ?? item.path });
      return addDash(from, place.indent);
    }
    inScope((scope) => {
      // Without a row that begins the item on both sides the dash has one of its own.
      if (!beginsAlike(item)) draw({ ...place, scope }, { sign: ' ', indent: place.indent, text: '-' });
      drawChildren(item, { ...place, scope });
      if (beginsAlike(item)) addDash(from, place.indent);
    });
  }

  /** The dash stands on the item's first row of each side. */
  function addDash(from: number, indent: number): void {
    const dashed = new Set<number | undefined>([indexFrom(from, isBefore), indexFrom(from, isAfter)]);
    for (const at of dashed) {
      const row = at === undefined ? undefined : rows[at];
      if (at !== undefined && row !== undefined) rows[at] = { ...row, indent, text: `- ${row.text}` };
    }
  }

  function indexFrom(from: number, isWanted: (row: DiffRow<Field>) => boolean): number | undefined {
    for (let at = from; at < rows.length; at += 1) {
      const row = rows[at];
      if (row !== undefined && isWanted(row)) return at;
    }
    return undefined;
  }

  function drawUnset(node: FieldNode<Field>, place: Place<Field>): void {
    for (const field of [node.field, node.order]) {
      if (field === undefined || field.steps.length === 0) continue;
      draw(place, { sign: '#', indent: place.indent, text: field.path, topic: field.path, field });
    }
    for (const child of node.children) drawUnset(child, place);
  }

  function drawValue(
    field: Field,
    {
      introduction,
      first,
      last,
    }: { readonly introduction: string; readonly first: MaskedValue; readonly last: MaskedValue },
    place: Place<Field>,
  ): void {
    const isKept = first.kind !== 'absent' && last.kind !== 'absent';
    const topic = place.topic ?? field.path;
    const own = { topic, field: field.steps.length > 0 ? field : place.order };
    const words = field.moves ? 'changed (secret)' : 'unchanged (secret)';
    const show = (value: MaskedValue): readonly YamlLine[] => {
      if (value.kind === 'absent') return [];
      return value.kind === 'json'
        ? yamlLines(introduction, value.json)
        : [{ indent: 0, text: `${introduction} ${words}` }];
    };
    if (isKept && !field.moves) {
      const noted = field.steps.length > 0 ? own : {};
      return drawLines(show(last), place, { sign: ' ', ...noted });
    }
    if (isKept && first.kind === 'secret' && last.kind === 'secret')
      return drawLines(show(last), place, { sign: '!', ...own });
    const [before, after] = [show(first), show(last)];
    if (before.length < 2 || after.length < 2) {
      drawLines(before, place, { sign: '-', ...own });
      drawLines(after, place, { sign: '+', ...own });
      return;
    }
    inScope((scope) => drawTexts(before, after, { place: { ...place, scope }, own }));
  }

  function drawLines(
    lines: readonly YamlLine[],
    place: Place<Field>,
    row: Omit<Drawn<Field>, 'indent' | 'text'>,
  ): void {
    for (const line of lines) draw(place, { ...row, indent: place.indent + line.indent, text: line.text });
  }

  function drawTexts(
    before: readonly YamlLine[],
    after: readonly YamlLine[],
    { place, own }: { readonly place: Place<Field>; readonly own: Pick<DiffRow<Field>, 'topic' | 'field'> },
  ): void {
    const same = (left: YamlLine, right: YamlLine): boolean => left.indent === right.indent && left.text === right.text;
    let line = 0;
    for (const part of differenceOf(before, after, same)) {
      const sign = part.removed ? '-' : part.added ? '+' : ' ';
      for (const [index, shown] of part.value.entries()) {
        const at = { indent: place.indent + shown.indent, text: shown.text, line: line + index };
        draw(place, sign === ' ' ? { sign, ...at } : { sign, ...at, ...own });
      }
      if (!part.removed) line += part.value.length;
    }
  }

  drawChildren(root, {
    indent: 0,
    view: 'both',
    scope: { from: 0, to: Number.MAX_SAFE_INTEGER },
    topic: undefined,
    order: undefined,
  });
  return rows;
}

const absent: MaskedValue = { kind: 'absent' };

function shapesIn<Field>(node: FieldNode<Field>, view: View): readonly [Shape, Shape] {
  return [view === 'after' ? 'none' : node.before, view === 'before' ? 'none' : node.after];
}

function valueOnly(shape: Shape): Shape {
  return shape === 'value' ? 'value' : 'none';
}

/** An order whose steps lead back to where they began: its items do not show them. */
function settledOrder<Field extends PicturedField<unknown>>({ order }: FieldNode<Field>): Field | undefined {
  return order !== undefined && !order.moves && order.steps.length > 0 ? order : undefined;
}

export function isBefore({ sign }: Pick<DiffRow<unknown>, 'sign'>): boolean {
  return sign === ' ' || sign === '-' || sign === '!';
}

export function isAfter({ sign }: Pick<DiffRow<unknown>, 'sign'>): boolean {
  return sign === ' ' || sign === '+' || sign === '!';
}

function beginsAlike<Field>({ children }: FieldNode<Field>): boolean {
  return children.find((child) => child.before !== 'none') === children.find((child) => child.after !== 'none');
}

interface Part<Item> {
  readonly value: readonly Item[];
  readonly added: boolean;
  readonly removed: boolean;
}

/** What two sequences share at both ends is not looked at twice; what is too different is taken for wholly different. */
function differenceOf<Item>(
  before: readonly Item[],
  after: readonly Item[],
  same: (left: Item, right: Item) => boolean = (left, right) => left === right,
): readonly Part<Item>[] {
  const shorter = Math.min(before.length, after.length);
  const isSame = (left: Item | undefined, right: Item | undefined): boolean =>
    left !== undefined && right !== undefined && same(left, right);
  let head = 0;
  while (head < shorter && isSame(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && isSame(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const [old, now] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const between = diffArrays(old, now, { comparator: same, maxEditLength: maxEdits }) ?? [
    { value: old, added: false, removed: true },
    { value: now, added: true, removed: false },
  ];
  return [
    { value: after.slice(0, head), added: false, removed: false },
    ...between,
    { value: after.slice(after.length - tail), added: false, removed: false },
  ];
}
