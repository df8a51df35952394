import type { EffectValue } from './effect.ts';

/** Whether a field is the order of a list's items; its value lists their names. */
export function isOrderPath(path: string): boolean {
  return path.endsWith('[*]');
}

/** The names of a list's items in their order; none when there is no such list. */
export function orderOf(value: EffectValue): readonly string[] {
  return value.kind === 'json' ? (JSON.parse(value.json) as readonly string[]) : [];
}

/**
 * An order is what it says of each two items: which comes first. Going to another order is a move when it puts two items in an order that they had not
 * before, be it that they changed places or that one of them is new. Items that go away leave the order of the others as it was.
 */
export function movesOrder(before: EffectValue, after: EffectValue): boolean {
  const stands = positions(orderOf(before));
  return neighbours(orderOf(after)).some(([first, second]) => !comesBefore(stands, first, second));
}

/** The items that both hold stand in the same order. */
export function agreesInOrder(left: EffectValue, right: EffectValue): boolean {
  const [first, second] = [orderOf(left), orderOf(right)];
  const [inFirst, inSecond] = [new Set(first), new Set(second)];
  const common = second.filter((item) => inFirst.has(item));
  return first.filter((item) => inSecond.has(item)).every((item, index) => item === common[index]);
}

interface OrderStep {
  readonly before: EffectValue;
  readonly after: EffectValue;
}

/**
 * True when every two neighbours of the new order stood so before, or a step put them so: what holds for neighbours holds for all. A step that only
 * left them as they were says nothing.
 */
export function isOrderReached(move: OrderStep, steps: readonly OrderStep[]): boolean {
  const stands = positions(orderOf(move.before));
  const moved = steps.map((step) => ({
    before: positions(orderOf(step.before)),
    after: positions(orderOf(step.after)),
  }));
  return neighbours(orderOf(move.after)).every(
    ([first, second]) =>
      comesBefore(stands, first, second) ||
      moved.some((step) => comesBefore(step.after, first, second) && !comesBefore(step.before, first, second)),
  );
}

type Positions = ReadonlyMap<string, number>;

function positions(items: readonly string[]): Positions {
  return new Map(items.map((item, index) => [item, index]));
}

function comesBefore(order: Positions, first: string, second: string): boolean {
  const [left, right] = [order.get(first), order.get(second)];
  return left !== undefined && right !== undefined && left < right;
}

function neighbours(items: readonly string[]): readonly (readonly [string, string])[] {
  return items.slice(1).map((item, index) => [items[index] ?? item, item] as const);
}
