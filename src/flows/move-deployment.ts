import { type Deployment, type DeploymentPhase, isEnded } from '../domain/deployment/deployment.ts';
import type { TargetName } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Turn } from './deployment-turn.ts';
import type { RequestedJob } from './ports/jobs.ts';

/** A change of phase, its audit record and the looks that follow from it, in one transaction. */
export async function moveDeployment(
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

/** What an apply or a hold was decided on. */
function decidedOn(turn: Turn, deployment: Deployment, phase: DeploymentPhase): JsonObject {
  const inputs = turn.decidedOn.get(deployment.id);
  const isDecision = phase.kind === 'held' || phase.kind === 'applying';
  return inputs === undefined || !isDecision ? {} : { decidedOn: inputs };
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
