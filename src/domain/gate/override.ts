import { type ApprovalSource, type RuleOrigin, sourceText } from '../config/rule.ts';
import type { PlanDigest } from '../identity.ts';
import type { Person } from './people.ts';
import type { Standings } from './standing.ts';

/** What somebody can set aside: a rule, or the approvals that an environment asks for. */
export type Overridable =
  | { readonly kind: 'rule'; readonly name: string; readonly origin: RuleOrigin }
  | { readonly kind: 'approvals'; readonly environment: string };

/** The word by which `/override` means an environment's approvals. */
export const approvalsWord = 'approvals';

/** Somebody's recorded word that a condition need not be met by exactly these plans. It says nothing of any other plan. */
export interface Override {
  readonly of: Overridable;
  readonly plans: readonly PlanDigest[];
  readonly person: Person;
  /** Which of the sources that the condition's `override` names the person met when saying so, as `sourceText` writes them. */
  readonly sources: readonly string[];
  readonly reason: string;
  /** The comment that said so. */
  readonly comment: number;
}

export interface OverrideQuestion {
  readonly overrides: readonly Override[];
  readonly of: Overridable;
  /** Who may say so by the configuration that counts now. */
  readonly allowed: readonly ApprovalSource[];
  /** Of the plans that the condition speaks of: each has to be overridden. */
  readonly plans: readonly PlanDigest[];
  /** Who is what now; absent where it was looked at for the last time when the override was recorded. */
  readonly standings?: Standings;
}

export type OverrideAnswer =
  /** Every plan is overridden, by these. */
  | { readonly kind: 'overridden'; readonly by: readonly Override[] }
  /** What was said of this condition and does not count (for all plans), each with the reason. */
  | { readonly kind: 'not-overridden'; readonly evidence: readonly string[] };

/** Whether the condition is set aside for all of these plans, by people who may do so now. */
export function answerOverride(question: OverrideQuestion): OverrideAnswer {
  const said = question.overrides.filter((override) => sameCondition(override.of, question.of));
  const counting = said.filter((override) => mayOverride(override, question));
  const by = counting.filter((override) => override.plans.some((plan) => question.plans.includes(plan)));
  const isOpen = (plan: PlanDigest) => !by.some((override) => override.plans.includes(plan));
  if (question.plans.length > 0 && !question.plans.some(isOpen)) return { kind: 'overridden', by };
  return { kind: 'not-overridden', evidence: said.map((override) => whyNot(override, counting.includes(override))) };
}

/** `overridden by olga: incident 12`, of everybody whose word it takes. */
export function overriddenReason(by: readonly Override[]): string {
  return by.map(({ person, reason }) => `overridden by ${person.login}: ${reason}`).join('; ');
}

/** Which of the sources the person meets now, as `sourceText` writes them; of code owners, only whoever owns every changed file that has owners. */
export function sourcesMet(
  person: Person,
  sources: readonly ApprovalSource[],
  standings: Standings,
): readonly string[] {
  return sources.filter((source) => meets(person, source, standings)).map(sourceText);
}

/** Why GitHub's answer is missing for some of the sources, for people. */
export function unknownSources(
  person: Person,
  sources: readonly ApprovalSource[],
  standings: Standings,
): readonly string[] {
  return sources.flatMap((source) => {
    const standing = source.kind === 'codeowners' ? standings.ownedFiles : standings.of(person, source);
    return standing.kind === 'unknown' ? [`${sourceText(source)}: ${standing.reason}`] : [];
  });
}

/** Overriding is one person's word, so that it takes an owner of everything; approving may be shared. */
function meets(person: Person, source: ApprovalSource, standings: Standings): boolean {
  if (source.kind !== 'codeowners') return standings.of(person, source).kind === 'yes';
  const owned = standings.ownedFiles;
  return owned.kind === 'known' && owned.files.length > 0 && owned.files.every((file) => file.people.has(person.id));
}

function mayOverride(override: Override, { allowed, standings }: OverrideQuestion): boolean {
  if (standings !== undefined) return sourcesMet(override.person, allowed, standings).length > 0;
  return allowed.some((source) => override.sources.includes(sourceText(source)));
}

function whyNot({ person }: Override, may: boolean): string {
  return may
    ? `${person.login}'s override does not count: the plan has changed since`
    : `${person.login}'s override does not count: the configuration or GitHub no longer names ${person.login} for it`;
}

function sameCondition(left: Overridable, right: Overridable): boolean {
  if (left.kind === 'approvals') return right.kind === 'approvals' && left.environment === right.environment;
  return right.kind === 'rule' && left.name === right.name && left.origin === right.origin;
}
