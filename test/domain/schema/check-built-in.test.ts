import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import { checkBuiltIn } from '../../../src/domain/schema/check-built-in.ts';

const violations = (object: JsonObject, schema: FieldSchema) => checkBuiltIn(object, schema).violations;
const text: FieldSchema = { type: 'string' };
const known = new Map<string, FieldSchema>([['kind', text]]);

describe('checking an object against its schema', () => {
  it('finds a field that the schema does not have', () => {
    expect(violations({ kind: 'Thing', spec: {} }, { type: 'object', properties: known })).toEqual([
      { pointer: '/spec', message: 'unknown field spec' },
    ]);
  });

  it('lets any field stand where the schema keeps unknown ones, and still checks those that it knows', () => {
    const schema: FieldSchema = { type: 'object', properties: known, keepsUnknown: true };
    expect(violations({ kind: 'Thing', spec: { size: [1, { deep: null }] } }, schema)).toEqual([]);
    expect(violations({ kind: 1, spec: {} }, schema)).toEqual([{ pointer: '/kind', message: 'kind must be a string' }]);
  });

  const field = (schema: FieldSchema): FieldSchema => ({ type: 'object', properties: new Map([['it', schema]]) });
  const int32: FieldSchema = { type: 'integer', constraints: { format: 'int32' } };
  const choice: FieldSchema = { type: 'string', constraints: { enum: ['TCP', 'UDP'] } };
  const bytes: FieldSchema = { type: 'string', constraints: { format: 'byte' } };
  const time: FieldSchema = { type: 'string', constraints: { format: 'date-time' } };
  const either: FieldSchema = { constraints: { format: 'int-or-string' } };
  const quantity: FieldSchema = { type: 'string', quantity: true };
  const ports: FieldSchema = {
    type: 'array',
    listType: 'map',
    listMapKeys: ['port', 'protocol'],
    items: {
      type: 'object',
      properties: new Map<string, FieldSchema>([
        ['port', int32],
        ['protocol', { ...choice, default: 'TCP' }],
      ]),
    },
  };

  it.each([
    ['an integer of 32 bits', int32, [0, -2_147_483_648, null], [2_147_483_648, 1.5, '1', true, 12345678901234567890n]],
    ['an integer of 64 bits', { type: 'integer' }, [2 ** 40, 9223372036854775807n], [9223372036854775808n]],
    ['a choice', choice, ['TCP', ''], ['tcp', 1]],
    ['bytes', bytes, ['', 'YQ==', 'YQ\n=='], ['YQ', '*']],
    [
      'a time',
      time,
      ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.5+01:00'],
      ['2024-01-01', '', '2024-13-01T00:00:00Z'],
    ],
    ['an integer or a string', either, [1, '80%', ''], [1.5, true, {}]],
    ['a quantity', quantity, ['1', 1, 0.5, ' 500m', '1Gi', '1e3', '.5', '-1'], ['1 Gi', '', '1gb', true, {}]],
    [
      'a keyed list',
      ports,
      [[{ port: 1 }, { port: 1, protocol: 'UDP' }], []],
      [[{ port: 1 }, { port: 1, protocol: 'TCP' }], {}],
    ],
  ] as const)('knows %s', (_what, schema, takes, refuses) => {
    for (const value of takes) expect(violations({ it: value as Json }, field(schema))).toEqual([]);
    for (const value of refuses) expect(violations({ it: value as Json }, field(schema))).toHaveLength(1);
  });

  it('finds a required field that is missing or null, and names it', () => {
    const schema: FieldSchema = { ...field(text), constraints: { required: ['it'] } };
    for (const object of [{}, { it: null }])
      expect(violations(object, schema)).toEqual([{ pointer: '/it', message: 'it is required' }]);
    expect(violations({ it: '' }, schema)).toEqual([]);
  });

  it('costs no more than the length of a number, however it ends', () => {
    const before = process.cpuUsage();
    expect(violations({ it: `${'1'.repeat(1_000_000)}x` }, field(quantity))).toHaveLength(1);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});
