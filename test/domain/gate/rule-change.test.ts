import { expect, test } from 'vitest';
import { ruleChanges } from '../../../src/domain/gate/rule-change.ts';
import { identityKey } from '../../../src/domain/manifest/rendered-object.ts';
import type { ObjectFacts } from '../../../src/domain/plan/object-facts.ts';
import { change, effect, object } from '../plan-builder.ts';

const web = object('apps/Deployment', 'web/frontend');
const live = { kind: 'found', object: { kind: 'Deployment', spec: { replicas: 2 } } } as const;
const facts = new Map([[identityKey(web), { live }]]);

test('what would be approved is for rules to judge, with the live object beside it', () => {
  const changes = [change({ object: web }), change({ object: object('Pod', 'web/a'), action: 'no-op' })];
  expect(ruleChanges({ plan: { changes, effects: [effect({ object: web })] }, facts })).toEqual([
    { object: web, action: 'update', moves: [effect({ object: web })], before: live.object },
  ]);
});

test('steps that lead back to what is live are an update all the same', () => {
  const changes = [change({ object: web, action: 'no-op' })];
  const [one] = ruleChanges({ plan: { changes, effects: [effect({ object: web })] }, facts });
  expect(one?.action).toBe('update');
});

const content = { kind: 'Deployment', spec: { replicas: 3 } };
const merge = { content } as unknown as NonNullable<ObjectFacts['merge']>;

test('what goes has no rendered side, also where it is rendered elsewhere', () => {
  const changes = [change({ object: web, action: 'delete' })];
  const expected = { object: web, action: 'delete', moves: [], before: live.object };
  expect(ruleChanges({ plan: { changes, effects: [] }, facts })).toEqual([expected]);
  const both = new Map([[identityKey(web), { live, merge }]]);
  expect(ruleChanges({ plan: { changes, effects: [] }, facts: both })).toEqual([expected]);
});

test('what is new has no live side, and what it will be beside all that moves of it', () => {
  const effects = ['a', 'b'].map((name) => effect({ object: web, action: 'create', path: `data.${name}` }));
  const changes = [change({ object: web, action: 'create' })];
  const created = new Map([[identityKey(web), { live: { kind: 'absent' } as const, merge }]]);
  expect(ruleChanges({ plan: { changes, effects }, facts: created })).toEqual([
    { object: web, action: 'create', moves: effects, after: content },
  ]);
});

test('a change of which nothing else is known is judged by its name', () => {
  const changes = [change({ object: web })];
  expect(ruleChanges({ plan: { changes, effects: [] }, facts: new Map() })).toEqual([
    { object: web, action: 'update', moves: [] },
  ]);
});
