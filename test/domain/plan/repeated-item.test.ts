import { describe, expect, test } from 'vitest';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import { repeatedItem } from '../../../src/domain/plan/repeated-item.ts';

const ports: FieldSchema = {
  type: 'array',
  listType: 'map',
  listMapKeys: ['port', 'protocol'],
  items: {
    type: 'object',
    properties: new Map<string, FieldSchema>([
      ['port', { type: 'integer' }],
      ['protocol', { type: 'string', default: 'TCP' }],
    ]),
  },
};
const schema: FieldSchema = {
  type: 'object',
  properties: new Map<string, FieldSchema>([
    ['ports', ports],
    ['finalizers', { type: 'array', listType: 'set', items: { type: 'string' } }],
    ['args', { type: 'array', items: { type: 'string' } }],
    ['by/zone', { type: 'object', additionalProperties: ports }],
  ]),
};

describe('an item that is in its list twice', () => {
  test('is the second of those with equal keys, the defaults of keys included', () => {
    const value = { ports: [{ port: 80, protocol: 'UDP' }, { port: 80 }, { port: 80, protocol: 'TCP' }] };
    expect(repeatedItem(value, schema)).toBe('/ports/2');
  });

  test('is found in sets, and below keys that hold a slash', () => {
    expect(repeatedItem({ finalizers: ['a', 'b', 'a'] }, schema)).toBe('/finalizers/2');
    expect(repeatedItem({ 'by/zone': { a: [{ port: 1 }, { port: 1 }] } }, schema)).toBe('/by~1zone/a/1');
  });

  test('is none where the order is what counts, where keys differ, or where nothing is known', () => {
    expect(repeatedItem({ args: ['-v', '-v'] }, schema)).toBeUndefined();
    expect(repeatedItem({ ports: [{ port: 80 }, { port: 80, protocol: 'UDP' }] }, schema)).toBeUndefined();
    expect(repeatedItem({ ports: [{ port: 80 }, { port: 80 }] }, undefined)).toBeUndefined();
  });
});
