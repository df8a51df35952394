import { describe, expect, test } from 'vitest';
import { type ApprovingQuestion, approvePlan } from '../../../src/domain/gate/approved-plan.ts';
import { clusterUid } from '../../../src/domain/identity.ts';
import { planOffline } from '../../../src/domain/plan/plan-offline.ts';
import { configMap, rendered } from '../plan/object-builder.ts';
import { offlineOf } from '../plan/offline-builder.ts';
import { effect, json, plan, problem } from '../plan-builder.ts';

const move = effect();
const approved = { personId: 1, effects: [move] };
const sound: ApprovingQuestion = {
  plan: plan({ effects: [move], moves: [move] }),
  approvals: [approved],
  needed: 1,
  blockers: [],
  completing: new Set(),
  unapprovedRemovals: [],
  rules: [],
};

const reasons = (overrides: Partial<ApprovingQuestion>) => {
  const answer = approvePlan({ ...sound, ...overrides });
  return answer.kind === 'approved' ? 'approved' : answer.reasons;
};

describe('a plan becomes an approved one', () => {
  test('when it is sound, covered and nothing blocks', () => {
    expect(approvePlan(sound)).toEqual({ kind: 'approved', plan: sound.plan });
  });

  test('never with errors, and says them', () => {
    expect(
      reasons({
        plan: plan({ problems: [problem('a conflict'), { severity: 'warning', message: 'a hint' }], moves: [] }),
        needed: 0,
      }),
    ).toEqual(['a conflict']);
  });

  test('never while it is incomplete, even if nobody is asked', () => {
    expect(reasons({ plan: plan({ complete: false, moves: [] }), needed: 0 })).toEqual(['the plan is incomplete']);
  });

  test('never when no cluster was asked', () => {
    const offline = planOffline(offlineOf([], [rendered(configMap({ a: '1' }))]));
    expect(reasons({ plan: offline, needed: 0 })).toEqual(['it was made without asking the cluster']);
  });

  test('with warnings all the same', () => {
    expect(reasons({ plan: plan({ moves: [move], problems: [{ severity: 'warning', message: 'a hint' }] }) })).toBe(
      'approved',
    );
  });

  test('never while something blocked the merge', () => {
    expect(reasons({ blockers: ['robin asked for changes'], needed: 0 })).toEqual(['robin asked for changes']);
  });

  test('never with effects that nobody approved', () => {
    const other = effect({ path: 'spec.paused' });
    expect(reasons({ plan: plan({ moves: [other] }) })).toEqual(['1 effect that nobody approved']);
    expect(reasons({ plan: plan({ moves: [other, effect({ after: json(9) })] }) })).toEqual([
      '2 effects that nobody approved',
    ]);
    expect(approvePlan({ ...sound, approvals: [] })).toMatchObject({
      coverage: { kind: 'uncovered', unapproved: [{ path: 'spec.replicas' }] },
    });
  });

  test('never with the approval for another cluster of the same name', () => {
    expect(
      reasons({ plan: plan({ moves: [move], cluster: { name: 'production', uid: clusterUid('rebuilt') } }) }),
    ).toEqual(['1 effect that nobody approved']);
  });

  test('never without what was promised', () => {
    const promised = { moves: [move], outcome: () => json(2) };
    expect(reasons({ plan: plan({ moves: [] }), promised })).toEqual(['1 effect that was approved would not happen']);
    const two = { moves: [move, effect({ path: 'spec.paused' })], outcome: () => json('x') };
    expect(reasons({ plan: plan({ moves: [] }), promised: two })).toEqual([
      '2 effects that were approved would not happen',
    ]);
    expect(reasons({ plan: plan({ moves: [] }), promised: { moves: [move], outcome: () => json(3) } })).toBe(
      'approved',
    );
  });

  test('never with a large removal that no maintainer approved, even if nobody is asked', () => {
    const unapprovedRemovals = [{ name: 'large removal from web@lab', what: 'it deletes 3 of 4 objects' }];
    expect(reasons({ needed: 0, unapprovedRemovals })).toEqual([
      'it deletes 3 of 4 objects: no maintainer approved that',
    ]);
  });
});
