import { describe, expect, test } from 'vitest';
import type { DeploymentPhase } from '../../../src/domain/deployment/deployment.ts';
import {
  appliedState,
  beforeMergeRequirements,
  missingForApply,
  needsApply,
  plansToApply,
  type TargetStanding,
  waitsForApply,
} from '../../../src/domain/gate/before-merge.ts';
import { decisionOf, type Requirement } from '../../../src/domain/gate/decision.ts';
import { commitSha, parseTargetName, pullNumber } from '../../../src/domain/identity.ts';
import { base, digest, effect, head, plan, requirement } from '../plan-builder.ts';

const testMerge = commitSha('7'.repeat(40));
const shown = plan({ digest: digest('aaaa'), effects: [effect()] });
const succeeded: DeploymentPhase = { kind: 'succeeded', plan: shown.digest, written: 1 };

function standing(extra: Partial<TargetStanding> = {}): TargetStanding {
  const applied = { deployment: 1, commit: testMerge, head, phase: succeeded, isDeployed: true };
  return { target: shown.target, lock: { kind: 'held' }, applied, ...extra };
}

function applied(extra: Partial<NonNullable<TargetStanding['applied']>>): TargetStanding {
  return standing({
    applied: { deployment: 1, commit: testMerge, head, phase: succeeded, isDeployed: true, ...extra },
  });
}

const unlocked: TargetStanding = { target: shown.target, lock: { kind: 'free' } };

describe('a target is applied', () => {
  test('when its lock is held and the shown plan of this head went through', () => {
    expect(appliedState(shown, head, standing())).toEqual({
      kind: 'applied',
      commit: testMerge,
      plan: shown.digest,
    });
  });

  test('also when it was planned again and nothing is left to do', () => {
    const again = plan({ digest: digest('bbbb'), effects: [] });
    expect(appliedState(again, head, standing()).kind).toBe('applied');
  });

  test.each<[string, TargetStanding | undefined, string]>([
    ['nothing was ever applied', undefined, 'not applied yet'],
    ['it was an earlier head', applied({ head: base }), 'pushed to since'],
    ['the lock was released', standing({ lock: { kind: 'free' } }), 'its lock released since'],
    [
      'somebody else has the lock',
      standing({ lock: { kind: 'behind', ahead: [pullNumber(7)] } }),
      'lock released since',
    ],
    ['something else was deployed', applied({ isDeployed: false }), 'something else deployed since'],
    ['another plan was applied', applied({ phase: { ...succeeded, plan: digest('cccc') } }), 'left to do since'],
    ['it failed', applied({ phase: { kind: 'failed', reason: 'crash', plan: undefined } }), 'failed: crash'],
    ['it was cancelled', applied({ phase: { kind: 'cancelled', reason: 'pushed' } }), 'was cancelled: pushed'],
    ['it was refused', applied({ phase: { kind: 'held', reasons: ['no', 'and no'], plan: undefined } }), 'no; and no'],
    ['another commit came first', applied({ phase: { kind: 'superseded', by: base } }), 'was deployed instead'],
  ])('not when %s', (_, of, reason) => {
    const state = appliedState(shown, head, of);
    expect(state).toEqual({ kind: 'not-applied', reason: expect.stringContaining(reason) });
  });

  test.each<[DeploymentPhase, string]>([
    [{ kind: 'queued' }, 'is being applied'],
    [{ kind: 'waiting', reason: 'after staging' }, 'waits: after staging'],
    [{ kind: 'applying', plan: shown.digest, deadlineMs: 1 }, 'is being applied'],
    [{ kind: 'verifying', plan: shown.digest, deadlineMs: 1 }, 'is being applied'],
  ])('not yet while it is %j', (phase, reason) => {
    expect(appliedState(shown, head, applied({ phase }))).toEqual({
      kind: 'under-way',
      reason: expect.stringContaining(reason),
    });
  });
});

describe('before the merge, the gate', () => {
  const ask = (of: TargetStanding, plans = [shown]): readonly Requirement[] =>
    beforeMergeRequirements({ head, plans, standings: new Map([[of.target, of]]) });

  test('asks nothing of a target that does not change and was not applied', () => {
    expect(ask(unlocked, [plan({ effects: [] })])).toEqual([]);
  });

  test('asks for the apply of a free target, by somebody with write access', () => {
    expect(ask(unlocked)).toMatchObject([
      { name: 'lock', status: 'met', evidence: [expect.stringContaining('its lock is free')] },
      { name: 'applied', status: 'unmet', reason: 'not applied yet', who: ['anyone with write access, by /apply'] },
    ]);
  });

  test('names who holds the lock and who waits before this pull request, and what releases it', () => {
    const lock = { kind: 'behind', ahead: [pullNumber(7), pullNumber(9)] } as const;
    const [requirement] = ask({ ...unlocked, lock });
    expect(requirement).toMatchObject({
      name: 'lock',
      status: 'unmet',
      reason: '#7 holds the lock of this target',
      who: ['whoever merges #7', 'anyone with write access, by /unlock there'],
      evidence: [expect.stringContaining('its lock is held by #7, then by #9')],
    });
  });

  test('is met by an applied target, with the test merge and the digest', () => {
    const evidence = [`${shown.target}: test merge 777777777777 is applied, plan ${shown.digest.slice(0, 12)}`];
    const { target } = shown;
    expect(ask(standing())).toEqual([
      {
        name: 'lock',
        status: 'met',
        reason: 'nobody else holds the lock of a target; /apply takes it and the merge releases it',
        who: [],
        evidence: [`${target}: its lock is held by this pull request`],
        targets: [target],
      },
      {
        name: 'applied',
        status: 'met',
        reason: `what ${head.slice(0, 7)} changes is applied`,
        who: [],
        evidence,
        targets: [target],
      },
    ]);
  });

  test('says of several targets how many wait, and for whom each', () => {
    const api = plan({ name: 'api@production', effects: [effect()] });
    const db = plan({ name: 'db@production', effects: [effect()] });
    const behind = (...ahead: readonly number[]): TargetStanding['lock'] => ({
      kind: 'behind',
      ahead: ahead.map(pullNumber),
    });
    const standings = new Map([
      [shown.target, { ...unlocked, lock: behind(7, 9) }],
      [api.target, { target: api.target, lock: behind(8) }],
    ]);
    const [lock, appliedRequirement] = beforeMergeRequirements({ head, plans: [shown, api, db], standings });
    expect(lock).toMatchObject({
      reason: '#7, #8 hold the locks of these targets',
      who: ['whoever merges #7, #8', 'anyone with write access, by /unlock there'],
      evidence: [
        'web@production: its lock is held by #7, then by #9',
        'api@production: its lock is held by #8',
        'db@production: its lock is free',
      ],
      targets: ['web@production', 'api@production'],
    });
    expect(appliedRequirement).toMatchObject({
      status: 'unmet',
      reason: '3 targets are not applied',
      who: ['anyone with write access, by /apply'],
      targets: ['web@production', 'api@production', 'db@production'],
    });
  });

  test('wants nobody to do anything while it is being applied', () => {
    const [, requirement] = ask(applied({ phase: { kind: 'queued' } }));
    expect(requirement).toMatchObject({ name: 'applied', status: 'unmet', who: [] });
  });

  test('asks about a target that an earlier head applied, although nothing is left to do there', () => {
    const [, requirement] = ask(applied({ head: base }), [plan({ effects: [] })]);
    expect(requirement).toMatchObject({ name: 'applied', status: 'unmet' });
  });

  test('waits for /apply once nothing else is missing, and somebody can say it', () => {
    const unmet = (name: string, ...who: readonly string[]) => requirement({ name, status: 'unmet', who });
    expect(waitsForApply(decisionOf([unmet('applied', 'anyone')]))).toBe(true);
    expect(waitsForApply(decisionOf([unmet('applied')]))).toBe(false);
    expect(waitsForApply(decisionOf([unmet('applied', 'anyone'), unmet('lock', 'anyone')]))).toBe(false);
    expect(waitsForApply(decisionOf([]))).toBe(false);
  });

  test('means by /apply what is to be applied and is not yet', () => {
    const other = plan({ target: parseTargetName('other@staging'), effects: [] });
    const toApply = (of: TargetStanding) =>
      plansToApply([shown, other], head, new Map([[of.target, of]])).map(({ target }) => target);
    expect(toApply(unlocked)).toEqual([shown.target]);
    expect(toApply(standing())).toEqual([]);
    expect(toApply(applied({ head: base }))).toEqual([shown.target]);
  });

  test('has something to apply where something changes, or where an earlier head left something behind its lock', () => {
    const nothing = plan({ effects: [] });
    expect(needsApply(shown, undefined)).toBe(true);
    expect(needsApply(nothing, undefined)).toBe(false);
    expect(needsApply(nothing, { target: shown.target, lock: { kind: 'held' } })).toBe(false);
    expect(needsApply(nothing, standing({ lock: { kind: 'free' } }))).toBe(false);
    expect(needsApply(nothing, standing())).toBe(true);
  });

  test('lets /apply go on without lock and applied, and without nothing else', () => {
    const unmet = (name: string) => requirement({ name, status: 'unmet' });
    const decision = decisionOf([unmet('lock'), unmet('applied'), unmet('approvals of production')]);
    expect(missingForApply(decision).map(({ name }) => name)).toEqual(['approvals of production']);
    expect(missingForApply(decisionOf([requirement({ name: 'plan is current' })]))).toEqual([]);
  });
});
