import type { Configuration } from '../domain/config/config.ts';
import type { ServerCluster } from '../domain/config/server-settings.ts';
import { mayDeploy } from '../domain/config/server-settings.ts';
import { type Deployment, type DeploymentPhase, isEnded } from '../domain/deployment/deployment.ts';
import { decideWave } from '../domain/deployment/waves.ts';
import { type ApprovedPlan, approvePlan } from '../domain/gate/approved-plan.ts';
import { type Coverage, coverage } from '../domain/gate/coverage.ts';
import { isLargeRemoval } from '../domain/gate/decide-gate.ts';
import { atLeast } from '../domain/gate/people.ts';
import type { CommitSha, Repository, TargetName } from '../domain/identity.ts';
import { sameJson } from '../domain/json.ts';
import { identityKey } from '../domain/manifest/rendered-object.ts';
import { absent, type EffectValue, type Move } from '../domain/plan/effect.ts';
import { leavesOf } from '../domain/plan/leaves.ts';
import { isSecretLeaf } from '../domain/plan/mask.ts';
import type { Plan } from '../domain/plan/plan.ts';
import { effectValue } from '../domain/plan/steps.ts';
import type { Target } from '../domain/target/target.ts';
import { applyPlan, phaseAfter, type Written } from './apply-plan.ts';
import { approvalsOf } from './decide-gate.ts';
import { deploymentInQuestion } from './deployment-in-question.ts';
import { findConfiguration, listSource, targetsIn } from './find-targets.ts';
import { plansOf, renderCommit } from './plan-pull-request.ts';
import { type PlannedTarget, planTarget } from './plan-target.ts';
import type { Job, JobRun, RequestedJob } from './ports/jobs.ts';
import type { DeployedTarget, DeploymentStep, LockProof, MergeRecord, RecordedApproval } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { emptyRender, renderTarget, type SourceTree } from './render-stack.ts';
import { reportHold } from './report-hold.ts';

/** A cluster that is away comes back, most of the time; after so many tries a person is asked. */
const triesBeforeAsking = 6;

interface Turn {
  readonly ports: PullRequestPorts;
  readonly repository: Repository;
  readonly proof: LockProof;
  readonly run: JobRun;
  /** Why a plan of this look is not covered, by deployment. */
  readonly uncovered: Map<number, Extract<Coverage, { readonly kind: 'uncovered' }>>;
}

/**
 * Advances one target: its deployments in merge order, one at a time, each planned again at its turn. A deployment that waits or is held is left where
 * it is; a newer one that can run goes ahead and supersedes it. Level-triggered: after a crash the same look goes on from what the cluster says.
 */
export async function advanceTarget(
  ports: PullRequestPorts,
  job: Extract<Job, { readonly kind: 'target' }>,
  run: JobRun,
): Promise<void> {
  const repository = await ports.github.repository(job.installation, job.repository);
  if (repository === undefined)
    return ports.log.warn(
      { repository: job.repository, target: job.target },
      'the installation cannot see this repository (any more); its deployments stand still',
    );
  const proof = await ports.store.lock(repository.id, job.target);
  const turn: Turn = { ports, repository, proof, run, uncovered: new Map() };
  for (const deployment of await ports.store.openDeployments(repository.id, job.target)) {
    if (run.signal.aborted) return ports.store.requestJob(targetJob(turn, job.target));
    await advanceDeployment(turn, deployment);
  }
  const shown = await deploymentInQuestion(ports.store, { repository: repository.id, target: job.target });
  if (shown !== undefined)
    await reportHold(ports, repository, { deployment: shown, uncovered: turn.uncovered.get(shown.id) });
  if (shown !== undefined && !isEnded(shown.phase)) await requestPull(turn, shown);
}

async function advanceDeployment(turn: Turn, deployment: Deployment): Promise<void> {
  const { ports, repository } = turn;
  const merge = await ports.store.merge(repository.id, deployment.pull);
  if (merge === undefined)
    throw new Error(
      `deployment ${deployment.id} of ${deployment.target} belongs to #${deployment.pull}, whose merge was never recorded`,
    );
  const newer = await deployedBeyond(turn, deployment);
  if (newer !== undefined) return move(turn, deployment, { kind: 'superseded', by: newer });
  const source = await findSource(turn, deployment);
  if (source.kind === 'gone') return move(turn, deployment, { kind: 'superseded', by: deployment.commit });
  if (source.kind === 'held')
    return move(turn, deployment, { kind: 'held', reasons: [source.reason], plan: undefined });
  const wave = decideWave(
    deployment,
    source.configuration.environments.get(deployment.environment),
    await ports.store.deploymentsOfMerge(repository.id, deployment.pull),
  );
  if (wave.kind !== 'go') return move(turn, deployment, { kind: 'waiting', reason: wave.reason });

  const planned = await planDeployment(turn, { deployment, source });
  if (!planned.plan.complete && turn.run.attempt < triesBeforeAsking) {
    const reason =
      planned.plan.problems.find((problem) => problem.severity === 'error')?.message ??
      'the cluster could not be read in full';
    await move(turn, deployment, { kind: 'waiting', reason });
    throw new Error(`${deployment.target}: ${reason}; it is tried again`);
  }
  await ports.store.savePlans(repository.id, [planned.plan]);
  const approving = await approve(turn, {
    deployment,
    merge,
    planned,
    approvalsNeeded: source.target.environment.approvals,
  });
  if (approving.kind === 'not-approved') {
    if (approving.coverage?.kind === 'uncovered') turn.uncovered.set(deployment.id, approving.coverage);
    return move(turn, deployment, {
      kind: 'held',
      reasons: approving.reasons,
      plan: planned.plan.complete ? planned.plan.digest : undefined,
    });
  }
  await deploy(turn, { deployment, source, planned, approved: approving.plan });
}

/**
 * The newer commit that the target has already; undefined when this deployment would not go back. Merges are heard of in any order, and a failed one
 * may be tried again after a newer one went through.
 */
async function deployedBeyond(turn: Turn, deployment: Deployment): Promise<CommitSha | undefined> {
  const { ports, repository } = turn;
  const latest = await ports.store.latestDeployment(repository.id, deployment.target);
  const candidates = new Set([
    (await ports.store.deployed(repository.id, deployment.target))?.commit,
    latest?.phase.kind === 'succeeded' ? latest.commit : undefined,
  ]);
  for (const candidate of candidates)
    if (
      candidate !== undefined &&
      candidate !== deployment.commit &&
      (await isPartOf(turn, deployment.commit, candidate))
    )
      return candidate;
  return undefined;
}

async function isPartOf({ ports, repository }: Turn, older: CommitSha, newer: CommitSha): Promise<boolean> {
  for (const commit of [older, newer]) if (!(await ports.checkout.fetchCommit(repository, commit))) return false;
  return ports.checkout.isAncestor(repository, older, newer);
}

type Source =
  | { readonly kind: 'held'; readonly reason: string }
  /** Nothing of it is in the commit, and nothing of it was ever brought to a cluster (or it is removed already). */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'found';
      readonly configuration: Configuration;
      readonly target: Target;
      readonly all: readonly Target[];
      readonly cluster: ServerCluster;
      readonly tree: SourceTree;
      readonly removed: boolean;
    };

/** A merge is deployed by the merge commit's configuration; the server must still allow it. */
async function findSource(turn: Turn, deployment: Deployment): Promise<Source> {
  const { ports, repository } = turn;
  const { checkout, server } = ports;
  if (!(await checkout.fetchCommit(repository, deployment.commit)))
    return { kind: 'held', reason: `GitHub does not have the merge commit ${deployment.commit} (any more)` };
  const tree = await listSource(checkout, repository, deployment.commit);
  const found = await findConfiguration(checkout, repository, tree, server);
  if (found.kind === 'none') return { kind: 'held', reason: 'the merge commit has no .github/planwright.yml' };
  if (found.kind === 'invalid')
    return { kind: 'held', reason: found.problems[0]?.message ?? 'the configuration is invalid' };
  const all = targetsIn(found.configuration, tree).targets;
  const present = all.find((candidate) => candidate.name === deployment.target);
  const target = present ?? (await removedTarget(turn, deployment, found.configuration));
  if (target === undefined && (await ports.store.deployed(repository.id, deployment.target)) === undefined)
    return { kind: 'gone' };
  if (target === undefined)
    return { kind: 'held', reason: `no stack of the configuration stands for ${deployment.target} any more` };
  const cluster = server.clusters.get(target.environment.cluster);
  if (cluster === undefined)
    return { kind: 'held', reason: `the server names no cluster ${target.environment.cluster}` };
  if (!mayDeploy(cluster, repository))
    return {
      kind: 'held',
      reason: `${repository.owner}/${repository.name} may not deploy to ${cluster.name}: the server allows it by PLANWRIGHT_REPOSITORIES or in its file`,
    };
  return {
    kind: 'found',
    configuration: found.configuration,
    target,
    all,
    cluster,
    tree,
    removed: present === undefined,
  };
}

/** Nothing of it is left at this commit: the stack that stood for its directory says where it is. */
async function removedTarget(
  turn: Turn,
  deployment: Deployment,
  configuration: Configuration,
): Promise<Target | undefined> {
  const deployed = await turn.ports.store.deployed(turn.repository.id, deployment.target);
  if (deployed === undefined) return undefined;
  const asItWas: SourceTree = {
    at: deployed.commit,
    entries: [{ path: `${deployed.directory}/was-here.yaml`, kind: 'file', id: '' }],
  };
  return targetsIn(configuration, asItWas).targets.find((target) => target.name === deployment.target);
}

async function planDeployment(
  turn: Turn,
  at: { readonly deployment: Deployment; readonly source: Extract<Source, { readonly kind: 'found' }> },
): Promise<PlannedTarget> {
  const { ports, repository } = turn;
  const { deployment, source } = at;
  const deployed = await ports.store.deployed(repository.id, deployment.target);
  const merge = source.removed
    ? emptyRender
    : await renderTarget(ports.checkout, repository, { tree: source.tree, target: source.target, all: source.all });
  const before =
    deployed === undefined
      ? undefined
      : await renderCommit(ports.checkout, repository, { target: source.target, deployed, all: source.all });
  return planTarget(ports, {
    repository,
    gitHubHost: ports.server.gitHubHost,
    target: source.target,
    cluster: source.cluster,
    removed: source.removed,
    head: deployment.commit,
    base: deployment.commit,
    tree: await ports.checkout.treeOf(repository, deployment.commit),
    // What is deployed now is where this merge starts from: nothing of it is pending any more.
    renders: { base: before ?? emptyRender, merge, deployed: before },
    deployed,
    pendingPulls: [],
  });
}

async function approve(
  turn: Turn,
  at: {
    readonly deployment: Deployment;
    readonly merge: MergeRecord;
    readonly planned: PlannedTarget;
    readonly approvalsNeeded: number;
  },
): Promise<ReturnType<typeof approvePlan>> {
  const { ports } = turn;
  const { deployment, merge, planned } = at;
  const steps = await ports.store.steps(deployment.id);
  // Who says /apply on a hold approves exactly the plan that was held, and nothing else; of one that was begun, the rest is left to do.
  const onHold = (await ports.store.holdApprovals(deployment.id)).filter(
    ({ plans }) => steps.length > 0 || plans.includes(planned.plan.digest),
  );
  const recorded = (await approvedMerges(turn, { deployment, merge })).flatMap(({ approvals }) => approvals);
  const approvals = await approvalsOf(ports.store, [...recorded, ...onHold]);
  // What was promised before gives way to it.
  const promised = onHold.length > 0 ? undefined : await promisedMoves(turn, deployment, merge);
  const secretKey = await ports.store.secretKey();
  return approvePlan({
    plan: planned.plan,
    approvals,
    needed: at.approvalsNeeded,
    ...(promised === undefined
      ? {}
      : { promised: { moves: promised, outcome: (field) => outcomeOf(planned, field, secretKey) } }),
    // What stood in the way of the merge is no matter of effects: only a maintainer can set it aside.
    blockers: onHold.some(({ permission }) => atLeast(permission, 'maintain')) ? [] : merge.blockers,
    completing: interruptedReplacements(steps),
    unapprovedLargeRemoval:
      isLargeRemoval(planned.plan) && !(await maintainerApproved(turn, planned.plan, [...merge.approvals, ...onHold])),
  });
}

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
  { deployment, merge }: { readonly deployment: Deployment; readonly merge: MergeRecord },
): Promise<readonly MergeRecord[]> {
  const { ports, repository } = turn;
  const deployed = await ports.store.deployed(repository.id, deployment.target);
  const others = await ports.store.mergesBetween(repository.id, deployed?.sequence ?? 0, Number.MAX_SAFE_INTEGER);
  const open = new Set((await ports.store.openDeployments(repository.id, deployment.target)).map(({ pull }) => pull));
  const counting: MergeRecord[] = [merge];
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
  merge: MergeRecord,
): Promise<readonly Move[] | undefined> {
  const approved = new Set(merge.approvals.flatMap((approval) => approval.plans));
  const runs = await turn.ports.store.planRuns(turn.repository.id, deployment.pull);
  const plan = runs
    .flatMap(plansOf)
    .findLast((candidate: Plan) => candidate.target === deployment.target && approved.has(candidate.digest));
  return plan?.moves;
}

/** What a field holds once the plan is applied: what is rendered, or nothing. */
function outcomeOf(planned: PlannedTarget, field: Pick<Move, 'object' | 'path'>, key: Uint8Array): EffectValue {
  const facts = planned.facts.get(identityKey(field.object));
  if (facts?.merge === undefined) return absent;
  const leaf = leavesOf(facts.merge.content, facts.schema).byPath.get(field.path);
  if (leaf === undefined) return absent;
  return effectValue({
    value: leaf.value,
    secret: isSecretLeaf(facts.identity, leaf.segments, leaf.value),
    identity: facts.identity,
    path: field.path,
    key,
  });
}

async function maintainerApproved(turn: Turn, plan: Plan, recorded: readonly RecordedApproval[]): Promise<boolean> {
  const maintainers = recorded.filter((approval) => atLeast(approval.permission, 'maintain'));
  return coverage({ plan, approvals: await approvalsOf(turn.ports.store, maintainers), needed: 1 }).kind === 'covered';
}

async function deploy(
  turn: Turn,
  at: {
    readonly deployment: Deployment;
    readonly source: Extract<Source, { readonly kind: 'found' }>;
    readonly planned: PlannedTarget;
    readonly approved: ApprovedPlan;
  },
): Promise<void> {
  const { ports, proof, run } = turn;
  const { source, planned, approved } = at;
  const cluster = ports.clusters.find(source.cluster.name);
  if (cluster === undefined)
    return move(turn, at.deployment, {
      kind: 'held',
      reasons: [`the server names no cluster ${source.cluster.name}`],
      plan: approved.digest,
    });
  await move(turn, at.deployment, { kind: 'applying', plan: approved.digest });
  const deployment: Deployment = { ...at.deployment, phase: { kind: 'applying', plan: approved.digest } };
  const onWritten = async (written: Written) => {
    await recordWritten(turn, { deployment, source, planned, written });
    await move(turn, deployment, {
      kind: 'verifying',
      plan: approved.digest,
      deadlineMs: ports.clock.nowMs() + source.target.stack.timeoutMs,
    });
  };
  const outcome = await applyPlan(
    { cluster, store: ports.store, clock: ports.clock, onWritten },
    { deployment, approved, planned, proof, timeoutMs: source.target.stack.timeoutMs, signal: run.signal },
  );
  if (outcome.kind === 'interrupted' && run.attempt >= triesBeforeAsking)
    return move(turn, deployment, { kind: 'failed', reason: outcome.reason, plan: approved.digest });
  if (outcome.kind !== 'succeeded') {
    await move(turn, deployment, phaseAfter(outcome, approved));
    if (outcome.kind === 'interrupted' && !run.signal.aborted)
      throw new Error(`${deployment.target}: ${outcome.reason}; it is planned again`);
    return;
  }
  await move(turn, deployment, { kind: 'succeeded', plan: approved.digest, written: outcome.written }, source);
  await supersedeOlder(turn, deployment);
}

/** From here on the cluster holds this commit, healthy or not. */
async function recordWritten(
  turn: Turn,
  at: {
    readonly deployment: Deployment;
    readonly source: Extract<Source, { readonly kind: 'found' }>;
    readonly planned: PlannedTarget;
    readonly written: Written;
  },
): Promise<void> {
  const { ports, repository, proof } = turn;
  const uid = at.planned.plan.cluster.uid;
  if (uid === undefined) throw new Error(`${at.deployment.target} was written to a cluster without a UID`);
  const before = await ports.store.deployed(repository.id, at.deployment.target);
  const written = new Set(at.written.objects.map(identityKey));
  const kept = (before?.stored ?? []).filter(
    (leaf) =>
      !written.has(identityKey(leaf.object)) && at.planned.facts.get(identityKey(leaf.object))?.merge !== undefined,
  );
  const deployed: DeployedTarget = {
    repository: repository.id,
    target: at.deployment.target,
    cluster: uid,
    commit: at.deployment.commit,
    sequence: at.deployment.sequence,
    directory: at.source.target.directory,
    stored: [...kept, ...at.written.stored],
  };
  if (
    before !== undefined &&
    sameJson(
      { ...before, stored: JSON.stringify(before.stored) },
      { ...deployed, stored: JSON.stringify(deployed.stored) },
    )
  )
    return;
  await ports.store.setDeployed(deployed, proof);
}

/** What came before it in merge order and still waits is part of what was just deployed. */
async function supersedeOlder(turn: Turn, deployment: Deployment): Promise<void> {
  const open = await turn.ports.store.openDeployments(turn.repository.id, deployment.target);
  for (const older of open.filter((candidate) => candidate.sequence < deployment.sequence)) {
    await move(turn, older, { kind: 'superseded', by: deployment.commit });
  }
}

/** A change of phase, its audit record and the looks that follow from it, in one transaction. */
async function move(
  turn: Turn,
  deployment: Deployment,
  phase: DeploymentPhase,
  source?: { readonly removed: boolean },
): Promise<void> {
  const { ports, repository, proof } = turn;
  if (JSON.stringify(deployment.phase) === JSON.stringify(phase)) return;
  const siblings = isEnded(phase) ? await ports.store.deploymentsOfMerge(repository.id, deployment.pull) : [];
  const merge = isEnded(phase) ? await ports.store.merge(repository.id, deployment.pull) : undefined;
  await ports.store.transaction(async (records) => {
    await records.setPhase(deployment, phase, proof);
    if (source?.removed === true) await records.clearDeployed(repository.id, deployment.target, proof);
    await records.audit({
      repository: repository.id,
      kind: auditKind(phase),
      subject: deployment.target,
      facts: {
        deployment: deployment.id,
        pull: deployment.pull,
        commit: deployment.commit,
        phase: JSON.stringify(phase),
      },
    });
    // Whoever is going down leaves it to the next one.
    if (phase.kind === 'queued' && turn.run.signal.aborted)
      await records.requestJob(targetJob(turn, deployment.target));
    await records.requestJob({
      job: {
        kind: 'pull-request',
        installation: repository.installation,
        repository: repository.id,
        pull: deployment.pull,
      },
    });
    for (const sibling of siblings) {
      if (sibling.target !== deployment.target && !isEnded(sibling.phase))
        await records.requestJob(targetJob(turn, sibling.target));
    }
    // Open pull requests show what is deployed and what is pending.
    if (merge !== undefined)
      await records.requestJob({
        job: {
          kind: 'repository',
          installation: repository.installation,
          repository: repository.id,
          branch: merge.base,
        },
      });
  });
}

function targetJob({ repository }: Turn, target: TargetName): RequestedJob {
  return { job: { kind: 'target', installation: repository.installation, repository: repository.id, target } };
}

function auditKind(phase: DeploymentPhase): 'apply' | 'hold' | 'deployed' | 'failed' {
  switch (phase.kind) {
    case 'held':
      return 'hold';
    case 'succeeded':
      return 'deployed';
    case 'failed':
      return 'failed';
    case 'queued':
    case 'waiting':
    case 'applying':
    case 'verifying':
    case 'superseded':
    case 'cancelled':
      return 'apply';
  }
}

/** The comment names the hold's issue, which exists only now. */
async function requestPull({ ports, repository }: Turn, deployment: Deployment): Promise<void> {
  await ports.store.requestJob({
    job: {
      kind: 'pull-request',
      installation: repository.installation,
      repository: repository.id,
      pull: deployment.pull,
    },
  });
}
