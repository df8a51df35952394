import type { PullNumber, TargetName } from '../identity.ts';
import { type Effect, fieldKey, sameValue, valueText } from '../plan/effect.ts';
import type { Plan } from '../plan/plan.ts';
import type { Approval } from './coverage.ts';

/** What a merged pull request, not yet deployed, brings to a target, and who put something into it. */
export interface PendingWork {
  readonly pull: PullNumber;
  readonly target: TargetName;
  readonly contributors: ReadonlySet<number>;
  /** Undefined: nobody can tell, it was merged before it was planned. */
  readonly steps: readonly Effect[] | undefined;
}

/** The steps that the pull request itself takes: of each field that it moves, the last one. */
export function ownSteps(plan: Plan): readonly Effect[] {
  const moved = new Set(
    plan.changes.flatMap(({ object, action, differences }) =>
      action === 'no-op'
        ? []
        : differences.filter(({ origin }) => origin.kind === 'this').map(({ path }) => fieldKey({ object, path })),
    ),
  );
  const byField = Map.groupBy(plan.effects, fieldKey);
  return [...byField].flatMap(([field, steps]) =>
    moved.has(field) ? steps.filter(({ after }) => !steps.some(({ before }) => sameValue(before, after))) : [],
  );
}

/**
 * An approval less what this person brought to the target with another pull request: that is merged and shown along, and is still somebody else's to approve.
 */
export function withoutOwnWork(approval: Approval, pending: readonly PendingWork[]): Approval {
  const own = pending.filter(({ contributors }) => contributors.has(approval.personId));
  if (own.length === 0) return approval;
  const unknown = new Set(own.flatMap(({ target, steps }) => (steps === undefined ? [target] : [])));
  const steps = new Set(own.flatMap((work) => (work.steps ?? []).map(stepKey)));
  return {
    ...approval,
    effects: approval.effects.filter((effect) => !unknown.has(effect.target) && !steps.has(stepKey(effect))),
  };
}

function stepKey(effect: Effect): string {
  return `${effect.target}\n${effect.cluster}\n${fieldKey(effect)}\n${valueText(effect.before)}\n${valueText(effect.after)}`;
}
