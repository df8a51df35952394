import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json, sameJson } from '../../../src/domain/json.ts';
import { json, shuffled } from './arbitrary-json.ts';

describe('canonical JSON', () => {
  test('keeps integers beyond 2^53 in full', () => {
    expect(canonicalJson({ big: 12345678901234567890n })).toBe('{"big":12345678901234567890}');
  });

  test('writes an integer the same, whatever holds it', () => {
    expect(canonicalJson(5n)).toBe(canonicalJson(5));
  });

  test('knows nothing of prototypes', () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Json;
    expect(canonicalJson(hostile)).toBe('{"__proto__":{"polluted":true},"constructor":1}');
    expect(sameJson(hostile, JSON.parse('{"constructor":1}') as Json)).toBe(false);
  });

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, fc.nat(), (value, seed) => {
        expect(canonicalJson(shuffled(value, seed))).toBe(canonicalJson(value));
      }),
    );
  });

  test('tells any two values apart, and nothing else', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        expect(canonicalJson(left) === canonicalJson(right)).toBe(
          fc.stringify(plain(left)) === fc.stringify(plain(right)),
        );
      }),
    );
  });

  test('is JSON, and says the value itself', () => {
    const small = json.filter((value) => !/\d{16}/.test(canonicalJson(value)));
    fc.assert(
      fc.property(small, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(plain(value));
      }),
    );
  });

  test('decides what is the same value', () => {
    const zeros: Json[] = [0, -0, 0n, '0', false, null, [], {}];
    const pair = fc.oneof(
      fc.tuple(json, json),
      fc.tuple(json, fc.nat()).map(([value, seed]) => [value, shuffled(value, seed)] as const),
    );
    const same = (left: Json, right: Json) =>
      expect(sameJson(left, right)).toBe(canonicalJson(left) === canonicalJson(right));
    for (const left of zeros) for (const right of zeros) same(left, right);
    fc.assert(
      fc.property(pair, ([left, right]) => {
        same(left, right);
      }),
    );
  });

  test('an absent value equals an absent one only', () => {
    expect(sameJson(undefined, undefined)).toBe(true);
    expect(sameJson(undefined, null)).toBe(false);
  });
});

/** The value with its keys in order and without what JSON does not know (`-0`). */
function plain(value: Json): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return members
      .map(([key, member]) => [key, plain(member)])
      .reduce(
        (all, [key, member]) =>
          Object.defineProperty(all, key as string, {
            value: member,
            enumerable: true,
            configurable: true,
            writable: true,
          }),
        {},
      );
  }
  return Object.is(value, -0) ? 0 : value;
}
