import { describe, expect, test } from 'vitest';
import { expressionObject, SecretRead } from '../../../src/domain/schema/cel/expression-object.ts';

const secret = { kind: 'Secret', type: 'Opaque', data: { password: 'aHVudGVyMg==' } };
const data = () => {
  const read = expressionObject(secret).value.get('data');
  if (!(read instanceof Map)) throw new Error('data is a map');
  return read as Map<string, unknown>;
};

describe('what an expression sees of a secret', () => {
  test('is its names, and how many there are', () => {
    expect([...data().keys()]).toEqual(['password']);
    expect([data().size, data().has('password'), data().has('other')]).toEqual([1, true, false]);
    expect(data().get('other')).toBeUndefined();
    expect(expressionObject(secret).value.get('type')).toBe('Opaque');
  });

  test.each<[string, (map: Map<string, unknown>) => unknown]>([
    ['reading it', (map) => map.get('password')],
    ['listing entries', (map) => map.entries()],
    ['listing values', (map) => map.values()],
    ['visiting each', (map) => map.forEach(() => {})],
    ['going through it', (map) => [...map]],
  ])('is no value: %s', (_, look) => {
    expect(() => look(data())).toThrow(SecretRead);
  });
});
