import { type Deployment, type DeploymentPhase, isEnded } from '../domain/deployment/deployment.ts';
import type { TargetName } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Turn } from './deployment-turn.ts';
import { newestByTarget } from './find-target-standings.ts';
import type { RequestedJob } from './ports/jobs.ts';
import type { Records } from './ports/store.ts';

/** A change of phase, its audit record and the looks that follow from it, in one transaction. */
export async function moveDeployment(
  turn: Turn,
  deployment: Deployment,
  phase: DeploymentPhase,
  source?: { readonly removed: boolean },
): Promise<void> {
  const { ports, repository, proof } = turn;
  if (JSON.stringify(deployment.phase) === JSON.stringify(phase)) return;
  const siblings = isEnded(phase) ? await siblingsOf(ports.store, deployment) : [];
  const merge = isEnded(phase) ? await ports.store.merge(repository.id, deployment.pull) : undefined;
  await ports.store.transaction(async (records) => {
    if (deployment.testMerge !== undefined) await checkLock(records, deployment, phase);
    await records.setPhase(deployment, phase, proof);
    // What is left to do is shown anew.
    if (deployment.testMerge !== undefined && phase.kind === 'failed')
      await records.forgetPlanRuns(repository.id, deployment.testMerge.head);
    if (source?.removed === true) await records.clearDeployed(repository.id, deployment.target, proof);
    await records.audit({
      repository: repository.id,
      kind: auditKind(phase),
      subject: deployment.target,
      facts: {
        deployment: deployment.id,
        pull: deployment.pull,
        commit: deployment.commit,
        phase: JSON.stringify(withoutDetails(phase)),
        ...decidedOn(turn, deployment, phase),
      },
    });
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
    if (merge !== undefined || (deployment.testMerge !== undefined && phase.kind === 'succeeded'))
      await records.requestJob({
        job: {
          kind: 'repository',
          installation: repository.installation,
          repository: repository.id,
          target: deployment.target,
          ...(merge === undefined ? {} : { branch: merge.base }),
        },
      });
  });
}

/** What an apply, a hold, or the refusal of a test merge was decided on. */
function decidedOn(turn: Turn, deployment: Deployment, phase: DeploymentPhase): JsonObject {
  const inputs = turn.decidedOn.get(deployment.id);
  const isRefused = phase.kind === 'failed' && deployment.testMerge !== undefined;
  const isDecision = phase.kind === 'held' || phase.kind === 'applying' || isRefused;
  return inputs === undefined || !isDecision ? {} : { decidedOn: inputs };
}

/** The other deployments of the same merge, or of the same head before it. */
export async function siblingsOf(
  store: Pick<Records, 'deploymentsOfMerge' | 'deploymentsBeforeMerge'>,
  { repository, pull, testMerge }: Deployment,
): Promise<readonly Deployment[]> {
  if (testMerge === undefined) return store.deploymentsOfMerge(repository, pull);
  const all = await store.deploymentsBeforeMerge(repository, pull);
  return [...newestByTarget(all.filter((other) => other.testMerge?.head === testMerge.head)).values()];
}

/** Whoever releases the lock waits for this transaction, and then finds that the target is being applied. */
async function checkLock(records: Records, deployment: Deployment, phase: DeploymentPhase): Promise<void> {
  if (phase.kind !== 'applying') return;
  const [holder] = await records.lockQueue(deployment.repository, deployment.target);
  if (holder?.pull !== deployment.pull)
    throw new Error(`the lock of ${deployment.target} was released before it was applied; it is looked at again`);
}

/** What the cluster said of a failure is no decision of anybody's. */
function withoutDetails(phase: DeploymentPhase): DeploymentPhase {
  if (phase.kind !== 'failed') return phase;
  const { details: _, ...decided } = phase;
  return decided;
}

export function targetJob({ repository }: Turn, target: TargetName): RequestedJob {
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
