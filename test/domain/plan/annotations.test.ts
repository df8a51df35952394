import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import { annotationProblems, refusesReplacement, staysBecause, waveOf } from '../../../src/domain/plan/annotations.ts';
import { rendered } from './object-builder.ts';

const content = (annotations: Record<string, Json>, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', annotations, ...metadata },
});
const identity = { group: '', kind: 'ConfigMap', namespace: 'web', name: 'x' };
const problems = (annotations: Record<string, Json>) => annotationProblems(identity, rendered(content(annotations)));

describe('the annotation planwright.dev/wave', () => {
  test.each([
    ['-3', -3],
    ['0', 0],
    ['12', 12],
    ['007', 7],
  ])('%j is wave %i', (text, wave) => {
    expect(waveOf(content({ 'planwright.dev/wave': text }))).toBe(wave);
    expect(problems({ 'planwright.dev/wave': text })).toEqual([]);
  });

  test.each(['', 'first', '1.5', '1e3', '+1', ' 1', '1234567', 3, true, null])('%j is an error', (value) => {
    const found = problems({ 'planwright.dev/wave': value });
    expect(found.map(({ severity }) => severity)).toEqual(['error']);
    expect(found[0]?.message).toContain('ConfigMap web/x: `planwright.dev/wave` is a whole number in quotes');
  });

  test('is 0 where there is none', () => {
    expect(waveOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } })).toBe(0);
  });
});

test.each([
  ['planwright.dev/prune', 'disabled', 'false'],
  ['planwright.dev/replace', 'never', 'no'],
])('%s knows %s and nothing else', (name, known, unknown) => {
  expect(problems({ [name]: known })).toEqual([]);
  expect(problems({ [name]: unknown })[0]?.message).toBe(`ConfigMap web/x: \`${name}\` is \`${known}\` or absent`);
});

test("annotations of others are nobody's business here", () => {
  expect(problems({ 'example.com/wave': 'soon' })).toEqual([]);
});

describe('a live object that is no longer rendered', () => {
  test('may go when it is a member of the target', () => {
    expect(staysBecause(content({}), true)).toBeUndefined();
  });

  test.each<[string, JsonObject, boolean, string]>([
    ['is no member', content({}), false, 'ownership label'],
    ['says so', content({ 'planwright.dev/prune': 'disabled' }), true, 'planwright.dev/prune: disabled'],
    [
      'is owned by a controller',
      content({}, { ownerReferences: [{ controller: true }] }),
      true,
      'a controller owns it',
    ],
  ])('stays when it %s', (_, live, member, reason) => {
    expect(staysBecause(live, member)).toContain(reason);
  });

  test('may go when its owner is no controller', () => {
    expect(staysBecause(content({}, { ownerReferences: [{ controller: false }] }), true)).toBeUndefined();
  });
});

test('a live object refuses to be replaced by its annotation', () => {
  expect(refusesReplacement(content({ 'planwright.dev/replace': 'never' }))).toBe(true);
  expect(refusesReplacement(content({}))).toBe(false);
});
