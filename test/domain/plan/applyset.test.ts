import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTargetName, repositoryId } from '../../../src/domain/identity.ts';
import {
  type ApplySetOwner,
  applySetOf,
  applySetParent,
  groupKindText,
  partOf,
  partOfLabel,
  readApplySetContents,
} from '../../../src/domain/plan/applyset.ts';
import { configMap } from './object-builder.ts';

const owner: ApplySetOwner = {
  host: 'github.com',
  repository: repositoryId(42),
  target: parseTargetName('web@production'),
};

describe('an ApplySet', () => {
  test('has the id that KEP-3659 derives from its parent', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), (namespace) => {
        const set = applySetOf(owner, namespace);
        const hash = createHash('sha256').update(`${set.parentName}.${namespace}.ConfigMap.`).digest('base64url');
        expect(set.id).toBe(`applyset-${hash}-v1`);
      }),
    );
  });

  test('has a parent that Kubernetes can store, and ids that fit into a label', () => {
    const set = applySetOf(owner, 'default');
    expect(set.parentName).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
    expect(set.id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,61}[A-Za-z0-9]$/);
  });

  test.each<[string, Partial<ApplySetOwner>]>([
    ['host', { host: 'github.acme.io' }],
    ['repository', { repository: repositoryId(43) }],
    ['target', { target: parseTargetName('web@staging') }],
  ])('is another for another %s', (_what, other) => {
    expect(applySetOf({ ...owner, ...other }, 'default').parentName).not.toBe(applySetOf(owner, 'default').parentName);
  });

  test("keeps its parent's name when the namespace of ownership records moves, and is another set there", () => {
    const [here, there] = [applySetOf(owner, 'default'), applySetOf(owner, 'planwright')];
    expect(there.parentName).toBe(here.parentName);
    expect(there.id).not.toBe(here.id);
  });

  test('says in its parent what it holds, and reads it back', () => {
    const set = applySetOf(owner, 'planwright');
    const parent = applySetParent(set, owner, {
      groupKinds: ['ConfigMap', 'Deployment.apps'],
      namespaces: ['planwright', 'shop', 'web'],
    });
    expect(parent).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: set.parentName,
        namespace: 'planwright',
        labels: { 'applyset.kubernetes.io/id': set.id },
        annotations: {
          'applyset.kubernetes.io/tooling': 'planwright/v1',
          'applyset.kubernetes.io/contains-group-kinds': 'ConfigMap,Deployment.apps',
          'applyset.kubernetes.io/additional-namespaces': 'shop,web',
          'planwright.dev/target': 'github.com/42/web@production',
        },
      },
    });
    expect(readApplySetContents(parent)).toEqual({
      groupKinds: ['ConfigMap', 'Deployment.apps'],
      namespaces: ['shop', 'web'],
    });
  });

  test('of a parent that says nothing holds nothing', () => {
    expect(readApplySetContents({})).toEqual({ groupKinds: [], namespaces: [] });
    expect(
      readApplySetContents({ metadata: { annotations: { 'applyset.kubernetes.io/contains-group-kinds': '' } } }),
    ).toEqual({ groupKinds: [], namespaces: [] });
    expect(readApplySetContents({ metadata: { annotations: null } })).toEqual({ groupKinds: [], namespaces: [] });
  });

  test("is named by its members' label", () => {
    expect(partOf(configMap({}, { labels: { [partOfLabel]: 'applyset-x-v1' } }))).toBe('applyset-x-v1');
    expect(partOf(configMap({}))).toBeUndefined();
    expect(partOf({ metadata: { labels: { [partOfLabel]: 7 } } })).toBeUndefined();
    expect(partOf({ metadata: 'text' })).toBeUndefined();
  });

  test('writes kinds of the core group without a dot', () => {
    expect([groupKindText('', 'ConfigMap'), groupKindText('apps', 'Deployment')]).toEqual([
      'ConfigMap',
      'Deployment.apps',
    ]);
  });
});
