import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absent, type EffectValue } from '../../../src/domain/plan/effect.ts';
import { agreesInOrder, isOrderReached, movesOrder } from '../../../src/domain/plan/list-order.ts';

function order(...items: readonly string[]): EffectValue {
  return { kind: 'json', json: JSON.stringify(items) };
}

const items = ['a', 'b', 'c', 'd', 'e'];
const someOrder = fc.shuffledSubarray(items).map((list) => (list.length === 0 ? absent : order(...list)));

describe('the order of a list', () => {
  test.each([
    [['a', 'b'], ['b', 'a'], true],
    [['a', 'b'], ['a', 'b'], false],
    [['a', 'b', 'c'], ['a', 'c'], false],
    [['a', 'b'], ['a'], false],
    [['a'], ['a', 'b'], true],
    [['a'], ['b', 'a'], true],
    [[], ['a'], false],
    [[], ['a', 'b'], true],
    [['sidecar', 'a', 'b'], ['a', 'b'], false],
  ])('going from %j to %j moves it: %s', (before, after, moves) => {
    expect(movesOrder(order(...before), order(...after))).toBe(moves);
  });

  test('that does not exist has nothing to move', () => {
    expect(movesOrder(absent, absent)).toBe(false);
    expect(movesOrder(order('a', 'b'), absent)).toBe(false);
    expect(movesOrder(absent, order('a', 'b'))).toBe(true);
  });

  test.each([
    [['a', 'b'], ['a', 'x', 'b'], true],
    [['a', 'b'], ['b', 'x', 'a'], false],
    [['a'], ['b'], true],
  ])('%j and %j agree: %s', (left, right, agrees) => {
    expect(agreesInOrder(order(...left), order(...right))).toBe(agrees);
    expect(agreesInOrder(order(...right), order(...left))).toBe(agrees);
  });

  test('is reached by the steps of several pull requests', () => {
    const steps = [
      { before: order('a'), after: order('a', 'b') },
      { before: order('a', 'b'), after: order('a', 'b', 'c') },
    ];
    expect(isOrderReached({ before: order('a'), after: order('a', 'b', 'c') }, steps)).toBe(true);
    expect(isOrderReached({ before: order('a'), after: order('a', 'c', 'b') }, steps)).toBe(false);
  });

  test('is not reached by the approved reordering of other items', () => {
    const steps = [{ before: order('c', 'd', 'a'), after: order('d', 'c', 'a') }];
    expect(isOrderReached({ before: order('a', 'b'), after: order('b', 'a') }, steps)).toBe(false);
  });

  test('is not reached by a step that only left it as it was', () => {
    const steps = [{ before: order('b', 'a'), after: order('b', 'a', 'c') }];
    expect(isOrderReached({ before: order('a', 'b'), after: order('b', 'a') }, steps)).toBe(false);
  });

  test('is always reached by all the steps on the way', () => {
    fc.assert(
      fc.property(fc.array(someOrder, { minLength: 2, maxLength: 6 }), (stages) => {
        const steps = stages.slice(1).map((after, index) => ({ before: stages[index] ?? absent, after }));
        expect(isOrderReached({ before: stages[0] ?? absent, after: stages.at(-1) ?? absent }, steps)).toBe(true);
      }),
    );
  });

  test('moves overall only when a step moves it', () => {
    fc.assert(
      fc.property(fc.array(someOrder, { minLength: 2, maxLength: 6 }), (stages) => {
        const moves = stages.slice(1).some((after, index) => movesOrder(stages[index] ?? absent, after));
        expect(moves || !movesOrder(stages[0] ?? absent, stages.at(-1) ?? absent)).toBe(true);
      }),
    );
  });
});
