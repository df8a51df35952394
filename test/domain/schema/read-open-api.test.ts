import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/domain/json.ts';
import { readOpenApi } from '../../../src/domain/schema/read-open-api.ts';

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const kind = (name: string) => [{ group: 'example.com', version: 'v1', kind: name }];

const document: Json = {
  components: {
    schemas: {
      Thing: {
        type: 'object',
        'x-kubernetes-group-version-kind': kind('Thing'),
        properties: {
          tree: { allOf: [reference('Node')], default: {}, description: 'the root' },
          atomic: { allOf: [reference('Node')], 'x-kubernetes-map-type': 'atomic' },
          amount: reference('io.k8s.apimachinery.pkg.api.resource.Quantity'),
          either: { 'x-kubernetes-int-or-string': true },
          anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          protocol: { type: 'string', default: 'TCP' },
          gone: reference('NotThere'),
        },
      },
      Node: {
        type: 'object',
        properties: { label: { type: 'string' }, children: { type: 'array', items: reference('Node') } },
      },
      'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string' },
      DeleteOptions: {
        type: 'object',
        'x-kubernetes-group-version-kind': [...kind('DeleteOptions'), ...kind('Thing')],
      },
    },
  },
};

describe('a schema read from OpenAPI', () => {
  const thing = readOpenApi(document)('example.com', 'v1', 'Thing');
  const field = (name: string) => thing?.properties?.get(name);

  it('follows references, to any depth of a recursive one', () => {
    let node = field('tree');
    for (let depth = 0; depth < 100; depth += 1) node = node?.properties?.get('children')?.items;
    expect(node?.properties?.get('label')).toEqual({ type: 'string' });
  });

  it('adds what stands beside a reference', () => {
    expect(field('atomic')).toMatchObject({ type: 'object', mapType: 'atomic' });
    expect(field('atomic')?.properties?.get('label')?.type).toBe('string');
    expect(field('tree')?.mapType).toBeUndefined();
  });

  it('knows quantities, sets, defaults and values of any type', () => {
    expect(field('amount')).toEqual({ type: 'string', quantity: true });
    expect(field('tags')).toMatchObject({ type: 'array', listType: 'set', items: { type: 'string' } });
    expect(field('protocol')).toEqual({ type: 'string', default: 'TCP' });
    expect(field('either')).toEqual({ constraints: { intOrString: true } });
    expect(field('anything')).toEqual({ type: 'object', keepsUnknown: true });
    expect(field('gone')).toEqual({});
  });

  it('is not that of options which every group has', () => {
    expect(readOpenApi(document)('example.com', 'v1', 'DeleteOptions')).toBeUndefined();
    expect(thing?.properties?.size).toBe(8);
  });

  it('does not exist in a document without schemas', () => {
    expect(readOpenApi({})('example.com', 'v1', 'Thing')).toBeUndefined();
    expect(readOpenApi('oops')('example.com', 'v1', 'Thing')).toBeUndefined();
  });
});
