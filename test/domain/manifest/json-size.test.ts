import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../../src/domain/json.ts';
import { compactJsonBytes } from '../../../src/domain/manifest/json-size.ts';

test('the size of a value is that of its compact JSON in UTF-8', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(compactJsonBytes(value as Json)).toBe(Buffer.byteLength(JSON.stringify(value)));
    }),
    { numRuns: 1000 },
  );
});

test('an exact integer counts its digits', () => {
  expect(compactJsonBytes({ a: 9223372036854775807n })).toBe('{"a":9223372036854775807}'.length);
});
