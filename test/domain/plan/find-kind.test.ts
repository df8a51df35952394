import { expect, test } from 'vitest';
import { findKind } from '../../../src/domain/plan/find-kind.ts';
import type { ServedKind } from '../../../src/domain/plan/prediction.ts';

const gadget: ServedKind = {
  group: 'acme.io',
  version: 'v1',
  kind: 'Gadget',
  resource: 'gadgets',
  namespaced: true,
  verbs: ['get'],
};
const catalog = (...kinds: readonly ServedKind[]) => ({ kinds, broken: new Map() });
const object = (namespace?: string) => ({
  identity: { group: 'acme.io', kind: 'Gadget', name: 'one', ...(namespace === undefined ? {} : { namespace }) },
  content: { apiVersion: 'acme.io/v1', kind: 'Gadget' },
});

test('an object of a kind that appeared has an address', () => {
  expect(findKind(catalog(gadget), object('web'))).toEqual({
    kind: 'found',
    address: { kind: gadget, namespace: 'web', name: 'one' },
  });
});

test('another version of the kind is not the one', () => {
  expect(findKind(catalog({ ...gadget, version: 'v2' }), object('web'))).toEqual({ kind: 'unserved' });
});

test('a kind with another scope than the plan assumed is told apart', () => {
  expect(findKind(catalog(gadget), object())).toEqual({ kind: 'other-scope', namespaced: true });
  expect(findKind(catalog({ ...gadget, namespaced: false }), object('web'))).toEqual({
    kind: 'other-scope',
    namespaced: false,
  });
});
