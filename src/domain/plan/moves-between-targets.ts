import { type TargetName, targetParts } from '../identity.ts';
import { identityKey, identityText, type Problem } from '../manifest/rendered-object.ts';
import { type ApplySetOwner, partOf } from './applyset.ts';
import type { ObjectFacts } from './object-facts.ts';

/** What another target of the same cluster renders at the commit that is planned. */
export interface Neighbour {
  readonly target: TargetName;
  /** Identity keys, also of what could not be sent as it is: its target wants it all the same. */
  readonly objects: ReadonlySet<string>;
  /** Its files have errors: it may render more than these. */
  readonly unsure: boolean;
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
 * else, is a problem. So is one of another environment: letting go is no effect that anybody approves, so that the people of a strict environment
 * would not be asked for what becomes of its objects.
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
      return { ...facts, keeper: from.owner };
    }
    const taker = isReleased(facts) ? takingTarget(facts, around) : undefined;
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
  if (!isSameEnvironment(owner.target, around.owner.target))
    return { kind: 'kept', owner: `${owner.target}, which is of another environment` };
  const neighbour = around.neighbours.find(({ target }) => target === owner.target);
  // A target that is gone from the commit wants nothing any more.
  if (neighbour?.objects.has(identityKey(facts.identity)) === true)
    return { kind: 'kept', owner: `${owner.target}, which renders it too` };
  return neighbour?.unsure === true
    ? {
        kind: 'kept',
        owner: `${owner.target}, whose files have errors, so that nobody can say whether it still wants it`,
      }
    : { kind: 'released', target: owner.target };
}

function takingTarget(facts: ObjectFacts, { neighbours, owner }: Surroundings): TargetName | undefined {
  return neighbours.find(
    ({ target, objects }) => isSameEnvironment(target, owner.target) && objects.has(identityKey(facts.identity)),
  )?.target;
}

function isSameEnvironment(left: TargetName, right: TargetName): boolean {
  return targetParts(left).environment === targetParts(right).environment;
}

function foreignProblem(facts: ObjectFacts, owner: string): Problem {
  const position = facts.merge?.rendered.position;
  return {
    severity: 'error',
    message: `${identityText(facts.identity)} belongs to ${owner}; remove it there first, or keep it in one target only`,
    ...(position === undefined ? {} : { position }),
  };
}
