import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/domain/json.ts';

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'name', 'value', 'data', 'spec', 'x.y', 'a/b', '[*]', '~1', '') },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ maxLength: 8 }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
);

/** Any JSON value, with keys that paths and pointers have to quote. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

export const jsonObject: fc.Arbitrary<JsonObject> = fc.dictionary(name, json, { maxKeys: 5, noNullPrototype: true });

/** The same value with its maps' keys in another order. */
export function shuffled(value: Json, seed: number): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, seed));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject);
  const rank = (key: string) =>
    [...`${seed}${key}`].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7);
  entries.sort(([left], [right]) => rank(left) - rank(right) || (left < right ? 1 : -1));
  return Object.fromEntries(entries.map(([key, member]) => [key, shuffled(member, seed)]));
}
