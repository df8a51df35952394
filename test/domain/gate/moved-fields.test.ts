import { describe, expect, test } from 'vitest';
import { type MovedField, movedFields, namesField, namingCost } from '../../../src/domain/gate/moved-fields.ts';
import type { EffectValue } from '../../../src/domain/plan/effect.ts';
import { readFieldPattern } from '../../../src/domain/plan/field-pattern.ts';
import { json } from '../plan-builder.ts';

const nothing = { kind: 'absent' } as const;
const hidden: EffectValue = { kind: 'secret', hmac: 'a' };

const moved = (path: string, before: EffectValue, after: EffectValue) =>
  movedFields({ moves: [{ path, before, after }] }).map(
    ({ names, opaque }) => `${names.join(' ')}${opaque ? ' …' : ''}`,
  );

function pattern(text: string) {
  const read = readFieldPattern(text);
  if (read.kind === 'invalid') throw new Error(read.message);
  return read.pattern;
}

function field(path: string, overrides: Partial<MovedField> = {}): MovedField {
  const names = path.split(' ');
  return { names, characters: names.join('').length, opaque: false, ...overrides };
}

describe('the fields that move', () => {
  test.each<[string, EffectValue, EffectValue, readonly string[]]>([
    ['a single value', json(1), json(2), ['spec x']],
    ['a value that comes', nothing, json(2), ['spec x']],
    ['a value that goes', json(1), nothing, ['spec x']],
    ['only what differs of two objects', json({ a: 1, b: 1 }), json({ a: 1, b: 2 }), ['spec x b']],
    ['each member of an object that comes', nothing, json({ a: 1, b: { c: 1 } }), ['spec x a', 'spec x b c']],
    ['each member of an object that goes', json({ a: 1 }), json(3), ['spec x a']],
    ['items by their place', json([1, 2]), json([1, 3, 4]), ['spec x [1]', 'spec x [2]']],
    ['an empty object that comes', nothing, json({}), ['spec x']],
    ['the field itself where both sides are the same', json({ a: 1 }), json({ a: 1 }), ['spec x']],
    ['what nobody can see, from either side', hidden, json(1), ['spec x …']],
    ['what nobody can see, from either side', json(1), hidden, ['spec x …']],
  ])('are %s', (_, before, after, expected) => {
    expect(moved('spec.x', before, after)).toEqual(expected);
  });

  test('are of every move, with the length of their names', () => {
    const moves = [
      { path: 'data.key', before: nothing, after: json(1) },
      { path: 'data.other', before: nothing, after: json({ a: 1 }) },
    ];
    expect(movedFields({ moves })).toEqual([
      { names: ['data', 'key'], characters: 7, opaque: false },
      { names: ['data', 'other', 'a'], characters: 10, opaque: false },
    ]);
  });
});

describe('a pattern names a field', () => {
  test.each([
    ['spec', 'spec x', true],
    ['spec.x', 'spec x', true],
    ['spec.x.y', 'spec x', false],
    ['**.y', 'spec x y', true],
    ['spec.*', 'spec x y', true],
    ['data', 'spec x', false],
  ])('%s: %s', (text, path, expected) => {
    expect(namesField(pattern(text), field(path))).toBe(expected);
  });

  test.each([
    ['data.password', 'data', true],
    ['data.a.b', 'data', true],
    ['data', 'data', true],
    ['spec.password', 'data', false],
    ['data.a.b', 'data x', false],
    ['data.a.b', 'data a', true],
  ])('%s, or what may be below %s where nobody can see: %s', (text, path, expected) => {
    expect(namesField(pattern(text), field(path, { opaque: true }))).toBe(expected);
  });
});

describe('the cost of asking', () => {
  test('grows with the levels of both, and for each wildcard with the length of the names', () => {
    const of = field('abc de', { characters: 5 });
    expect(namingCost(pattern('a.b'), of)).toBe(3 * 2);
    expect(namingCost(pattern('a.b*'), of)).toBe(3 * 2 + 2 * 5);
    expect(namingCost(pattern('a?.b*'), of)).toBe(3 * 2 + 4 * 5);
    expect(namingCost(pattern('**.b'), of)).toBe(3 * 2);
  });

  test('is paid for every level that a hidden field may stand for', () => {
    const of = field('abc de', { characters: 5, opaque: true });
    expect(namingCost(pattern('a.b*'), of)).toBe(2 * (3 * 2 + 2 * 5));
  });
});
