import { expect, test } from 'vitest';
import { RememberedObjects } from '../../../src/adapters/kubernetes/remembered-objects.ts';

const collection = { path: '/api/v1/configmaps', schema: 's' };
const object = (uid: string, resourceVersion = '1') => ({ metadata: { uid, resourceVersion } });
const state = (uid: string, resourceVersion = '1') => ({ uid, resourceVersion });

test('what was used longest ago goes first when there is too much', () => {
  const remembered = new RememberedObjects(25);
  remembered.keep(collection, object('a'), 10);
  remembered.keep(collection, object('b'), 10);
  remembered.find(collection, state('a'));
  remembered.keep(collection, object('c'), 10);
  expect(['a', 'b', 'c'].map((uid) => remembered.find(collection, state(uid)) !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
  expect(remembered.count(collection.path)).toBe(2);
});

test('an object is remembered in its newest state only, and its room is given back', () => {
  const remembered = new RememberedObjects(25);
  for (let version = 1; version <= 20; version += 1) remembered.keep(collection, object('a', String(version)), 10);
  remembered.keep(collection, object('b'), 10);
  expect(remembered.find(collection, state('a', '19'))).toBeUndefined();
  expect(remembered.find(collection, state('a', '20'))).toEqual(object('a', '20'));
  expect(remembered.count(collection.path)).toBe(2);
});

test('an object larger than the whole memory, or one without UID, is not remembered', () => {
  const remembered = new RememberedObjects(25);
  remembered.keep(collection, object('a'), 26);
  remembered.keep(collection, { metadata: { name: 'b' } }, 1);
  expect(remembered.count(collection.path)).toBe(0);
});
