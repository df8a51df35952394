import {
  type Effect,
  type EffectAction,
  type EffectValue,
  fieldKey,
  type Move,
  sameValue,
  valueText,
} from '../plan/effect.ts';
import { agreesInOrder, isOrderPath, isOrderReached } from '../plan/list-order.ts';
import type { Plan } from '../plan/plan.ts';

/** One person's approval of the effects of plans that were shown to them. */
export interface Approval {
  /** Whoever approves twice counts once. */
  readonly personId: number;
  readonly effects: readonly Effect[];
  /** Whom rules ask for that the person was among when it was recorded, as configurations write it (`team:sre`). */
  readonly sources?: readonly string[];
}

export type Coverage =
  | { readonly kind: 'covered' }
  | {
      readonly kind: 'uncovered';
      /** What would be moved although it was not approved (by enough people). */
      readonly unapproved: readonly Move[];
      /** What was approved, is not live, and would not happen. */
      readonly missing: readonly Move[];
    };

export interface CoverageQuestion {
  readonly plan: Pick<Plan, 'target' | 'cluster' | 'moves'>;
  /** Of this pull request and of merged, not yet deployed ones of the same target. */
  readonly approvals: readonly Approval[];
  /** How many people must have approved each step. 0: nobody is asked, everything is covered. */
  readonly needed: number;
  /** What must happen or be live already. Left out where nothing was promised yet. */
  readonly promised?: Promised;
}

export interface Promised {
  /** Of the plan that the approvers of this very change saw last. */
  readonly moves: readonly Move[];
  /** The value that a field has once the plan in question is applied. */
  readonly outcome: (field: Pick<Move, 'object' | 'path'>) => EffectValue;
}

/**
 * A plan is covered when, for each field that it moves, approved effects form a chain from the live value to the new one, and when nothing that was
 * approved is missing unless it is live already. Chains may run through several pull requests: v1→v2 approved in one and v2→v3 in the next cover v1→v3.
 *
 * Approving more never uncovers a plan as long as `promised` is the same.
 */
export function coverage(question: CoverageQuestion): Coverage {
  if (question.needed === 0) return { kind: 'covered' };
  const approved = approvedSteps(question);
  const unapproved = question.plan.moves.filter((move) => !hasChain(move, approved.get(fieldKey(move)) ?? []));
  const missing = missingMoves(question, approved);
  return unapproved.length === 0 && missing.length === 0
    ? { kind: 'covered' }
    : { kind: 'uncovered', unapproved, missing };
}

/** Steps that enough different people approved, by field. */
function approvedSteps(question: CoverageQuestion): ReadonlyMap<string, readonly Effect[]> {
  const approvers = new Map<string, { readonly effect: Effect; readonly people: Set<number> }>();
  for (const approval of question.approvals) {
    for (const effect of approval.effects) {
      if (effect.target !== question.plan.target || effect.cluster !== question.plan.cluster.uid) continue;
      const key = `${fieldKey(effect)}\n${effect.action}\n${valueText(effect.before)}\n${valueText(effect.after)}`;
      const entry = approvers.get(key) ?? { effect, people: new Set() };
      entry.people.add(approval.personId);
      approvers.set(key, entry);
    }
  }
  const steps = new Map<string, Effect[]>();
  for (const { effect, people } of approvers.values()) {
    if (people.size < question.needed) continue;
    const key = fieldKey(effect);
    steps.set(key, [...(steps.get(key) ?? []), effect]);
  }
  return steps;
}

function missingMoves(question: CoverageQuestion, approved: ReadonlyMap<string, readonly Effect[]>): readonly Move[] {
  const { promised } = question;
  if (promised === undefined) return [];
  const moving = new Set(question.plan.moves.map(fieldKey));
  return promised.moves.filter((move) => {
    if (moving.has(fieldKey(move))) return false;
    const outcome = promised.outcome(move);
    const steps = approved.get(fieldKey(move)) ?? [];
    // It is live already, or a later approved step has gone beyond it.
    if (isOrderPath(move.path))
      return !agreesInOrder(outcome, move.after) && !isOrderReached({ before: move.after, after: outcome }, steps);
    return (
      !sameValue(outcome, move.after) && !reaches(steps, { start: move.after, goal: outcome, accepts: () => true })
    );
  });
}

/** The chain must also have approved how the object is touched: creating, deleting and replacing are not covered by a mere update. */
function hasChain(move: Move, steps: readonly Effect[]): boolean {
  if (isOrderPath(move.path))
    return (
      isOrderReached(move, steps) &&
      (move.action !== 'replace' || steps.some((step) => allows('replace', [step.action])))
    );
  return reaches(steps, { start: move.before, goal: move.after, accepts: (actions) => allows(move.action, actions) });
}

function allows(action: EffectAction, chain: readonly EffectAction[]): boolean {
  switch (action) {
    case 'update':
      return true;
    case 'create':
      return chain[0] === 'create';
    case 'delete':
      return chain.at(-1) === 'delete';
    case 'replace':
      return chain.includes('replace') || chain.includes('delete');
  }
}

interface ChainGoal {
  readonly start: EffectValue;
  readonly goal: EffectValue;
  readonly accepts: (actions: readonly EffectAction[]) => boolean;
}

/**
 * Searches the chains of approved steps. A chain comes to a value at most once with the same first and last action, with and without a destructive one
 * in between, which is all that is asked of it: so the search ends. Fields have few approved steps.
 */
function reaches(steps: readonly Effect[], { start, goal, accepts }: ChainGoal): boolean {
  const seen = new Set<string>();
  const queue: { readonly value: EffectValue; readonly actions: readonly EffectAction[] }[] = [
    { value: start, actions: [] },
  ];
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    if (entry.actions.length > 0 && sameValue(entry.value, goal) && accepts(entry.actions)) return true;
    for (const step of steps) {
      if (!sameValue(step.before, entry.value)) continue;
      const actions = [...entry.actions, step.action];
      const destructive = actions.includes('replace') || actions.includes('delete');
      const state = `${valueText(step.after)}\n${actions[0]}\n${step.action}\n${destructive}`;
      if (seen.has(state)) continue;
      seen.add(state);
      queue.push({ value: step.after, actions });
    }
  }
  return false;
}
