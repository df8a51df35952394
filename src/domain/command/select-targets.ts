import { distance } from 'fastest-levenshtein';
import { type TargetName, targetParts } from '../identity.ts';
import { matchesTarget, type TargetPattern } from './target-pattern.ts';

export type TargetSelection =
  | { readonly kind: 'selected'; readonly targets: readonly TargetName[] }
  | { readonly kind: 'unknown'; readonly unknown: readonly UnknownTarget[] };

export interface UnknownTarget {
  readonly text: string;
  /** The most similar of the targets that exist, at most three. */
  readonly nearest: readonly TargetName[];
}

const shownNames = 3;
const comparedNames = 1_000;

/** The targets that the arguments mean, each once and in the order of `targets`; no argument means all. One that matches nothing refuses the whole command. */
export function selectTargets(patterns: readonly TargetPattern[], targets: readonly TargetName[]): TargetSelection {
  if (patterns.length === 0) return { kind: 'selected', targets };
  const unknown = patterns.filter((pattern) => !targets.some((target) => matchesTarget(pattern, target)));
  if (unknown.length > 0)
    return { kind: 'unknown', unknown: unknown.map(({ text }) => ({ text, nearest: nearestTargets(text, targets) })) };
  return {
    kind: 'selected',
    targets: targets.filter((target) => patterns.some((pattern) => matchesTarget(pattern, target))),
  };
}

function nearestTargets(text: string, targets: readonly TargetName[]): readonly TargetName[] {
  return targets
    .slice(0, comparedNames)
    .map((target) => ({ target, distance: Math.min(...namesOf(target).map((name) => distance(text, name))) }))
    .sort((left, right) => left.distance - right.distance || (left.target < right.target ? -1 : 1))
    .slice(0, shownNames)
    .map(({ target }) => target);
}

/** As it can be written. */
function namesOf(target: TargetName): readonly string[] {
  const { stack, environment } = targetParts(target);
  return [target, stack, `@${environment}`];
}
