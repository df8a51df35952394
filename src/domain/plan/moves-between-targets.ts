import type { TargetName } from '../identity.ts';
import { identityKey, identityText, type Problem } from '../manifest/rendered-object.ts';
import { type ApplySetOwner, partOf } from './applyset.ts';
import type { ObjectFacts } from './object-facts.ts';

/** What another target of the same cluster renders at the commit that is planned. */
export interface Neighbour {
  readonly target: TargetName;
  /** Identity keys. */
  readonly objects: ReadonlySet<string>;
}

export interface Surroundings {
  /** The id of the target's own set. */
  readonly applySetId: string;
  readonly owner: ApplySetOwner;
  /** Of sets that objects of this target carry the label of, by id, as far as they are known. */
  readonly owners: ReadonlyMap<string, ApplySetOwner>;
  readonly neighbours: readonly Neighbour[];
}

/** The id of the set that has an object which this target renders, when that is another's. */
export function foreignSet(facts: ObjectFacts, applySetId: string): string | undefined {
  if (facts.merge === undefined || facts.live.kind !== 'found') return undefined;
  const owner = partOf(facts.live.object);
  return owner === applySetId ? undefined : owner;
}

/** Whether the target would delete an object that others may have taken over. */
export function isReleased(facts: ObjectFacts): boolean {
  return facts.merge === undefined && facts.live.kind === 'found' && facts.member;
}

/**
 * An object belongs to one target. It moves when its owner renders it no more and another target of the same commit does: who renders it takes it as
 * it is, and its owner never deletes it, in whatever order the two are deployed. An object that its owner still wants, or whose owner is somebody
 * else, is a problem.
 */
export function moveBetweenTargets(
  objects: readonly ObjectFacts[],
  around: Surroundings,
): { readonly objects: readonly ObjectFacts[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const moved = objects.map((facts): ObjectFacts => {
    const set = foreignSet(facts, around.applySetId);
    if (set !== undefined) {
      const from = releasingTarget(facts, around.owners.get(set), around);
      if (from.kind === 'released') return { ...facts, moved: { kind: 'from', target: from.target } };
      problems.push(foreignProblem(facts, from.owner));
      return facts;
    }
    const taker = isReleased(facts) ? takingTarget(facts, around.neighbours) : undefined;
    return taker === undefined ? facts : { ...facts, moved: { kind: 'to', target: taker } };
  });
  return { objects: moved, problems };
}

type Releasing =
  | { readonly kind: 'released'; readonly target: TargetName }
  | { readonly kind: 'kept'; readonly owner: string };

function releasingTarget(facts: ObjectFacts, owner: ApplySetOwner | undefined, around: Surroundings): Releasing {
  if (owner === undefined) return { kind: 'kept', owner: `another set (${foreignSet(facts, around.applySetId)})` };
  if (owner.host !== around.owner.host || owner.repository !== around.owner.repository)
    return { kind: 'kept', owner: `${owner.target} of another repository (${owner.host}, id ${owner.repository})` };
  const neighbour = around.neighbours.find(({ target }) => target === owner.target);
  // A target that is gone from the commit wants nothing any more.
  return neighbour?.objects.has(identityKey(facts.identity)) === true
    ? { kind: 'kept', owner: `${owner.target}, which renders it too` }
    : { kind: 'released', target: owner.target };
}

function takingTarget(facts: ObjectFacts, neighbours: readonly Neighbour[]): TargetName | undefined {
  return neighbours.find(({ objects }) => objects.has(identityKey(facts.identity)))?.target;
}

function foreignProblem(facts: ObjectFacts, owner: string): Problem {
  const position = facts.merge?.rendered.position;
  return {
    severity: 'error',
    message: `${identityText(facts.identity)} belongs to ${owner}; remove it there first, or keep it in one target only`,
    ...(position === undefined ? {} : { position }),
  };
}
