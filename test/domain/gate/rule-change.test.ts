import { expect, test } from 'vitest';
import { ruleChanges } from '../../../src/domain/gate/rule-change.ts';
import { identityKey } from '../../../src/domain/manifest/rendered-object.ts';
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

test('what goes has no rendered side', () => {
  const [one] = ruleChanges({ plan: { changes: [change({ object: web, action: 'delete' })], effects: [] }, facts });
  expect(one).toEqual({ object: web, action: 'delete', moves: [], before: live.object });
});
