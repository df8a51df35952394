import { describe, expect, test } from 'vitest';
import { type ApprovingQuestion, approvePlan, whoeverMayApprove } from '../../../src/domain/gate/approved-plan.ts';
import { clusterUid } from '../../../src/domain/identity.ts';
import { identityKey } from '../../../src/domain/manifest/rendered-object.ts';
import { planOffline } from '../../../src/domain/plan/plan-offline.ts';
import { configMap, rendered } from '../plan/object-builder.ts';
import { offlineOf } from '../plan/offline-builder.ts';
import { effect, json, object, plan, problem } from '../plan-builder.ts';
import { matchedRule, platform, sre } from './rule-builder.ts';

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
  if (answer.kind === 'approved') return 'approved';
  expect(answer.kind).toBe('not-approved');
  return answer.reasons;
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

  test('never while nobody saw it, whatever was approved', () => {
    expect(reasons({ unseen: 'nobody saw its plan before', blockers: ['robin asked for changes'] })).toEqual([
      'nobody saw its plan before',
      'robin asked for changes',
    ]);
  });

  test.each<[string, Partial<ApprovingQuestion>, readonly string[]]>([
    ['a failing plan', { plan: plan({ complete: false }) }, []],
    ['a merge that was blocked', { blockers: ['robin asked for changes'] }, ['role:maintain']],
    ['a plan that nobody saw', { unseen: 'nobody saw it' }, [whoeverMayApprove]],
    ['effects that nobody approved', { approvals: [] }, [whoeverMayApprove]],
    ['a large removal', { unapprovedRemovals: [{ name: 'large removal', what: 'it deletes all' }] }, ['role:maintain']],
    ['a rule', { rules: [matchedRule({ override: [platform] })] }, ['team:sre', 'team:platform, with /override']],
    ['a rule that denies', { rules: [matchedRule({ outcome: { kind: 'deny', reason: 'No.' } })] }, []],
    [
      'several things at once',
      {
        approvals: [],
        unapprovedRemovals: [{ name: 'large removal', what: 'it deletes all' }],
        rules: [matchedRule()],
      },
      [whoeverMayApprove, 'role:maintain', 'team:sre'],
    ],
  ])('with the word of somebody: %s', (_, question, deciders) => {
    expect(approvePlan({ ...sound, ...question })).toMatchObject({ kind: 'not-approved', deciders });
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

  test('creates anew what an approved replacement deleted before it was interrupted, and nothing else', () => {
    const anew = effect({ action: 'create', before: { kind: 'absent' } });
    const completing = new Set([identityKey(anew.object)]);
    expect(reasons({ plan: plan({ moves: [anew] }), completing })).toBe('approved');
    expect(reasons({ plan: plan({ moves: [anew] }) })).toEqual(['1 effect that nobody approved']);
    const other = effect({ ...anew, object: object('apps/Deployment', 'web/other') });
    expect(reasons({ plan: plan({ moves: [anew, other] }), completing })).toEqual(['1 effect that nobody approved']);
    const further = effect({ after: json(9) });
    expect(reasons({ plan: plan({ moves: [anew, further] }), completing })).toEqual(['1 effect that nobody approved']);
  });
});

describe('a rule that speaks of the plan', () => {
  const bySre = { ...approved, sources: ['team:sre', 'role:write'] };

  test('is met by what one of its people approved, as it was recorded', () => {
    expect(reasons({ rules: [matchedRule()], approvals: [bySre] })).toBe('approved');
    expect(reasons({ rules: [matchedRule()], approvals: [{ ...bySre, sources: ['team:platform'] }] })).toEqual([
      'rule destroying data asks for the approval of 1 person from team:sre for what this plan does',
    ]);
    expect(reasons({ rules: [matchedRule()] })).toHaveLength(1);
  });

  test('is asked for also where the environment asks for nobody', () => {
    expect(reasons({ rules: [matchedRule()], approvals: [], needed: 0 })).toHaveLength(1);
  });

  test('wants these very effects approved, by so many of its people', () => {
    const others = { ...bySre, effects: [effect({ after: json(9) })] };
    expect(reasons({ rules: [matchedRule()], approvals: [approved, others] })).toHaveLength(1);
    const rules = [matchedRule({ outcome: { kind: 'require', count: 2, from: [sre, platform] } })];
    expect(reasons({ rules, approvals: [bySre] })).toEqual([
      'rule destroying data asks for the approval of 2 people from team:sre or team:platform for what this plan does',
    ]);
    expect(reasons({ rules, approvals: [bySre, { ...bySre, personId: 2, sources: ['team:platform'] }] })).toBe(
      'approved',
    );
  });

  test('is met by nothing where it denies, or cannot be decided', () => {
    const deny = matchedRule({ outcome: { kind: 'deny', reason: 'Not on Fridays.' } });
    expect(reasons({ rules: [deny], approvals: [bySre] })).toEqual(['rule destroying data denies it: Not on Fridays.']);
    const undecided = matchedRule({ origin: 'server', problem: 'it cannot be decided for Pod web/a' });
    expect(reasons({ rules: [undecided], approvals: [bySre] })).toEqual([
      'rule destroying data of the server: it cannot be decided for Pod web/a',
    ]);
  });

  test('does not speak of what completes an interrupted replacement', () => {
    const anew = effect({ action: 'create', before: { kind: 'absent' } });
    const completing = new Set([identityKey(anew.object)]);
    expect(reasons({ plan: plan({ moves: [anew] }), completing, rules: [matchedRule()] })).toBe('approved');
  });

  test('is told beside what else is missing', () => {
    const rules = [matchedRule()];
    const rule = expect.stringContaining('team:sre');
    expect(reasons({ rules, approvals: [] })).toEqual(['1 effect that nobody approved', rule]);
    const unapprovedRemovals = [{ name: 'large removal from web@lab', what: 'it deletes 3 of 4 objects' }];
    expect(reasons({ rules, unapprovedRemovals })).toEqual([
      'it deletes 3 of 4 objects: no maintainer approved that',
      rule,
    ]);
    expect(approvePlan({ ...sound, rules })).toMatchObject({ coverage: { kind: 'covered' } });
  });
});
