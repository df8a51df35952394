import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, jsonTextInTurns, parseJsonText } from '../../../src/adapters/postgres/json-text.ts';

const name = fc.string().filter((key) => key !== '__proto__');
const largeInteger = fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n });
const stored = fc.letrec<{ readonly any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 9 },
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), largeInteger),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(name, tie('any'), { maxKeys: 3 }),
  ),
})).any;

const long = fc.nat({ max: 150_000 }).map((length) => 'x'.repeat(length));
const many = fc.nat({ max: 2_500 }).map((length) => Array.from({ length }, (_, index) => ({ index })));
const large = fc.oneof(stored, fc.array(fc.oneof(stored, long, many), { maxLength: 5 }), fc.dictionary(name, many));

test('what is written down in turns is what is written down at once, and is read as it was', async () => {
  await fc.assert(
    fc.asyncProperty(large, async (value) => {
      const text = await jsonTextInTurns(value);
      expect(text).toBe(jsonText(value));
      expect(parseJsonText(text)).toEqual(value);
    }),
  );
});

test('a member that is undefined is left out, and an item stays where it is', async () => {
  const value = { a: undefined, list: [1, undefined, 2n ** 60n], b: 'x' };
  expect(await jsonTextInTurns(value)).toBe('{"list":[1,null,1152921504606846976],"b":"x"}');
  expect(jsonText(value)).toBe('{"list":[1,null,1152921504606846976],"b":"x"}');
});

test('others have their turns while a large value is written down', async () => {
  let turns = 0;
  let ended = false;
  const count = () => {
    turns += 1;
    if (!ended) setImmediate(count);
  };
  setImmediate(count);
  await jsonTextInTurns({ plans: Array.from({ length: 200_000 }, (_, name) => ({ name, text: 'x'.repeat(200) })) });
  ended = true;
  expect(turns).toBeGreaterThan(3);
});
