import { personJson } from '../domain/audit/gate-inputs.ts';
import type { Environment } from '../domain/config/config.ts';
import type { ApprovalSource } from '../domain/config/rule.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { approvePlan } from '../domain/gate/approved-plan.ts';
import { coverage } from '../domain/gate/coverage.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import { answerOverride, type Overridable } from '../domain/gate/override.ts';
import type { PendingWork } from '../domain/gate/own-work.ts';
import { atLeast } from '../domain/gate/people.ts';
import { removalsOf } from '../domain/gate/removals.ts';
import type { PlanDigest } from '../domain/identity.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { identityKey } from '../domain/manifest/rendered-object.ts';
import { absent, type EffectValue, type Move } from '../domain/plan/effect.ts';
import { objectLeaves, secretsOf } from '../domain/plan/object-leaves.ts';
import type { Plan } from '../domain/plan/plan.ts';
import { effectValue } from '../domain/plan/steps.ts';
import { approvalsOf } from './decide-gate.ts';
import { isPartOf, type Turn } from './deployment-turn.ts';
import { findPendingWork } from './find-pending-work.ts';
import { plansOf } from './plan-pull-request.ts';
import type { PlannedTarget } from './plan-target.ts';
import type { DeploymentStep, MergeRecord, RecordedApproval } from './ports/store.ts';

/** What was found out about a merge's approvals: recorded at the merge, or judged now for a test merge. */
export type JudgedMerge = Pick<MergeRecord, 'pull' | 'commit' | 'sequence' | 'approvals' | 'blockers'> & {
  /** What a test merge was judged on, for the audit: the parents that it is of, and the gate's inputs at that moment. */
  readonly judgedOn?: JsonObject;
};

/** Holds the plan against what people approved: at the merge, before it, and on its hold. */
export async function approveDeployment(
  turn: Turn,
  at: {
    readonly deployment: Deployment;
    readonly merge: JudgedMerge;
    readonly planned: PlannedTarget;
    readonly environment: Environment;
    /** Rules that speak of what the plan does. */
    readonly rules: readonly MatchedRule[];
  },
): Promise<ReturnType<typeof approvePlan>> {
  const { ports, repository } = turn;
  const { deployment, merge, planned } = at;
  const steps = await ports.store.steps(deployment.id);
  // Who says /apply on a hold approves exactly the plan that was held, and nothing else; of one that was begun, the rest is left to do.
  const onHold = (await ports.store.holdApprovals(deployment.id)).filter(
    ({ plans }) => steps.length > 0 || plans.includes(planned.plan.digest),
  );
  const recorded = (await approvedMerges(turn, { deployment, merge })).flatMap(({ approvals }) => approvals);
  const pendingWork = await findPendingWork(ports.store, repository.id, [deployment.target]);
  const approvals = await approvalsOf(ports.store, [...recorded, ...onHold], pendingWork);
  // What was promised before gives way to it.
  const promised = onHold.length > 0 ? undefined : await promisedMoves(turn, deployment, merge);
  const secretKey = await ports.store.secretKey();
  const isOverridden = await overriddenIn(turn, { ...at, steps });
  const { environment } = at;
  const overridden = await isOverridden(
    { kind: 'approvals', environment: environment.name },
    environment.override ?? [],
  );
  const rules = await standingRules(at.rules, isOverridden);
  turn.decidedOn.set(deployment.id, {
    plan: planned.plan.digest,
    cluster: planned.plan.cluster.uid ?? null,
    approvalsNeeded: at.environment.approvals,
    approvalsOverridden: overridden,
    rules: at.rules.map(({ name, origin, problem }) => ({
      name,
      origin,
      problem: problem ?? null,
      overridden: !rules.some((rule) => rule.name === name && rule.origin === origin),
    })),
    atMerge: recordedJson(recorded),
    onHold: recordedJson(onHold),
    blockers: [...merge.blockers],
    ...(merge.judgedOn === undefined ? {} : { testMerge: merge.judgedOn }),
  });
  return approvePlan({
    plan: planned.plan,
    approvals,
    needed: overridden ? 0 : at.environment.approvals,
    rules,
    ...(promised === undefined
      ? {}
      : { promised: { moves: promised, outcome: (field) => outcomeOf(planned, field, secretKey) } }),
    // What stood in the way of the merge is no matter of effects: only a maintainer can set it aside.
    blockers: onHold.some(({ permission }) => atLeast(permission, 'maintain')) ? [] : merge.blockers,
    ...(deployment.unseen === true && onHold.length === 0 ? { unseen: unseenReason } : {}),
    completing: interruptedReplacements(steps),
    unapprovedRemovals: (await maintainerApproved(turn, planned.plan, {
      recorded: [...merge.approvals, ...onHold],
      pendingWork,
    }))
      ? []
      : removalsOf(planned.plan),
  });
}

/**
 * What of the plan's conditions is overridden for it, by people who might do so when they said it. Of a deployment that was begun, what is left of the plan is as
 * overridden as the whole was.
 */
async function overriddenIn(
  turn: Turn,
  at: { readonly deployment: Deployment; readonly planned: PlannedTarget; readonly steps: readonly DeploymentStep[] },
): Promise<(of: Overridable, allowed: readonly ApprovalSource[]) => Promise<boolean>> {
  const { ports, repository } = turn;
  const { plan } = at.planned;
  const overrides = await ports.store.overrides(repository.id, at.deployment.pull);
  return async (of, allowed) => {
    const isOverridden = (plans: readonly PlanDigest[]) =>
      answerOverride({ overrides, of, allowed, plans }).kind === 'overridden';
    if (isOverridden([plan.digest])) return true;
    if (at.steps.length === 0) return false;
    const begun = [...new Set(overrides.flatMap(({ plans }) => plans))].filter((digest) => isOverridden([digest]));
    // Of what nobody overrode nothing is left of an override either, also where nothing is left to do.
    if (begun.length === 0) return false;
    const effects = [...(await ports.store.effects(begun)).values()].flat();
    return coverage({ plan, approvals: [{ personId: 0, effects }], needed: 1 }).kind === 'covered';
  };
}

/** The rules that still stand in the way of this plan unless their people approved it. */
async function standingRules(
  rules: readonly MatchedRule[],
  isOverridden: Awaited<ReturnType<typeof overriddenIn>>,
): Promise<readonly MatchedRule[]> {
  const standing: MatchedRule[] = [];
  for (const rule of rules)
    if (!(await isOverridden({ kind: 'rule', name: rule.name, origin: rule.origin }, rule.override)))
      standing.push(rule);
  return standing;
}

/** Approvals as they were recorded, for the audit. */
export function recordedJson(approvals: readonly RecordedApproval[]): Json {
  return approvals.map(({ person, permission, plans, sources = [] }) => ({
    by: personJson(person),
    permission,
    plans: [...plans],
    sources: [...sources],
  }));
}

const unseenReason =
  'the configuration of this merge made it a target, or put it on another cluster, so that nobody saw its plan before: read it here, and say `/apply`';

/** Objects that this deployment deleted to create them anew, and did not get to: creating them completes what was approved. */
function interruptedReplacements(steps: readonly DeploymentStep[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const { object, action, state } of steps) {
    if (action === 'replace' && state === 'intended') open.add(identityKey(object));
    else if (state === 'done') open.delete(identityKey(object));
  }
  return open;
}

/**
 * The merges whose approvals count here: this one, also when all but its deletions is written already; and those before it that the target does not have yet.
 * One that was heard of later may come before it all the same.
 */
async function approvedMerges(
  turn: Turn,
  { deployment, merge }: { readonly deployment: Deployment; readonly merge: JudgedMerge },
): Promise<readonly JudgedMerge[]> {
  const { ports, repository } = turn;
  const deployed = await ports.store.deployed(repository.id, deployment.target);
  const others = await ports.store.mergesBetween(repository.id, deployed?.sequence ?? 0, Number.MAX_SAFE_INTEGER);
  const open = new Set((await ports.store.openDeployments(repository.id, deployment.target)).map(({ pull }) => pull));
  const counting: JudgedMerge[] = [merge];
  for (const other of others) {
    if (other.pull === merge.pull) continue;
    const isBefore =
      other.sequence < merge.sequence ||
      (open.has(other.pull) && (await isPartOf(turn, other.commit, deployment.commit)));
    if (isBefore) counting.push(other);
  }
  return counting.filter(({ blockers }) => blockers.length === 0);
}

/** What the people who approved this merge saw last. */
async function promisedMoves(
  turn: Turn,
  deployment: Deployment,
  merge: JudgedMerge,
): Promise<readonly Move[] | undefined> {
  const approved = new Set(merge.approvals.flatMap((approval) => approval.plans));
  const runs = await turn.ports.store.planRuns(turn.repository.id, deployment.pull);
  const plan = runs
    .flatMap(plansOf)
    .findLast((candidate: Plan) => candidate.target === deployment.target && approved.has(candidate.digest));
  return plan?.moves;
}

/** What a field holds once the plan is applied: what is rendered; of what is no longer rendered, nothing, or what is live where it stays. */
function outcomeOf(planned: PlannedTarget, field: Pick<Move, 'object' | 'path'>, secretKey: Uint8Array): EffectValue {
  const key = identityKey(field.object);
  const facts = planned.facts.get(key);
  if (facts === undefined) return absent;
  const isDeleted = planned.plan.changes.some(
    ({ object, action }) => action === 'delete' && identityKey(object) === key,
  );
  if (facts.merge === undefined && isDeleted) return absent;
  const leaves = objectLeaves(facts);
  const leaf = (facts.merge === undefined ? leaves.live : leaves.merge)?.byPath.get(field.path);
  if (leaf === undefined) return absent;
  return effectValue({
    value: leaf.value,
    schema: leaf.schema,
    secret: secretsOf(facts)(leaf.segments, leaf.value),
    identity: facts.identity,
    path: field.path,
    key: secretKey,
  });
}

async function maintainerApproved(
  turn: Turn,
  plan: Plan,
  {
    recorded,
    pendingWork,
  }: { readonly recorded: readonly RecordedApproval[]; readonly pendingWork: readonly PendingWork[] },
): Promise<boolean> {
  const maintainers = recorded.filter((approval) => atLeast(approval.permission, 'maintain'));
  if (maintainers.length === 0) return false;
  return (
    coverage({ plan, approvals: await approvalsOf(turn.ports.store, maintainers, pendingWork), needed: 1 }).kind ===
    'covered'
  );
}
