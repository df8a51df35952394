import { describe, expect, it } from 'vitest';
import { checkAgainstSchema } from '../../../src/domain/plan/check-against-schema.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';

const text: FieldSchema = { type: 'string' };
const known = new Map<string, FieldSchema>([['kind', text]]);

describe('checking an object against its schema', () => {
  it('finds a field that the schema does not have', () => {
    expect(checkAgainstSchema({ kind: 'Thing', spec: {} }, { type: 'object', properties: known })).toEqual([
      { pointer: '/spec', message: 'unknown field spec' },
    ]);
  });

  it('lets any field stand where the schema keeps unknown ones, and still checks those that it knows', () => {
    const schema: FieldSchema = { type: 'object', properties: known, keepsUnknown: true };
    expect(checkAgainstSchema({ kind: 'Thing', spec: { size: [1, { deep: null }] } }, schema)).toEqual([]);
    expect(checkAgainstSchema({ kind: 1, spec: {} }, schema)).toEqual([
      { pointer: '/kind', message: 'kind must be a string' },
    ]);
  });
});
