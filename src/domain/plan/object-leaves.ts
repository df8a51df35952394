import { type JsonObject, sameJson } from '../json.ts';
import { type Abandonment, abandonment } from './abandoned-fields.ts';
import { withoutIgnored } from './ignored-fields.ts';
import { type Leaves, leavesOf, noLeaves } from './leaves.ts';
import { type SecretCheck, secretCheck } from './mask.ts';
import { textMask } from './mask-text.ts';
import type { ObjectFacts } from './object-facts.ts';
import type { Refusal } from './prediction.ts';

/** One object taken apart at every stage where it exists, once for all that is asked of it. Fields that the stack ignores are in none. */
export interface ObjectLeaves {
  readonly deployed: Leaves | undefined;
  readonly base: Leaves | undefined;
  readonly merge: Leaves | undefined;
  readonly live: Leaves | undefined;
  /** As the dry-run answered it, the forced one before the other. */
  readonly predicted: Leaves | undefined;
  /** Of the live object: what goes because Planwright owns it and does not render it any more, whoever rendered it. */
  readonly abandoned: Leaves;
}

export function objectLeaves(facts: ObjectFacts): ObjectLeaves {
  const known = new Map<JsonObject, Leaves>();
  // Who creates an object sends all of it.
  const ignored = facts.live.kind === 'absent' ? [] : facts.ignored;
  // Stages of one commit share their content.
  const read = (content: JsonObject | undefined): Leaves | undefined => {
    if (content === undefined) return undefined;
    const leaves = known.get(content) ?? leavesOf(withoutIgnored(content, facts.schema, ignored), facts.schema);
    known.set(content, leaves);
    return leaves;
  };
  const live = read(facts.live.kind === 'found' ? facts.live.object : undefined);
  const merge = read(facts.merge?.content);
  const gone = abandonment(facts, { live, merge });
  const predicted = read(gone.predicted);
  return {
    deployed: read(facts.deployed?.content),
    base: read(facts.base?.content),
    merge,
    live,
    predicted,
    abandoned: live === undefined ? noLeaves : abandonedLeaves(gone, live, predicted),
  };
}

function abandonedLeaves(gone: Abandonment, live: Leaves, predicted: Leaves | undefined): Leaves {
  const byPath = [...live.byPath].filter(
    // A default that comes again is no move.
    ([path, leaf]) => gone.isAbandoned(leaf) && !sameJson(predicted?.byPath.get(path)?.value, leaf.value),
  );
  return { byPath: new Map(byPath), containers: gone.containers };
}

/** What may not be shown of an object, by everything that is known of it. */
export function secretsOf(facts: ObjectFacts): SecretCheck {
  return secretCheck(facts.identity, () => everyForm(facts).map((content) => leavesOf(content, facts.schema)));
}

/** The refusal without what nobody may see of the object: what was sent is masked already, and the API quotes what it holds too. */
export function maskedRefusal(facts: ObjectFacts, refusal: Refusal): Refusal {
  const mask = textMask(everyForm(facts));
  const { reason } = refusal;
  return { ...refusal, message: mask(refusal.message), ...(reason !== undefined && { reason: mask(reason) }) };
}

/** The object as it was, is, will be and is asked for. */
function everyForm({ deployed, base, merge, live, prediction, takenBack }: ObjectFacts): readonly JsonObject[] {
  const answer = takenBack ?? prediction;
  const contents = [
    deployed?.content,
    base?.content,
    merge?.content,
    live.kind === 'found' ? live.object : undefined,
    answer?.kind === 'applied' ? answer.object : undefined,
  ];
  return [...new Set(contents)].filter((content) => content !== undefined);
}
