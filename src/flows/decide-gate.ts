import { gateInputs } from '../domain/audit/gate-inputs.ts';
import type { ApplyMode, Environment } from '../domain/config/config.ts';
import { type ApprovalSource, type Rule, sourceText } from '../domain/config/rule.ts';
import {
  type JudgedApproval,
  judgeApprovals,
  judgeWord,
  latestReviews,
  type ReviewFacts,
} from '../domain/gate/approvals.ts';
import type { TargetStanding } from '../domain/gate/before-merge.ts';
import type { Approval } from '../domain/gate/coverage.ts';
import { decideGate, type GateFacts } from '../domain/gate/decide-gate.ts';
import type { GateDecision } from '../domain/gate/decision.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import type { Override } from '../domain/gate/override.ts';
import { type PendingWork, withoutOwnWork } from '../domain/gate/own-work.ts';
import { atLeast, type Permission, type Person } from '../domain/gate/people.ts';
import { sourcesOfApprover } from '../domain/gate/rule-requirement.ts';
import type { CommitSha, PlanDigest, RepositoryId, TargetName } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Effect } from '../domain/plan/effect.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import { type ExclusionPorts, findExclusions } from './find-exclusions.ts';
import { findPendingWork } from './find-pending-work.ts';
import { findStandings, type StandingPorts } from './find-standings.ts';
import { findTargetStandings } from './find-target-standings.ts';
import type { PullRequest, PullRequests } from './ports/github.ts';
import type { MergeRecord, PlanRun, RecordedApproval, Records } from './ports/store.ts';

export interface GatePorts {
  readonly github: Pick<PullRequests, 'reviews' | 'contributors' | 'pushes' | 'permission'> & StandingPorts['github'];
  readonly checkout: ExclusionPorts['checkout'] & StandingPorts['checkout'];
  readonly clock: StandingPorts['clock'];
  readonly store: Records;
}

export interface GateLook {
  readonly decision: GateDecision;
  readonly approvals: readonly JudgedApproval[];
  readonly overrides: readonly Override[];
  /** What it was decided on, for the audit. */
  readonly inputs: JsonObject;
  /** Where the targets stand that are applied before the merge; none where nothing is. */
  readonly applied: ReadonlyMap<TargetName, TargetStanding>;
  /** Whom rules ask for that each approver is one of, as configurations write it, by the approver's id. */
  readonly sources: ReadonlyMap<number, readonly string[]>;
  /** Ids of everybody who put something into it. */
  readonly contributors: readonly number[];
}

const openWithoutQuestion: GateLook = {
  decision: { status: 'open', requirements: [] },
  approvals: [],
  overrides: [],
  inputs: {},
  applied: new Map(),
  sources: new Map(),
  contributors: [],
};

interface Judged {
  readonly outcome: PlanningOutcome;
  readonly environments: ReadonlyMap<string, Environment>;
  /** Rules that may match later: whom they ask for is looked up too, for the record. */
  readonly rules?: readonly Rule[];
  readonly apply: ApplyMode['kind'];
  /**
   * The base branch as it is now: its CODEOWNERS counts, also where a plan need not be made again for what moved there. Undefined: nobody knows who owns
   * what.
   */
  readonly base: CommitSha | undefined;
}

/** Looks everything up that the gate depends on, now, and decides. */
export async function lookAtGate(ports: GatePorts, pull: PullRequest, at: Judged): Promise<GateLook> {
  return lookAtGateOf(ports, [pull], { ...at, head: pull.head.sha });
}

/**
 * … of pull requests that are merged together as this head. An approval counts on whichever of them it was given, for the effects that were shown there;
 * what stands in the way of one stands in the way of all.
 */
export async function lookAtGateOf(
  ports: GatePorts,
  pulls: readonly [PullRequest, ...PullRequest[]],
  at: Judged & { readonly head: CommitSha },
): Promise<GateLook> {
  const { outcome } = at;
  if (
    outcome.kind === 'no-changes' ||
    (outcome.kind === 'planned' && outcome.advice !== undefined && !outcome.configurationChanged)
  )
    return openWithoutQuestion;
  const planProblem = problemOf(outcome);
  const { repository } = pulls[0];
  const runsOf = await Promise.all(pulls.map(({ number }) => ports.store.planRuns(repository.id, number)));
  const runs = runsOf.flat();
  const reviews = await Promise.all(
    pulls.map(async (pull, index) => {
      const facts = await reviewFacts(ports, pull, runsOf[index] ?? []);
      return pulls.length === 1 ? facts : { ...facts, pull: pull.number };
    }),
  );
  const plans = outcome.kind === 'planned' ? outcome.plans : [];
  const shown = [...new Set(runs.flatMap((run) => run.plans))];
  const overrides = (await Promise.all(pulls.map(({ number }) => ports.store.overrides(repository.id, number)))).flat();
  const rules = outcome.kind === 'planned' ? (outcome.rules ?? []) : [];
  const sources = sourcesOf([...rules, ...(at.rules ?? [])]);
  const approvals = reviews.flatMap(judgeApprovals);
  const counting = approvals.filter((approval) => approval.kind === 'counts');
  const overriders = overrides.map(({ person }) => person);
  const permissions = new Map([
    ...(await permissionsOf(ports, pulls[0], overriders)),
    ...reviews.flatMap((facts) => [...facts.permissions]),
  ]);
  const standings = await findStandings(ports, pulls, {
    people: [...counting.map(({ person }) => person), ...overriders],
    permissions,
    sources: [
      ...sources,
      ...(overrides.length === 0 ? [] : overrideSources({ rules, environments: [...at.environments.values()] })),
    ],
    base: at.base,
  });
  const pendingWork = await findPendingWork(
    ports.store,
    repository.id,
    plans.map(({ target }) => target),
  );
  const facts: GateFacts = {
    head: at.head,
    plans: plans.map((plan) => ({ plan, environment: environmentOf(plan, at.environments) })),
    ...(planProblem === undefined ? {} : { planProblem }),
    reviews,
    shownEffects: await ports.store.effects(shown),
    pendingApprovals: await pendingApprovals(ports.store, repository.id, { plans, pendingWork }),
    pendingWork,
    configurationChanged: outcome.kind === 'planned' && outcome.configurationChanged,
    ...configurationOf(outcome),
    offline: outcome.kind === 'planned' && outcome.offline,
    overrides,
    rules,
    standings,
    ...(at.apply === 'before-merge' ? { applied: await findTargetStandings(ports.store, pulls[0], plans) } : {}),
  };
  const met = counting.map(
    (approval) => [approval.person.id, sourcesOfApprover(approval, sources, { ...facts, plans, approvals })] as const,
  );
  return {
    decision: decideGate(facts),
    approvals,
    overrides,
    inputs: gateInputs(facts),
    applied: facts.applied ?? new Map(),
    sources: new Map(met),
    contributors: reviews.flatMap(contributorsOf),
  };
}

function contributorsOf({ exclusions }: ReviewFacts): readonly number[] {
  const { author, authors, committers, coAuthors, lastPusher } = exclusions;
  const people = [author, ...authors, ...committers, ...coAuthors, ...(lastPusher === undefined ? [] : [lastPusher])];
  return [...new Set(people.map(({ id }) => id))];
}

/** Whom rules ask for, each once. */
export function sourcesOf(rules: readonly Pick<Rule, 'outcome'>[]): readonly ApprovalSource[] {
  const sources = rules.flatMap(({ outcome }) => (outcome.kind === 'require' ? outcome.from : []));
  return [...new Map(sources.map((source) => [sourceText(source), source])).values()];
}

function overrideSources(of: {
  readonly rules: readonly MatchedRule[];
  readonly environments: readonly Environment[];
}): readonly ApprovalSource[] {
  return [...of.rules, ...of.environments].flatMap(({ override }) => override ?? []);
}

function problemOf(outcome: PlanningOutcome): string | undefined {
  switch (outcome.kind) {
    case 'conflict':
      return `the head conflicts with the base in ${outcome.files.join(', ')}; merge or rebase it`;
    case 'invalid':
      return outcome.problems[0]?.message ?? 'the configuration is invalid';
    case 'planned':
      return outcome.problems.find((problem) => problem.severity === 'error')?.message;
    case 'no-changes':
      return undefined;
  }
}

/** What names the content of the configuration and the code owners' files, where a head changes them. */
export function configurationOf(outcome: PlanningOutcome): { readonly configuration?: string } {
  return outcome.kind === 'planned' && outcome.configurationContent !== undefined
    ? { configuration: outcome.configurationContent }
    : {};
}

/** An environment that the configuration does not name was discovered, and nothing is ever deployed there. */
function environmentOf(plan: Plan, environments: ReadonlyMap<string, Environment>): Environment {
  const name = plan.target.slice(plan.target.lastIndexOf('@') + 1);
  return environments.get(name) ?? { name, cluster: plan.cluster.name, approvals: 0, after: [] };
}

async function reviewFacts(ports: GatePorts, pull: PullRequest, runs: readonly PlanRun[]): Promise<ReviewFacts> {
  const planned = runs.findLast((run) => run.head === pull.head.sha);
  const [reviews, exclusions] = await Promise.all([
    ports.github.reviews(pull.repository, pull.number),
    findExclusions(ports, pull, planned?.base),
  ]);
  const speakers = latestReviews(reviews).filter(
    (review) => review.state === 'approved' || review.state === 'changes_requested',
  );
  const permissions = await permissionsOf(
    ports,
    pull,
    speakers.map((review) => review.reviewer),
  );
  const shown = runs.flatMap((run) =>
    run.shownAtMs === undefined
      ? []
      : [{ head: run.head, shownAtMs: run.shownAtMs, plans: run.plans, ...configurationOf(run.outcome) }],
  );
  return { reviews, shown, exclusions, permissions };
}

async function permissionsOf(
  ports: GatePorts,
  pull: PullRequest,
  people: readonly Person[],
): Promise<ReadonlyMap<string, Permission>> {
  const asked = await Promise.all(
    people.map(async (person) => [person.login, await ports.github.permission(pull.repository, person.login)] as const),
  );
  return new Map(asked);
}

/** Approvals recorded at the merges whose deployment of these targets has not ended, by target. */
export async function pendingApprovals(
  store: Records,
  repository: RepositoryId,
  {
    plans,
    pendingWork,
  }: { readonly plans: readonly Pick<Plan, 'target'>[]; readonly pendingWork: readonly PendingWork[] },
): Promise<ReadonlyMap<TargetName, readonly Approval[]>> {
  const byTarget = new Map<TargetName, readonly Approval[]>();
  for (const { target } of plans) {
    byTarget.set(target, await approvalsSinceDeployed(store, repository, { target, pendingWork }));
  }
  return byTarget;
}

/** What people approved in the merges since the deployed one, this target's deployed merge excluded. */
async function approvalsSinceDeployed(
  store: Records,
  repository: RepositoryId,
  { target, pendingWork }: { readonly target: TargetName; readonly pendingWork: readonly PendingWork[] },
): Promise<readonly Approval[]> {
  const deployed = await store.deployed(repository, target);
  const merges = await store.mergesBetween(repository, deployed?.sequence ?? 0, Number.MAX_SAFE_INTEGER);
  const counting = merges.filter((merge) => merge.blockers.length === 0);
  return approvalsOf(
    store,
    counting.flatMap((merge: MergeRecord) => merge.approvals),
    pendingWork,
  );
}

/** What was recorded of people's approvals, less what is their own: nobody asks for one without the other. */
export async function approvalsOf(
  store: Records,
  recorded: readonly RecordedApproval[],
  pendingWork: readonly PendingWork[],
): Promise<readonly Approval[]> {
  const effects: ReadonlyMap<PlanDigest, readonly Effect[]> = await store.effects([
    ...new Set(recorded.flatMap((approval) => approval.plans)),
  ]);
  return recorded.map((approval) =>
    withoutOwnWork(
      {
        personId: approval.person.id,
        effects: approval.plans.flatMap((digest) => effects.get(digest) ?? []),
        sources: [...new Set([...(approval.sources ?? []), ...ownSources(approval)])],
      },
      pendingWork,
    ),
  );
}

/** What the record itself says of a person, whatever was asked then. */
function ownSources({ person, permission }: RecordedApproval): readonly string[] {
  const roles = (['write', 'maintain', 'admin'] as const).filter((role) => atLeast(permission, role));
  return [
    sourceText({ kind: 'user', login: person.login }),
    ...roles.map((role) => sourceText({ kind: 'role', role })),
  ];
}

/** Whether this person's `/apply` on a hold may count: the same exclusions as for a review. */
export async function holdApprovalExclusion(
  ports: GatePorts,
  pull: PullRequest,
  person: Person,
): Promise<{ readonly permission: Permission; readonly reason: string | undefined }> {
  const facts = await reviewFacts(ports, pull, await ports.store.planRuns(pull.repository.id, pull.number));
  const permission = await ports.github.permission(pull.repository, person.login);
  if (facts.exclusions.lastPusher === undefined)
    return { permission, reason: 'may have pushed to it last: GitHub does not say who did' };
  const permissions = new Map([...facts.permissions, [person.login, permission] as const]);
  const word = judgeWord(person, { exclusions: facts.exclusions, permissions });
  return { permission, reason: word.kind === 'excluded' ? word.reason : undefined };
}

/** Which of the people that rules ask for somebody is one of who says `/apply` on a hold. */
export async function holdApprovalSources(
  ports: GatePorts,
  pull: PullRequest,
  by: {
    readonly person: Person;
    readonly permission: Permission;
    readonly rules: readonly Pick<Rule, 'outcome'>[];
    /** The base branch as it is now. */
    readonly tip: CommitSha;
  },
): Promise<readonly string[]> {
  const { person, permission } = by;
  const sources = sourcesOf(by.rules);
  const runs = await ports.store.planRuns(pull.repository.id, pull.number);
  const standings = await findStandings(ports, [pull], {
    people: [person],
    permissions: new Map([[person.login, permission]]),
    sources,
    base: runs.findLast((run) => run.head === pull.head.sha)?.base,
    owners: by.tip,
  });
  const approval = { kind: 'counts', person, permission, commit: pull.head.sha, plans: [] } as const;
  return sourcesOfApprover(approval, sources, {
    plans: [],
    approvals: [approval],
    shownEffects: new Map(),
    pendingApprovals: new Map(),
    pendingWork: [],
    standings,
  });
}
