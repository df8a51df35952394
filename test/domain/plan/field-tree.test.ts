import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../src/domain/json.ts';
import {
  commonFields,
  type FieldTree,
  fieldTree,
  holdsAll,
  noFields,
  ownsField,
  readFieldTree,
  unionFields,
  withLiveFields,
  withoutAbandoned,
} from '../../../src/domain/plan/field-tree.ts';
import { leavesOf } from '../../../src/domain/plan/leaves.ts';
import { deployment, deploymentSchema, serviceSchema } from './object-builder.ts';

const object = deployment({
  replicas: 2,
  template: {
    spec: {
      containers: [
        { name: 'web', image: 'web:1' },
        { name: 'side', image: 'side:1' },
      ],
    },
  },
});
const leaves = leavesOf(object, deploymentSchema);
const tree = fieldTree(leaves);
const names = fc.constantFrom('f:a', 'f:b', 'k:{"name":"c"}', '.');
const trees: fc.Arbitrary<FieldTree> = fc.letrec<{ tree: FieldTree }>((tie) => ({
  tree: fc.dictionary(names, fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('tree')), { maxKeys: 3 }),
})).tree;

describe('a tree of fields', () => {
  test('holds every leaf that it was made from', () => {
    for (const leaf of leaves.byPath.values())
      if (leaf.kind === 'value') expect(ownsField(tree, leaf.segments)).toBe(true);
  });

  test('names items as the API server does, in whatever spelling they are read', () => {
    const ports = { spec: { ports: [{ port: 80, name: 'http' }] } };
    const item = 'k:{"port":80,"protocol":"TCP"}';
    const fieldsV1 = { 'f:spec': { '.': {}, 'f:ports': { '.': {}, [item]: { '.': {}, 'f:name': {}, 'f:port': {} } } } };
    expect(fieldTree(leavesOf(ports, serviceSchema))).toEqual(fieldsV1);
    expect(readFieldTree({ 'k:{"protocol":"TCP", "port":80}': {} })).toEqual({ [item]: {} });
  });

  test('reads what it does not know as it stands', () => {
    expect(readFieldTree({ 'i:0': { 'k:{': {}, 'f:constructor': {} } })).toEqual({
      'i:0': { 'k:{': {}, 'f:constructor': {} },
    });
    expect(readFieldTree('fields')).toEqual(noFields);
  });

  test('a union holds both, and what is common both hold', () => {
    fc.assert(
      fc.property(trees, trees, (left, right) => {
        const both = unionFields(left, right);
        expect(holdsAll(both, left) && holdsAll(both, right)).toBe(true);
        const common = commonFields(left, right);
        expect(holdsAll(left, common) && holdsAll(right, common)).toBe(true);
        expect(holdsAll(common, commonFields(right, left))).toBe(true);
        expect(unionFields(left, left)).toEqual(left);
      }),
    );
  });
});

describe('what its applier abandons', () => {
  const all: FieldTree = tree;
  const without = (own: FieldTree, kept: FieldTree) => withoutAbandoned(object, own, kept)['spec'];

  test('goes, item and map as a whole', () => {
    const kept = fieldTree(
      leavesOf(deployment({ template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } }), deploymentSchema),
    );
    expect(without(all, kept)).toEqual({ template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } });
  });

  test('takes what nobody owns along when the item goes', () => {
    const item: FieldTree = { 'k:{"name":"side"}': { '.': {}, 'f:name': {} } };
    const own: FieldTree = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': item } } } };
    expect(JSON.stringify(without(own, noFields))).not.toContain('side');
  });

  test('stays as far as somebody keeps it', () => {
    const item: FieldTree = { 'k:{"name":"side"}': { 'f:image': {} } };
    const kept: FieldTree = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': item } } } };
    expect(without(all, kept)).toEqual({ template: { spec: { containers: [{ image: 'side:1' }] } } });
  });

  test('is nothing where all is kept, and nothing of what is not owned', () => {
    expect(withoutAbandoned(object, all, all)).toEqual(object);
    expect(withoutAbandoned(object, noFields, noFields)).toEqual(object);
  });

  test('and laid over again gives the object back', () => {
    fc.assert(
      fc.property(fc.subarray([...leaves.byPath.values()].filter(({ kind }) => kind === 'value')), (chosen) => {
        const fields = fieldTree({ byPath: new Map(chosen.map((leaf) => [leaf.path, leaf])) });
        expect(withLiveFields(object, object, fields)).toEqual(object);
      }),
    );
  });

  test('never touches the prototype of what names it', () => {
    const own: FieldTree = { 'f:constructor': {}, 'f:toString': {} };
    const rest: JsonObject = withoutAbandoned(object, own, noFields);
    expect(isJsonObject(rest) && Object.keys(rest)).toEqual(Object.keys(object));
  });
});
