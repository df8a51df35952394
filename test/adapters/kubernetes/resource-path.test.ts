import { describe, expect, it } from 'vitest';
import {
  collectionPath,
  describeObject,
  objectPath,
  unaddressable,
} from '../../../src/adapters/kubernetes/resource-path.ts';
import type { ServedKind } from '../../../src/domain/plan/prediction.ts';

const deployment: ServedKind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  verbs: [],
};
const namespace: ServedKind = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  namespaced: false,
  verbs: [],
};

describe('the path of a resource', () => {
  it('follows group, version, namespace and plural name', () => {
    expect(objectPath({ kind: deployment, namespace: 'a', name: 'b' })).toBe(
      '/apis/apps/v1/namespaces/a/deployments/b',
    );
    expect(objectPath({ kind: namespace, name: 'a' })).toBe('/api/v1/namespaces/a');
    expect(collectionPath(deployment, 'a')).toBe('/apis/apps/v1/namespaces/a/deployments');
    expect(collectionPath(deployment, undefined)).toBe('/apis/apps/v1/deployments');
  });

  it('leaves out a namespace that the kind does not have', () => {
    expect(objectPath({ kind: namespace, namespace: 'x', name: 'a' })).toBe('/api/v1/namespaces/a');
    expect(describeObject({ kind: namespace, namespace: 'x', name: 'a' })).toBe('Namespace a');
  });

  it('escapes what a name may hold beside letters, as RBAC names do', () => {
    expect(objectPath({ kind: namespace, name: 'system:a?b#c' })).toBe('/api/v1/namespaces/system%3Aa%3Fb%23c');
  });

  it.each(['', '.', '..', 'a/b', 'a%2fb'])('has none for the name %j, nor for such a namespace', (name) => {
    expect(unaddressable({ kind: deployment, namespace: 'a', name })).toMatch(/cannot be the name of an object/);
    expect(unaddressable({ kind: deployment, namespace: name, name: 'a' })).toMatch(
      /cannot be the name of a namespace/,
    );
  });

  it('has none for an object of a namespaced kind without namespace', () => {
    expect(unaddressable({ kind: deployment, name: 'a' })).toBe('a Deployment needs a namespace');
    expect(unaddressable({ kind: deployment, namespace: 'a', name: 'b' })).toBeUndefined();
  });
});
