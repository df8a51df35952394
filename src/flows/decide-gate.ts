import { gateInputs } from '../domain/audit/gate-inputs.ts';
import type { Environment } from '../domain/config/config.ts';
import {
  exclusionReason,
  type JudgedApproval,
  judgeApprovals,
  latestReviews,
  type ReviewFacts,
} from '../domain/gate/approvals.ts';
import type { Approval } from '../domain/gate/coverage.ts';
import { decideGate, type GateFacts } from '../domain/gate/decide-gate.ts';
import type { GateDecision } from '../domain/gate/decision.ts';
import type { Override } from '../domain/gate/override.ts';
import type { Permission, Person } from '../domain/gate/people.ts';
import type { PlanDigest, RepositoryId, TargetName } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Effect } from '../domain/plan/effect.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import { type ExclusionPorts, findExclusions } from './find-exclusions.ts';
import type { PullRequest, PullRequests } from './ports/github.ts';
import type { MergeRecord, PlanRun, RecordedApproval, Records } from './ports/store.ts';

export interface GatePorts {
  readonly github: Pick<PullRequests, 'reviews' | 'contributors' | 'pushes' | 'permission'>;
  readonly checkout: ExclusionPorts['checkout'];
  readonly store: Records;
}

export interface GateLook {
  readonly decision: GateDecision;
  readonly approvals: readonly JudgedApproval[];
  readonly overrides: readonly Override[];
  /** What it was decided on, for the audit. */
  readonly inputs: JsonObject;
}

const openWithoutQuestion: GateLook = {
  decision: { status: 'open', requirements: [] },
  approvals: [],
  overrides: [],
  inputs: {},
};

/** Looks everything up that the gate depends on, now, and decides. */
export async function lookAtGate(
  ports: GatePorts,
  pull: PullRequest,
  at: { readonly outcome: PlanningOutcome; readonly environments: ReadonlyMap<string, Environment> },
): Promise<GateLook> {
  const { outcome } = at;
  if (
    outcome.kind === 'no-changes' ||
    (outcome.kind === 'planned' && outcome.advice !== undefined && !outcome.configurationChanged)
  )
    return openWithoutQuestion;
  const planProblem = problemOf(outcome);
  const runs = await ports.store.planRuns(pull.repository.id, pull.number);
  const reviews = await reviewFacts(ports, pull, runs);
  const plans = outcome.kind === 'planned' ? outcome.plans : [];
  const shown = [...new Set(runs.flatMap((run) => run.plans))];
  const overrides = await ports.store.overrides(pull.repository.id, pull.number);
  const facts: GateFacts = {
    head: pull.head.sha,
    plans: plans.map((plan) => ({ plan, environment: environmentOf(plan, at.environments) })),
    ...(planProblem === undefined ? {} : { planProblem }),
    reviews,
    shownEffects: await ports.store.effects(shown),
    pendingApprovals: await pendingApprovals(ports.store, pull.repository.id, plans),
    configurationChanged: outcome.kind === 'planned' && outcome.configurationChanged,
    sameConfiguration: new Set(
      runs.filter((run) => contentOf(run.outcome) === contentOf(outcome)).map((run) => run.head),
    ),
    offline: outcome.kind === 'planned' && outcome.offline,
    overrides,
  };
  return { decision: decideGate(facts), approvals: judgeApprovals(reviews), overrides, inputs: gateInputs(facts) };
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

function contentOf(outcome: PlanningOutcome): string | undefined {
  return outcome.kind === 'planned' ? outcome.configurationContent : undefined;
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
    run.shownAtMs === undefined ? [] : [{ head: run.head, shownAtMs: run.shownAtMs, plans: run.plans }],
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
  plans: readonly Pick<Plan, 'target'>[],
): Promise<ReadonlyMap<TargetName, readonly Approval[]>> {
  const byTarget = new Map<TargetName, readonly Approval[]>();
  for (const { target } of plans) byTarget.set(target, await approvalsSinceDeployed(store, repository, target));
  return byTarget;
}

/** What people approved in the merges since the deployed one, this target's deployed merge excluded. */
async function approvalsSinceDeployed(
  store: Records,
  repository: RepositoryId,
  target: TargetName,
): Promise<readonly Approval[]> {
  const deployed = await store.deployed(repository, target);
  const merges = await store.mergesBetween(repository, deployed?.sequence ?? 0, Number.MAX_SAFE_INTEGER);
  const counting = merges.filter((merge) => merge.blockers.length === 0);
  return approvalsOf(
    store,
    counting.flatMap((merge: MergeRecord) => merge.approvals),
  );
}

export async function approvalsOf(store: Records, recorded: readonly RecordedApproval[]): Promise<readonly Approval[]> {
  const effects: ReadonlyMap<PlanDigest, readonly Effect[]> = await store.effects([
    ...new Set(recorded.flatMap((approval) => approval.plans)),
  ]);
  return recorded.map((approval) => ({
    personId: approval.person.id,
    effects: approval.plans.flatMap((digest) => effects.get(digest) ?? []),
  }));
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
  return { permission, reason: exclusionReason(person, { exclusions: facts.exclusions, permissions }) };
}
