import type { JsonObject } from '../json.ts';
import { identityKey, type ObjectIdentity } from '../manifest/rendered-object.ts';
import type { Effect, EffectAction } from '../plan/effect.ts';
import type { ObjectFacts } from '../plan/object-facts.ts';
import type { Plan } from '../plan/plan.ts';

/** One object's change as rules see it, with the objects that no plan keeps. */
export interface RuleChange {
  readonly object: ObjectIdentity;
  readonly action: EffectAction;
  /** Every field that a step of the plan moves. */
  readonly moves: readonly Pick<Effect, 'path' | 'before' | 'after'>[];
  /** As it is live; undefined where it is not. */
  readonly before?: JsonObject;
  /** As it is rendered; undefined where it goes. */
  readonly after?: JsonObject;
}

/** What in a plan is for rules to judge: every object of which something would be approved or done. */
export function ruleChanges({
  plan,
  facts,
}: {
  readonly plan: Pick<Plan, 'changes' | 'effects'>;
  readonly facts: ReadonlyMap<string, Pick<ObjectFacts, 'live' | 'merge'>>;
}): readonly RuleChange[] {
  const moves = new Map<string, Effect[]>();
  for (const effect of plan.effects) {
    const key = identityKey(effect.object);
    const known = moves.get(key);
    if (known === undefined) moves.set(key, [effect]);
    else known.push(effect);
  }
  return plan.changes.flatMap(({ object, action }): readonly RuleChange[] => {
    const key = identityKey(object);
    const effects = moves.get(key) ?? [];
    if (action === 'no-op' && effects.length === 0) return [];
    const { live, merge } = facts.get(key) ?? {};
    return [
      {
        object,
        // Steps that lead back to what is live move it all the same.
        action: action === 'no-op' ? 'update' : action,
        moves: effects,
        ...(live?.kind === 'found' ? { before: live.object } : {}),
        ...(merge === undefined || action === 'delete' ? {} : { after: merge.content }),
      },
    ];
  });
}
