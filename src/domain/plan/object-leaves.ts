import type { JsonObject } from '../json.ts';
import { type Leaves, leavesOf } from './leaves.ts';
import { type SecretCheck, secretCheck } from './mask.ts';
import type { ObjectFacts } from './object-facts.ts';

/** One object taken apart at every stage where it exists, once for all that is asked of it. */
export interface ObjectLeaves {
  readonly deployed: Leaves | undefined;
  readonly base: Leaves | undefined;
  readonly merge: Leaves | undefined;
  readonly live: Leaves | undefined;
  /** As the dry-run answered it, the forced one before the other. */
  readonly predicted: Leaves | undefined;
}

export function objectLeaves(facts: ObjectFacts): ObjectLeaves {
  const known = new Map<JsonObject, Leaves>();
  // Stages of one commit share their content.
  const read = (content: JsonObject | undefined): Leaves | undefined => {
    if (content === undefined) return undefined;
    const leaves = known.get(content) ?? leavesOf(content, facts.schema);
    known.set(content, leaves);
    return leaves;
  };
  const answer = facts.takenBack ?? facts.prediction;
  return {
    deployed: read(facts.deployed?.content),
    base: read(facts.base?.content),
    merge: read(facts.merge?.content),
    live: read(facts.live.kind === 'found' ? facts.live.object : undefined),
    predicted: read(answer?.kind === 'applied' ? answer.object : undefined),
  };
}

/** What may not be shown of an object, by everything that is known of it. */
export function secretsOf(facts: ObjectFacts, leaves: ObjectLeaves): SecretCheck {
  const readings = [leaves.deployed, leaves.base, leaves.merge, leaves.live, leaves.predicted];
  return secretCheck(facts.identity, () => readings.filter((reading) => reading !== undefined));
}
