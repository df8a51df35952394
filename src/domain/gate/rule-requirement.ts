import { type ApprovalSource, sourceText } from '../config/rule.ts';
import type { TargetName } from '../identity.ts';
import type { Plan } from '../plan/plan.ts';
import type { CountingApproval, JudgedApproval } from './approvals.ts';
import type { Approval } from './coverage.ts';
import type { Requirement } from './decision.ts';
import type { MatchedRule } from './matched-rule.ts';
import { answerOverride, type Override, type OverrideAnswer, overriddenReason } from './override.ts';
import type { Person } from './people.ts';
import { approvalOf, isCovered, type ShownFacts } from './shown-coverage.ts';
import type { OwnedFile, Standing, Standings } from './standing.ts';

export interface RuleFacts extends ShownFacts {
  readonly plans: readonly Plan[];
  readonly approvals: readonly JudgedApproval[];
  readonly pendingApprovals: ReadonlyMap<TargetName, readonly Approval[]>;
  readonly standings: Standings;
  /** What was said with `/override` on this pull request. */
  readonly overrides?: readonly Override[];
}

type Required = Extract<MatchedRule['outcome'], { readonly kind: 'require' }>;

const shownObjects = 3;
const shownFiles = 5;

/** What a matched rule asks of the gate: it denies, cannot be decided, or wants so many of its people to have approved what its targets do. */
export function ruleRequirement(rule: MatchedRule, facts: RuleFacts): Requirement {
  const requirement = unoverridden(rule, facts);
  const override = overrideOfRule(rule, facts);
  if (requirement.status === 'met') return requirement;
  if (override.kind === 'not-overridden')
    return { ...requirement, evidence: [...requirement.evidence, ...override.evidence] };
  return { ...requirement, status: 'met', reason: overriddenReason(override.by), who: [], targets: rule.targets };
}

/** Whether the rule is set aside for all of its targets' plans. */
export function overrideOfRule(
  rule: MatchedRule,
  { overrides = [], plans, standings }: Pick<RuleFacts, 'overrides' | 'plans' | 'standings'>,
): OverrideAnswer {
  return answerOverride({
    overrides,
    of: { kind: 'rule', name: rule.name, origin: rule.origin },
    allowed: rule.override,
    plans: plans.filter(({ target }) => rule.targets.includes(target)).map(({ digest }) => digest),
    standings,
  });
}

function unoverridden(rule: MatchedRule, facts: RuleFacts): Requirement {
  const { outcome, problem } = rule;
  if (problem !== undefined) return failed(rule, `${problem}; mend the rule or what it speaks of`);
  if (outcome.kind === 'deny') return failed(rule, `denied for ${objectsText(rule)}: ${outcome.reason}`);
  return requirePeople(rule, outcome, facts);
}

function failed(rule: MatchedRule, reason: string): Requirement {
  const end = /[.!?…]$/.test(reason) ? '' : '.';
  return {
    name: ruleName(rule),
    status: 'failed',
    reason:
      rule.override.length > 0 ? reason : `${reason}${end} Nobody can override it: the pull request has to change.`,
    who: overridersOf(rule),
    evidence: [],
    targets: rule.targets,
  };
}

/** As the requirement is named. */
export function ruleName({ name, origin }: Pick<MatchedRule, 'name' | 'origin'>): string {
  switch (origin) {
    case 'repository':
      return `rule ${name}`;
    case 'organization':
      return `rule ${name} of the organization`;
    case 'server':
      return `rule ${name} of the server`;
  }
}

/** Who may set a rule aside. */
export function overridersOf({ override }: Pick<MatchedRule, 'override'>): readonly string[] {
  return override.map((source) => `${sourceText(source)}, with /override`);
}

function objectsText({ objects }: MatchedRule): string {
  const hidden = objects.length - shownObjects;
  return `${objects.slice(0, shownObjects).join(', ')}${hidden > 0 ? ' and others' : ''}`;
}

function requirePeople(rule: MatchedRule, outcome: Required, facts: RuleFacts): Requirement {
  const plans = facts.plans.filter(({ target }) => rule.targets.includes(target));
  const counting = facts.approvals.filter((approval) => approval.kind === 'counts');
  const files = ownedFiles(outcome.from, { ...facts, plans, counting });
  const standing = (person: Person) => standingOf(person, outcome.from, { ...facts, files });
  const qualified = counting.filter(({ person }) => standing(person).kind === 'yes');
  const open = plans.filter(
    (plan) =>
      // Nothing that could be approved is nothing that was.
      plan.effects.length === 0 ||
      !isCovered(
        plan,
        [...recordedFor(plan, outcome.from, facts), ...qualified.map((approval) => approvalOf(approval, facts))],
        outcome.count,
      ),
  );
  const evidence = facts.approvals.map((approval) => evidenceOf(approval, { ...facts, plans }, standing));
  const named = { name: ruleName(rule), evidence };
  const wanted = wantedPeople(outcome);
  const isKnown = plans.length === new Set(rule.targets).size;
  if (isKnown && open.length === 0)
    return {
      ...named,
      status: 'met',
      reason: `${wanted} approved what it does to ${objectsText(rule)}`,
      who: [],
      targets: rule.targets,
    };
  const targets = isKnown ? open.map(({ target }) => target) : rule.targets;
  const there = peopleThere(outcome.from, facts.standings);
  const troubles = outcome.from.flatMap((source) => facts.standings.trouble(source) ?? []);
  if (there !== undefined && there < outcome.count)
    return {
      ...named,
      status: 'failed',
      reason: `it needs ${wanted}, and there ${there === 1 ? 'is only 1' : `are only ${there}`}${troubles.length === 0 ? '' : ` (${troubles.join(', ')})`}: no approval meets it; it speaks of ${objectsText(rule)}`,
      who: overridersOf(rule),
      targets,
    };
  return {
    ...named,
    status: 'unmet',
    reason: `needs the approval of ${wanted} for what ${targets.join(', ')} would do; it speaks of ${objectsText(rule)}`,
    who: [...outcome.from.flatMap((source) => whoText(source, { ...facts, files })), ...overridersOf(rule)],
    targets,
  };
}

/** `2 people from team:sre or role:admin`. */
export function wantedPeople({ count, from }: Required): string {
  return `${count === 1 ? '1 person' : `${count} people`} from ${listText(from.map(sourceText))}`;
}

function listText(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** How many people there are altogether; undefined while a source does not say. */
function peopleThere(from: readonly ApprovalSource[], standings: Standings): number | undefined {
  let sum = 0;
  for (const source of from) {
    const size = standings.size(source);
    if (size === undefined) return undefined;
    sum += size;
  }
  return sum;
}

/** Files with owners, and those of them whose owners have not approved what is planned now. */
interface Files {
  readonly owned: readonly OwnedFile[];
  readonly waiting: readonly OwnedFile[];
  /** Why nobody can say who owns them. */
  readonly unknown?: string;
}

/** As on GitHub, every file that has owners needs one of them: an owner of some of the files counts only once all others have theirs. */
function ownedFiles(
  from: readonly ApprovalSource[],
  facts: RuleFacts & { readonly counting: readonly CountingApproval[] },
): Files | undefined {
  if (!from.some(({ kind }) => kind === 'codeowners')) return undefined;
  const { ownedFiles: found } = facts.standings;
  if (found.kind === 'unknown') return { owned: [], waiting: [], unknown: found.reason };
  const owned = found.files;
  const forAll = facts.counting.filter((approval) => coversAll(approval, facts));
  const approved = ({ pull, people }: OwnedFile) => {
    // In a merge group nobody was shown what all of it does: an owner approves what one pull request does, there.
    const there = facts.counting.filter(({ given }) => given?.pull === pull && given?.isForAll === true);
    return (pull === undefined ? forAll : there).some(({ person }) => people.has(person.id));
  };
  return { owned, waiting: owned.filter((file) => !approved(file)) };
}

function coversAll(approval: CountingApproval, facts: RuleFacts): boolean {
  return facts.plans.every((plan) => coversAlone(approval, plan, facts));
}

function coversAlone(approval: CountingApproval, plan: Plan, facts: RuleFacts): boolean {
  const pending = facts.pendingApprovals.get(plan.target) ?? [];
  return isCovered(plan, [approvalOf(approval, facts), ...pending], 1);
}

/** What people approved in merges that are not deployed yet, as far as they were among the rule's people then. */
function recordedFor(plan: Plan, from: readonly ApprovalSource[], facts: RuleFacts): readonly Approval[] {
  return (facts.pendingApprovals.get(plan.target) ?? []).filter((approval) => wasAmong(approval, from));
}

/** Which of the sources an approver is one of: what is recorded with the approval, for the deployment. */
export function sourcesOfApprover(
  { person }: Pick<CountingApproval, 'person'>,
  sources: readonly ApprovalSource[],
  facts: RuleFacts,
): readonly string[] {
  const counting = facts.approvals.filter((approval) => approval.kind === 'counts');
  const files = ownedFiles(sources, { ...facts, counting });
  const met = sources.filter((source) => standingOf(person, [source], { ...facts, files }).kind === 'yes');
  return [...new Set(met.map(sourceText))];
}

/** Whether an approval was recorded as one of somebody whom these sources name. */
export function wasAmong({ sources = [] }: Approval, from: readonly ApprovalSource[]): boolean {
  return from.some((source) => sources.includes(sourceText(source)));
}

type PersonStanding = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly reasons: readonly string[] };

function standingOf(
  person: Person,
  from: readonly ApprovalSource[],
  { standings, files }: { readonly standings: Standings; readonly files: Files | undefined },
): PersonStanding {
  const reasons: string[] = [];
  for (const source of from) {
    const standing = source.kind === 'codeowners' ? ownerStanding(person, files) : standings.of(person, source);
    if (standing.kind === 'yes') return standing;
    reasons.push(standing.kind === 'no' ? `is not in ${sourceText(source)}` : standing.reason);
  }
  return { kind: 'no', reasons };
}

function ownerStanding(person: Person, files: Files | undefined): Standing {
  if (files?.unknown !== undefined) return { kind: 'unknown', reason: files.unknown };
  if (files === undefined || !files.owned.some(({ people }) => people.has(person.id))) return { kind: 'no' };
  if (files.waiting.length === 0) return { kind: 'yes' };
  return {
    kind: 'unknown',
    reason: `owns other files than ${filesText(files.waiting)}, whose owners have to approve too`,
  };
}

function whoText(
  source: ApprovalSource,
  { standings, files }: { readonly standings: Standings; readonly files: Files | undefined },
): readonly string[] {
  const trouble = standings.trouble(source);
  if (source.kind !== 'codeowners' || files === undefined)
    return [trouble === undefined ? sourceText(source) : `${sourceText(source)} (nobody now: ${trouble})`];
  if (files.unknown !== undefined) return [`codeowners, once it is known who they are (${files.unknown})`];
  if (files.owned.length === 0)
    return ['codeowners, once CODEOWNERS of the base branch names any for the changed files'];
  return (files.waiting.length === 0 ? files.owned : files.waiting)
    .slice(0, shownFiles)
    .map(({ path, owners }) => `codeowners of ${path}: ${owners.join(' or ')}`);
}

function filesText(files: readonly OwnedFile[]): string {
  const shown = files.slice(0, shownFiles).map(({ path }) => path);
  return files.length > shownFiles ? `${shown.join(', ')} and others` : shown.join(', ');
}

function evidenceOf(approval: JudgedApproval, facts: RuleFacts, standing: (person: Person) => PersonStanding): string {
  const { login } = approval.person;
  if (approval.kind === 'refused') return `${login}'s approval does not count: ${approval.reason}`;
  const place = standing(approval.person);
  if (place.kind === 'no') return `${login}'s approval does not count for this rule: ${place.reasons.join('; ')}`;
  const open = facts.plans.filter((plan) => !coversAlone(approval, plan, facts)).map(({ target }) => target);
  return open.length === 0
    ? `${login} approved these effects`
    : `${login} approved other effects of ${open.join(', ')}: the plan has changed since; approve again`;
}
