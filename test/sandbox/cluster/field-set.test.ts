import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldSet } from '../../../src/sandbox/cluster/field-set.ts';
import {
  describePaths,
  difference,
  emptyFieldSet,
  equalSets,
  fieldSet,
  fromFieldsV1,
  intersection,
  isEmptySet,
  toFieldsV1,
  union,
} from '../../../src/sandbox/cluster/field-set.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"web"}', 'v:"x"');
const setOf = (below: fc.Arbitrary<FieldSet>): fc.Arbitrary<FieldSet> =>
  fc
    .tuple(fc.array(element), fc.array(fc.tuple(element, below), { maxLength: 3 }))
    .map(([members, children]) => fieldSet(members, children));
const anySet = setOf(setOf(setOf(fc.constant(emptyFieldSet))));

describe('a field set', () => {
  it('comes back from fieldsV1 as it was', () => {
    fc.assert(fc.property(anySet, (set) => equalSets(fromFieldsV1(toFieldsV1(set)), set)));
  });

  it('is made of what it shares with another and of what it does not', () => {
    fc.assert(
      fc.property(anySet, anySet, (one, other) =>
        equalSets(union(intersection(one, other), difference(one, other)), one),
      ),
    );
  });

  it('shares nothing with another once that is taken away', () => {
    fc.assert(fc.property(anySet, anySet, (one, other) => isEmptySet(intersection(difference(one, other), other))));
  });

  it('tells its paths as people read them', () => {
    const set = fromFieldsV1({
      'f:spec': {
        'f:replicas': {},
        'f:containers': {
          'k:{"name":"web"}': { '.': {}, 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': {} } },
        },
      },
      'f:finalizers': { 'v:"example.com/a"': {} },
    });
    expect(describePaths(set)).toEqual([
      '.finalizers[="example.com/a"]',
      '.spec.replicas',
      '.spec.containers[name="web"]',
      '.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]',
    ]);
  });
});
