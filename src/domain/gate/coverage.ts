import { type EffectAction, type EffectValue, type Effect, fieldKey, type Move, sameValue, valueText } from '../plan/effect.ts';
import type { Plan } from '../plan/plan.ts';
import { orderOf } from '../plan/steps.ts';

/** One person's approval of the effects of plans that were shown to them. */
export interface Approval {
  /** Whoever approves twice counts once. */
  readonly personId: number;
  readonly effects: readonly Effect[];
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
  return unapproved.length === 0 && missing.length === 0 ? { kind: 'covered' } : { kind: 'uncovered', unapproved, missing };
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
    // It is live already, or a later approved step has gone beyond it.
    return !isSameField(move, outcome, move.after) && !reaches(approved.get(fieldKey(move)) ?? [], move, move.after, outcome, () => true);
  });
}

/** The chain must also have approved how the object is touched: creating, deleting and replacing are not covered by a mere update. */
function hasChain(move: Move, steps: readonly Effect[]): boolean {
  return reaches(steps, move, move.before, move.after, (actions) => allows(move.action, actions));
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

/**
 * Searches the chains of approved steps. A chain visits a value at most once before and once after its first destructive step, so that the search ends;
 * fields have few approved steps.
 */
function reaches(
  steps: readonly Effect[],
  field: Pick<Move, 'path'>,
  start: EffectValue,
  goal: EffectValue,
  accepts: (actions: readonly EffectAction[]) => boolean,
): boolean {
  const seen = new Set<string>();
  const queue: { readonly value: EffectValue; readonly actions: readonly EffectAction[] }[] = [{ value: start, actions: [] }];
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    if (entry.actions.length > 0 && isSameField(field, entry.value, goal) && accepts(entry.actions)) return true;
    for (const step of steps) {
      const next = follow(field, step, entry.value);
      if (next === undefined) continue;
      const actions = [...entry.actions, step.action];
      const destructive = actions.includes('replace') || actions.includes('delete');
      const state = `${valueText(next)}\n${actions[0]}\n${step.action}\n${destructive}`;
      if (seen.has(state)) continue;
      seen.add(state);
      queue.push({ value: next, actions });
    }
  }
  return false;
}

function isOrder(field: Pick<Move, 'path'>): boolean {
  return field.path.endsWith('[*]');
}

/** For an order, equal means: the items that both have stand in the same order. */
function isSameField(field: Pick<Move, 'path'>, left: EffectValue, right: EffectValue): boolean {
  if (!isOrder(field)) return sameValue(left, right);
  const [first, second] = [orderOf(left), orderOf(right)];
  if (first === undefined || second === undefined) return true;
  return sameItems(first.filter((item) => second.includes(item)), second.filter((item) => first.includes(item)));
}

/** Where an approved step leads from this value; undefined when it does not start there. */
function follow(field: Pick<Move, 'path'>, step: Effect, value: EffectValue): EffectValue | undefined {
  if (!isOrder(field)) return sameValue(step.before, value) ? step.after : undefined;
  return isSameField(field, step.before, value) ? step.after : undefined;
}

function sameItems(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
