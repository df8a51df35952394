import { describe, expect, test } from 'vitest';
import { ownSteps, type PendingWork, withoutOwnWork } from '../../../src/domain/gate/own-work.ts';
import { parseTargetName, pullNumber } from '../../../src/domain/identity.ts';
import type { Difference } from '../../../src/domain/plan/plan.ts';
import { change, difference, effect, json, plan, text } from '../plan-builder.ts';

const pending: Difference['origin'] = { kind: 'pending', pulls: [pullNumber(7)] };
const moved = (path: string, origin: Difference['origin'] = { kind: 'this' }) =>
  difference(path, text('1'), text('2'), origin);
const { object, target } = effect();

describe('the steps of a pull request itself', () => {
  test('are the last ones of the fields that it moves, and none of what others moved', () => {
    const others = effect({ path: 'spec.replicas', before: json(1), after: json(2) });
    const own = effect({ path: 'spec.replicas', before: json(2), after: json(3) });
    const elsewhere = effect({ path: 'spec.paused', before: json(false), after: json(true) });
    const differences = [
      moved('spec.replicas', pending),
      moved('spec.replicas'),
      moved('spec.paused', { kind: 'drift' }),
    ];
    const changes = [change({ object, differences })];
    expect(ownSteps(plan({ effects: [others, own, elsewhere], changes }))).toEqual([own]);
  });

  test('are none where the object stays as it is', () => {
    const changes = [change({ object, action: 'no-op', differences: [moved('spec.replicas')] })];
    expect(ownSteps(plan({ effects: [effect({ path: 'spec.replicas' })], changes }))).toEqual([]);
  });
});

describe('an approval', () => {
  const own = effect({ path: 'spec.replicas', before: json(1), after: json(2) });
  const next = effect({ path: 'spec.replicas', before: json(2), after: json(3) });
  const other = effect({ path: 'spec.paused' });
  const approval = { personId: 5, effects: [own, next, other] };
  const work = (more: Partial<PendingWork> = {}): PendingWork => ({
    pull: pullNumber(7),
    target,
    contributors: new Set([5]),
    steps: [own],
    ...more,
  });

  test('counts for everything but what its giver brought there with another pull request', () => {
    expect(withoutOwnWork(approval, [work()]).effects).toEqual([next, other]);
    expect(withoutOwnWork(approval, [work({ contributors: new Set([6]) })])).toBe(approval);
    expect(withoutOwnWork(approval, [])).toBe(approval);
  });

  test('counts for nothing of a target where nobody can tell what that was', () => {
    const elsewhere = effect({ target: parseTargetName('web@staging') });
    const wide = { ...approval, effects: [own, elsewhere] };
    expect(withoutOwnWork(wide, [work({ steps: undefined })]).effects).toEqual([elsewhere]);
  });

  test('counts where the same value was brought to another target or another value to the same', () => {
    const elsewhere = { ...own, target: parseTargetName('web@staging') };
    expect(withoutOwnWork({ ...approval, effects: [elsewhere] }, [work()]).effects).toEqual([elsewhere]);
    const further = { ...own, after: json(9) };
    expect(withoutOwnWork({ ...approval, effects: [further] }, [work()]).effects).toEqual([further]);
  });
});
