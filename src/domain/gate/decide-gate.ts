import type { Environment } from '../config/config.ts';
import type { CommitSha, TargetName } from '../identity.ts';
import { type Plan, planFails } from '../plan/plan.ts';
import {
  type CountingApproval,
  type JudgedApproval,
  judgeApprovals,
  type ReviewFacts,
  requestedChanges,
} from './approvals.ts';
import { beforeMergeRequirements, type TargetStanding } from './before-merge.ts';
import type { Approval } from './coverage.ts';
import { decisionOf, type GateDecision, type Requirement } from './decision.ts';
import type { MatchedRule } from './matched-rule.ts';
import { answerOverride, type Override, type OverrideAnswer, overriddenReason } from './override.ts';
import { atLeast, type Person } from './people.ts';
import { type Removal, removalsOf } from './removals.ts';
import { overrideOfRule, ruleRequirement } from './rule-requirement.ts';
import { approvalOf, isCovered, type ShownFacts } from './shown-coverage.ts';
import type { Standings } from './standing.ts';

export interface GateFacts extends ShownFacts {
  readonly head: CommitSha;
  /** Plans of the current head merged into the current base; each with its environment's rule. */
  readonly plans: readonly { readonly plan: Plan; readonly environment: Environment }[];
  /** Why there is no current plan although one is needed; undefined when there is. */
  readonly planProblem?: string;
  /** Of the pull request; of each one of a merge group, where an approval counts on whichever it was given, and an objection blocks all. */
  readonly reviews: readonly ReviewFacts[];
  /** Approvals recorded at the merges of pull requests that are not deployed yet, a list a target. */
  readonly pendingApprovals: ReadonlyMap<TargetName, readonly Approval[]>;
  /** The head changes the configuration or the code owners. */
  readonly configurationChanged: boolean;
  /** Names the content of those files: only who was shown the very same has approved it. Absent: nobody has. */
  readonly configuration?: string;
  /** The head lies in a fork and was only checked offline. */
  readonly offline: boolean;
  /** What was said with `/override` on this pull request. */
  readonly overrides?: readonly Override[];
  /** The rules that speak of something in the plans. */
  readonly rules: readonly MatchedRule[];
  /** Who is what now, of everybody who approved or overrode. */
  readonly standings: Standings;
  /** Where targets stand that are applied before the merge; undefined where nothing is. */
  readonly applied?: ReadonlyMap<TargetName, TargetStanding>;
}

/** Decides the gate of a pull request, or of a merge group; the same facts give the same decision, and the decision says why. */
export function decideGate(facts: GateFacts): GateDecision {
  const approvals = facts.reviews.flatMap(judgeApprovals);
  const requirements: Requirement[] = [currentPlan(facts)];
  const objectors = facts.reviews.flatMap(requestedChanges);
  if (objectors.length > 0) requirements.push(changesRequested(objectors));
  if (facts.reviews.some(({ exclusions }) => exclusions.lastPusher === undefined) && needsPeople(facts))
    requirements.push(unknownPusher());
  if (facts.offline) requirements.push(plannedLive(facts));
  for (const environment of environmentsOf(facts))
    requirements.push(environmentApprovals(environment, facts, approvals));
  for (const { plan } of facts.plans)
    for (const removal of removalsOf(plan)) requirements.push(removalApproval(plan, removal, { facts, approvals }));
  const plans = facts.plans.map(({ plan }) => plan);
  for (const rule of facts.rules) requirements.push(ruleRequirement(rule, { ...facts, plans, approvals }));
  if (facts.configurationChanged) requirements.push(configurationApproval(facts, approvals));
  if (facts.applied !== undefined)
    requirements.push(...beforeMergeRequirements({ head: facts.head, plans, standings: facts.applied }));
  return decisionOf(requirements);
}

function needsPeople(facts: GateFacts): boolean {
  return (
    facts.configurationChanged ||
    facts.rules.some((rule) => rule.outcome.kind === 'require' && !isOverridden(rule, facts)) ||
    facts.plans.some(
      ({ plan, environment }) =>
        removalsOf(plan).length > 0 ||
        (changesSomething(plan) &&
          environment.approvals > 0 &&
          overrideOfApprovals(environment, facts).kind !== 'overridden'),
    )
  );
}

function isOverridden(rule: MatchedRule, facts: GateFacts): boolean {
  const plans = facts.plans.map(({ plan }) => plan);
  return overrideOfRule(rule, { ...facts, plans }).kind === 'overridden';
}

function changesSomething(plan: Plan): boolean {
  return plan.effects.length > 0;
}

function currentPlan(facts: GateFacts): Requirement {
  const base = { name: 'plan is current', who: [], evidence: [], targets: [] };
  if (facts.planProblem !== undefined) return { ...base, status: 'failed', reason: facts.planProblem };
  const failing = facts.plans.filter(({ plan }) => planFails(plan)).map(({ plan }) => plan.target);
  if (failing.length > 0)
    return {
      ...base,
      status: 'failed',
      targets: failing,
      reason: `the plan of ${failing.join(', ')} has errors or is incomplete; see planwright/plan`,
    };
  return { ...base, status: 'met', reason: `planned for ${facts.head.slice(0, 7)} merged into the base` };
}

function changesRequested(people: readonly Person[]): Requirement {
  const names = [...new Set(people.map((person) => person.login))];
  return {
    name: 'no changes requested',
    status: 'failed',
    reason: `${names.join(', ')} asked for changes`,
    who: names,
    evidence: [],
    targets: [],
  };
}

function unknownPusher(): Requirement {
  return {
    name: 'last pusher is known',
    status: 'failed',
    reason:
      "GitHub does not say who pushed this head, or a commit of it that has no known author, so nobody can be told apart from them; push again, or grant Planwright access to the head's repository",
    who: [],
    evidence: [],
    targets: [],
  };
}

function plannedLive(facts: GateFacts): Requirement {
  return {
    name: 'planned live for this SHA',
    status: 'unmet',
    reason: `this head comes from a fork and was checked without a cluster; read ${facts.head.slice(0, 7)} and say /plan`,
    who: ['anyone with write access'],
    evidence: [],
    targets: [],
  };
}

function environmentsOf(facts: GateFacts): readonly Environment[] {
  const environments = new Map<string, Environment>();
  for (const { plan, environment } of facts.plans)
    if (changesSomething(plan)) environments.set(environment.name, environment);
  return [...environments.values()];
}

function environmentApprovals(
  environment: Environment,
  facts: GateFacts,
  approvals: readonly JudgedApproval[],
): Requirement {
  const plans = plansIn(environment, facts);
  const targets = plans.map((plan) => plan.target);
  const name = `approvals of ${environment.name}`;
  if (environment.approvals === 0)
    return { name, status: 'met', reason: 'this environment asks for no approval', who: [], evidence: [], targets };
  const override = overrideOfApprovals(environment, facts);
  const open = plans.filter((plan) => !coveredBy(plan, facts, approvals, environment.approvals));
  const evidence = [
    ...approvals.flatMap((approval) => evidenceOf(approval, plans, facts)),
    ...(override.kind === 'overridden' ? [] : override.evidence),
  ];
  if (override.kind === 'overridden')
    return { name, status: 'met', reason: overriddenReason(override.by), who: [], evidence, targets };
  const people = environment.approvals === 1 ? '1 approval' : `${environment.approvals} approvals`;
  if (open.length === 0)
    return { name, status: 'met', reason: `${people} of these effects`, who: [], evidence, targets };
  return {
    name,
    status: 'unmet',
    reason: `needs ${people} of the effects shown for ${open.map((plan) => plan.target).join(', ')}`,
    who: ['anyone with write access who is neither author, committer, co-author nor last pusher'],
    evidence,
    targets: open.map((plan) => plan.target),
  };
}

function plansIn(environment: Environment, facts: GateFacts): readonly Plan[] {
  return facts.plans
    .filter((entry) => entry.environment.name === environment.name && changesSomething(entry.plan))
    .map((entry) => entry.plan);
}

function overrideOfApprovals(environment: Environment, facts: GateFacts): OverrideAnswer {
  return answerOverride({
    overrides: facts.overrides ?? [],
    of: { kind: 'approvals', environment: environment.name },
    allowed: environment.override ?? [],
    plans: plansIn(environment, facts).map((plan) => plan.digest),
    standings: facts.standings,
  });
}

function coveredBy(plan: Plan, facts: GateFacts, approvals: readonly JudgedApproval[], needed: number): boolean {
  const pending = facts.pendingApprovals.get(plan.target) ?? [];
  const current = approvals
    .filter((approval) => approval.kind === 'counts')
    .map((approval) => approvalOf(approval, facts));
  return isCovered(plan, [...pending, ...current], needed);
}

function evidenceOf(approval: JudgedApproval, plans: readonly Plan[], facts: GateFacts): readonly string[] {
  const { login } = approval.person;
  if (approval.kind === 'refused') return [`${login}'s approval does not count: ${approval.reason}`];
  const own = approvalOf(approval, facts);
  const about = plansShownTo([own], plans, facts);
  if (about.length === 0) return [];
  const open = about
    .filter((plan) => !isCovered(plan, [own, ...(facts.pendingApprovals.get(plan.target) ?? [])], 1))
    .map((plan) => plan.target);
  const of = approval.commit === facts.head ? '' : ` (given for ${approval.commit.slice(0, 7)})`;
  const wrote = facts.pendingWork.filter(({ contributors }) => contributors.has(approval.person.id));
  const isOwn = approvalOf(approval, { ...facts, pendingWork: [] }).effects.length > own.effects.length;
  if (open.length > 0 && isOwn)
    return [
      `${login} put something into ${wrote.map(({ pull }) => `#${pull}`).join(', ')}, which is merged and not deployed yet: what it brings to ${open.join(', ')} is somebody else's to approve`,
    ];
  if (open.length > 0)
    return [`${login} approved other effects of ${open.join(', ')}${of}: the plan has changed since; approve again`];
  const where = about.length === plans.length ? '' : ` of ${about.map((plan) => plan.target).join(', ')}`;
  return [`${login} approved these effects${where}${of}`];
}

/** In a merge group, who approved one pull request was not shown what the others do. */
function plansShownTo(approvals: readonly Approval[], plans: readonly Plan[], facts: GateFacts): readonly Plan[] {
  if (facts.reviews.length === 1) return plans;
  const targets = new Set(approvals.flatMap(({ effects }) => effects.map(({ target }) => target)));
  return plans.filter(({ target }) => targets.has(target));
}

function removalApproval(
  plan: Plan,
  { name, what }: Removal,
  { facts, approvals }: { readonly facts: GateFacts; readonly approvals: readonly JudgedApproval[] },
): Requirement {
  const covered = (by: readonly JudgedApproval[]) =>
    by.length > 0 && coveredBy(plan, { ...facts, pendingApprovals: new Map() }, by, 1);
  return byMaintainer({
    name,
    what,
    met: covered,
    isOfThis: (approval) => covered([approval]),
    approvals,
    targets: [plan.target],
  });
}

function configurationApproval(facts: GateFacts, approvals: readonly JudgedApproval[]): Requirement {
  const isOfThis = ({ configuration }: CountingApproval) =>
    configuration !== undefined && configuration === facts.configuration;
  return byMaintainer({
    name: 'configuration',
    what: "it changes Planwright's configuration or the code owners",
    met: (maintainers) => maintainers.some(isOfThis),
    isOfThis,
    approvals,
    targets: [],
  });
}

function byMaintainer(question: {
  readonly name: string;
  readonly what: string;
  readonly met: (maintainers: readonly CountingApproval[]) => boolean;
  /** Whether what this one approved is all of it, and not what was shown before. */
  readonly isOfThis: (approval: CountingApproval) => boolean;
  readonly approvals: readonly JudgedApproval[];
  readonly targets: readonly TargetName[];
}): Requirement {
  const { name, targets } = question;
  const counting = question.approvals.filter((approval) => approval.kind === 'counts');
  const maintainers = counting.filter(({ permission }) => atLeast(permission, 'maintain'));
  const evidence = question.approvals.map((approval) => maintainEvidence(approval, question.isOfThis));
  if (question.met(maintainers))
    return { name, status: 'met', reason: `${question.what}; a maintainer approved that`, who: [], evidence, targets };
  return {
    name,
    status: 'unmet',
    reason: `${question.what}: one approval by role:maintain is needed`,
    who: ['role:maintain'],
    evidence,
    targets,
  };
}

function maintainEvidence(approval: JudgedApproval, isOfThis: (approval: CountingApproval) => boolean): string {
  const { login } = approval.person;
  if (approval.kind === 'refused') return `${login}'s approval does not count: ${approval.reason}`;
  if (!atLeast(approval.permission, 'maintain')) return `${login} has ${approval.permission}, not maintain`;
  const word = `${login} (${approval.permission}) approved ${approval.commit.slice(0, 7)}`;
  return isOfThis(approval) ? word : `${word}, where this was another: approve again`;
}
