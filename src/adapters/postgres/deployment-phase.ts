import type { DeploymentPhase } from '../../domain/deployment/deployment.ts';
import { commitSha, planDigest } from '../../domain/identity.ts';

/** A phase from storage, where a member that is undefined was left out. */
export function readPhase(stored: unknown): DeploymentPhase {
  const phase = stored as DeploymentPhase;
  switch (phase.kind) {
    case 'queued':
    case 'waiting':
    case 'cancelled':
      return phase;
    case 'held':
    case 'failed':
      return { ...phase, plan: phase.plan === undefined ? undefined : planDigest(phase.plan) };
    case 'applying':
    case 'verifying':
    case 'succeeded':
      return { ...phase, plan: planDigest(phase.plan) };
    case 'superseded':
      return { ...phase, by: commitSha(phase.by) };
    default:
      throw new TypeError(`not a deployment phase: ${JSON.stringify(stored)}`);
  }
}
