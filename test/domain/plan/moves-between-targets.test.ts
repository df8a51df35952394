import { describe, expect, test } from 'vitest';
import { parseTargetName, repositoryId } from '../../../src/domain/identity.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { identityKey } from '../../../src/domain/manifest/rendered-object.ts';
import {
  type ApplySetOwner,
  applySetOf,
  applySetParent,
  partOfLabel,
  readApplySetOwner,
} from '../../../src/domain/plan/applyset.ts';
import { moveBetweenTargets, type Surroundings } from '../../../src/domain/plan/moves-between-targets.ts';
import type { ApplyAnswer } from '../../../src/domain/plan/prediction.ts';
import { applied, configMap, effectLines, facts, identityOf, type ObjectStages, planOf } from './object-builder.ts';

const ownerOf = (target: string, id = 7): ApplySetOwner => ({
  host: 'github.com',
  repository: repositoryId(id),
  target: parseTargetName(target),
});
const owner = ownerOf('web@production');
const own = applySetOf(owner, 'default');
const theirs = applySetOf(ownerOf('shop@production'), 'default');

const rendered = configMap({ a: '1' });
const labelled = (set: string): JsonObject => configMap({ a: '1' }, { labels: { [partOfLabel]: set } });
const key = identityKey(identityOf(rendered));

const plan = (stages: ObjectStages, around: Partial<Surroundings> = {}) => {
  const moves = moveBetweenTargets([facts(stages)], {
    applySetId: own.id,
    owner,
    owners: new Map([[theirs.id, ownerOf('shop@production')]]),
    neighbours: [],
    ...around,
  });
  return planOf(moves.objects, { problems: moves.problems });
};
const renderedBy = (target: string, ...objects: readonly string[]) => [
  { target: parseTargetName(target), objects: new Set(objects), unsure: false },
];

describe('an object that another target owns', () => {
  const stages = { live: labelled(theirs.id), merge: rendered, member: false };

  test.each([
    ['renders it no more', renderedBy('shop@production')],
    ['is gone', []],
  ])('moves as it is when that target %s', (_, neighbours) => {
    const result = plan(stages, { neighbours });
    expect(result.problems).toEqual([]);
    expect(effectLines(result)).toEqual([]);
    expect(result.changes).toMatchObject([
      {
        action: 'no-op',
        write: true,
        notes: ["moved from shop@production: it becomes this target's as it is, and is not deleted there"],
      },
    ]);
  });

  test.each([
    ['that target renders it too', 'shop@production, which renders it too', {}],
    [
      "it is another repository's",
      'shop@production of another repository (github.com, id 8)',
      { owners: new Map([[theirs.id, ownerOf('shop@production', 8)]]) },
    ],
    [
      'it is of another environment, whose people were never asked',
      'shop@staging, which is of another environment',
      { owners: new Map([[theirs.id, ownerOf('shop@staging')]]), neighbours: [] },
    ],
    [
      'that target has errors',
      'shop@production, whose files have errors, so that nobody can say whether it still wants it',
      { neighbours: [{ target: parseTargetName('shop@production'), objects: new Set<string>(), unsure: true }] },
    ],
    ['its set is in no record', `another set (${theirs.id})`, { owners: new Map() }],
  ])('is refused, and the owner named, when %s', (_, named, around) => {
    const result = plan(stages, { neighbours: renderedBy('shop@production', key), ...around });
    expect(result.problems).toMatchObject([
      {
        severity: 'error',
        message: `ConfigMap web/frontend belongs to ${named}; remove it there first, or keep it in one target only`,
        position: { path: 'apps/web/frontend.yaml' },
      },
    ]);
    expect(result.changes).toMatchObject([
      { action: 'no-op', write: false, differences: [], notes: [`stays as it is: it belongs to ${named}`] },
    ]);
  });

  test('is neither changed nor replaced while it is refused', () => {
    const neighbours = renderedBy('shop@production', key);
    const refusals: readonly ApplyAnswer[] = [
      applied(configMap({ a: '2' })),
      { kind: 'immutable', fields: ['data'], message: 'field is immutable' },
    ];
    for (const prediction of refusals) {
      const result = plan({ ...stages, merge: configMap({ a: '2' }), prediction }, { neighbours });
      expect(result.effects).toEqual([]);
      expect(result.moves).toEqual([]);
      expect(result.changes.map(({ action }) => action)).toEqual(['no-op']);
    }
  });
});

describe('an object that is rendered here no more', () => {
  const stages = { live: labelled(own.id), deployed: rendered, base: rendered, member: true };

  test('is kept for the target that renders it', () => {
    const result = plan(stages, { neighbours: renderedBy('shop@production', key) });
    expect(effectLines(result)).toEqual([]);
    expect(result.changes).toMatchObject([
      {
        action: 'no-op',
        write: false,
        notes: ["moved to shop@production: it becomes that target's and stays as it is"],
      },
    ]);
  });

  test('is not kept for a target of another environment: that it goes has to be approved', () => {
    expect(plan(stages, { neighbours: renderedBy('shop@staging', key) }).changes).toMatchObject([{ action: 'delete' }]);
  });

  test('needs no word when it is no longer ours', () => {
    const moves = { neighbours: renderedBy('shop@production', key) };
    expect(plan({ ...stages, member: false }, moves).changes[0]?.notes).toEqual([
      "no longer rendered; it stays, because it does not carry this target's ownership label",
    ]);
  });

  test('is deleted when nobody renders it', () => {
    expect(plan(stages, { neighbours: renderedBy('shop@production', 'another') }).changes).toMatchObject([
      { action: 'delete' },
    ]);
  });
});

describe('the owner of a set', () => {
  const parent = (of: ApplySetOwner) =>
    applySetParent(applySetOf(of, 'default'), of, { groupKinds: [], namespaces: [] });

  test('is read from its parent', () => {
    expect(readApplySetOwner(parent(owner))).toEqual(owner);
  });

  test('is nobody when the parent names another target than its own name stands for', () => {
    const metadata = parent(owner)['metadata'] as JsonObject;
    for (const claim of ['github.com/7/shop@production', 'github.com/0/web@production', 'web@production', ''])
      expect(
        readApplySetOwner({ metadata: { ...metadata, annotations: { 'planwright.dev/target': claim } } }),
      ).toBeUndefined();
  });
});
