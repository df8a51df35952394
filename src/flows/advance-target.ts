import { type Deployment, deadlineOf, isEnded } from '../domain/deployment/deployment.ts';
import { decideWave } from '../domain/deployment/waves.ts';
import type { ApprovedPlan } from '../domain/gate/approved-plan.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import type { CommitSha } from '../domain/identity.ts';
import { sameJson } from '../domain/json.ts';
import { identityKey } from '../domain/manifest/rendered-object.ts';
import { phaseAfter } from './apply-outcome.ts';
import { applyPlan, type Written } from './apply-plan.ts';
import { approveDeployment, type JudgedMerge } from './approve-deployment.ts';
import { Deadline } from './deadline.ts';
import { deploymentInQuestion } from './deployment-in-question.ts';
import { isPartOf, type Turn } from './deployment-turn.ts';
import { findObstacle, judgeTestMerge } from './judge-test-merge.ts';
import { matchPlanned } from './match-planned.ts';
import { moveDeployment, siblingsOf, targetJob } from './move-deployment.ts';
import { type FoundSource, findSource, planDeployment } from './plan-deployment.ts';
import type { PlannedTarget } from './plan-target.ts';
import type { Job, JobRun } from './ports/jobs.ts';
import type { DeployedTarget } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportHold } from './report-hold.ts';

/** A cluster that is away comes back, most of the time; after so many tries a person is asked. */
const triesBeforeAsking = 6;

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
  const turn: Turn = { ports, repository, proof, run, uncovered: new Map(), decidedOn: new Map() };
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
  const obstacle = await findObstacle(turn, deployment);
  if (obstacle !== undefined) return moveDeployment(turn, deployment, obstacle);
  const newer = await deployedBeyond(turn, deployment);
  if (newer !== undefined) return moveDeployment(turn, deployment, { kind: 'superseded', by: newer });
  const source = await findSource(turn, deployment);
  if (source.kind === 'gone') return moveDeployment(turn, deployment, { kind: 'superseded', by: deployment.commit });
  if (source.kind === 'held')
    return moveDeployment(
      turn,
      deployment,
      deployment.testMerge === undefined
        ? { kind: 'held', reasons: [source.reason], plan: undefined }
        : { kind: 'failed', reason: source.reason, plan: undefined },
    );
  const wave = decideWave(
    deployment,
    source.configuration.environments.get(deployment.environment),
    await siblingsOf(ports.store, deployment),
  );
  if (wave.kind !== 'go') return moveDeployment(turn, deployment, { kind: 'waiting', reason: wave.reason });

  const planned = await planDeployment(turn, { deployment, source });
  if (!planned.plan.complete && turn.run.attempt < triesBeforeAsking) {
    const reason =
      planned.plan.problems.find((problem) => problem.severity === 'error')?.message ??
      'the cluster could not be read in full';
    await moveDeployment(turn, deployment, { kind: 'waiting', reason });
    throw new Error(`${deployment.target}: ${reason}; it is tried again`);
  }
  await ports.store.savePlans(repository.id, [planned.plan]);
  // An open pull request, its base and its locks move on while the cluster is asked.
  const late = await findObstacle(turn, deployment);
  if (late !== undefined) return moveDeployment(turn, deployment, late);
  const approving = await approveDeployment(turn, {
    deployment,
    merge: await judgedMerge(turn, { deployment, source, planned }),
    planned,
    environment: source.target.environment,
    rules: await rulesFor(turn, { deployment, source, planned }),
  });
  if (approving.kind === 'not-approved') {
    // Nobody approves what a test merge would do but on its pull request, where the plan is shown anew.
    if (deployment.testMerge !== undefined)
      return moveDeployment(turn, deployment, {
        kind: 'failed',
        reason: approving.reasons.join('; '),
        plan: planned.plan.digest,
      });
    if (approving.coverage?.kind === 'uncovered') turn.uncovered.set(deployment.id, approving.coverage);
    return moveDeployment(turn, deployment, {
      kind: 'held',
      reasons: approving.reasons,
      deciders: approving.deciders,
      plan: planned.plan.complete ? planned.plan.digest : undefined,
    });
  }
  await deploy(turn, { deployment, source, planned, approved: approving.plan });
}

/** A deployment is judged by the merge commit's rules, on what it would do now, and by the pull request as it is now. */
async function rulesFor(
  { ports, repository }: Turn,
  at: { readonly deployment: Deployment; readonly source: FoundSource; readonly planned: PlannedTarget },
): Promise<readonly MatchedRule[]> {
  const { rules } = at.source.configuration;
  if (rules.length === 0) return [];
  const pull = await ports.github.pullRequest(repository, at.deployment.pull);
  if (pull === undefined)
    throw new Error(
      `GitHub does not show #${at.deployment.pull} (any more), which the rules for ${at.deployment.target} ask about; it is tried again`,
    );
  return matchPlanned(ports, { rules, pull, target: at.source.target, planned: at.planned });
}

/** What is known of the approvals: recorded at the merge, or judged at this moment for a test merge. */
async function judgedMerge(
  turn: Turn,
  at: { readonly deployment: Deployment; readonly source: FoundSource; readonly planned: PlannedTarget },
): Promise<JudgedMerge> {
  const { deployment, source, planned } = at;
  if (deployment.testMerge !== undefined) return judgeTestMerge(turn, { deployment, source, plan: planned.plan });
  const merge = await turn.ports.store.merge(turn.repository.id, deployment.pull);
  if (merge !== undefined) return merge;
  throw new Error(
    `deployment ${deployment.id} of ${deployment.target} belongs to #${deployment.pull}, whose merge was never recorded`,
  );
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

async function deploy(
  turn: Turn,
  at: {
    readonly deployment: Deployment;
    readonly source: FoundSource;
    readonly planned: PlannedTarget;
    readonly approved: ApprovedPlan;
  },
): Promise<void> {
  const { ports, proof, run } = turn;
  const { source, planned, approved } = at;
  const cluster = ports.clusters.find(source.cluster.name);
  if (cluster === undefined)
    return moveDeployment(turn, at.deployment, {
      kind: 'held',
      reasons: [`the server names no cluster ${source.cluster.name}`],
      plan: approved.digest,
    });
  const { timeoutMs } = source.target.stack;
  const nowMs = ports.clock.nowMs();
  const deadlineMs = deadlineOf(at.deployment.phase, { nowMs, timeoutMs });
  const applying = { kind: 'applying', plan: approved.digest, deadlineMs } as const;
  await moveDeployment(turn, at.deployment, applying);
  const deployment: Deployment = { ...at.deployment, phase: applying };
  const onWritten = async (written: Written) => {
    await recordWritten(turn, { deployment, source, planned, written });
    await moveDeployment(turn, deployment, { ...applying, kind: 'verifying' });
  };
  const deadline = new Deadline(ports.clock, { timeoutMs, leftMs: deadlineMs - nowMs });
  const outcome = await applyPlan(
    { cluster, store: ports.store, clock: ports.clock, onWritten },
    { deployment, approved, planned, proof, deadline, stopping: run.signal },
  );
  // The next process goes on from here, and from what the cluster says then.
  if (outcome.kind === 'interrupted' && run.signal.aborted)
    return ports.store.requestJob(targetJob(turn, deployment.target));
  if (outcome.kind === 'interrupted' && run.attempt >= triesBeforeAsking)
    return moveDeployment(turn, deployment, { kind: 'failed', reason: outcome.reason, plan: approved.digest });
  if (outcome.kind !== 'succeeded') {
    const phase = phaseAfter(outcome, approved);
    await moveDeployment(
      turn,
      deployment,
      phase.kind === 'held' && deployment.testMerge !== undefined
        ? { kind: 'failed', reason: phase.reasons.join('; '), plan: approved.digest }
        : phase,
    );
    if (outcome.kind === 'interrupted') throw new Error(`${deployment.target}: ${outcome.reason}; it is planned again`);
    return;
  }
  await moveDeployment(
    turn,
    deployment,
    { kind: 'succeeded', plan: approved.digest, written: outcome.written },
    source,
  );
  await supersedeOlder(turn, deployment);
}

/** From here on the cluster holds this commit, healthy or not. */
async function recordWritten(
  turn: Turn,
  at: {
    readonly deployment: Deployment;
    readonly source: FoundSource;
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
    await moveDeployment(turn, older, { kind: 'superseded', by: deployment.commit });
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
