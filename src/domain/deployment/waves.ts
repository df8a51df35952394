import type { Environment } from '../config/config.ts';
import type { Deployment } from './deployment.ts';

export type WaveDecision =
  | { readonly kind: 'go' }
  /** Deployments of this merge that come first are still under way. */
  | { readonly kind: 'wait'; readonly reason: string }
  /** One that comes first failed: this one does not start until that one succeeded. */
  | { readonly kind: 'halted'; readonly reason: string };

/**
 * An environment's targets start once this merge's targets in the environments named by `after` are deployed and healthy. An environment without
 * targets in this merge holds nobody up.
 */
export function decideWave(
  deployment: Deployment,
  environment: Pick<Environment, 'after'> | undefined,
  ofMerge: readonly Deployment[],
): WaveDecision {
  const before = ofMerge.filter(
    (other) => environment?.after.includes(other.environment) === true && other.target !== deployment.target,
  );
  const stopped = before.filter((other) => other.phase.kind === 'failed' || other.phase.kind === 'cancelled');
  if (stopped.length > 0) return { kind: 'halted', reason: `${names(stopped)} did not succeed` };
  const open = before.filter((other) => other.phase.kind !== 'succeeded' && other.phase.kind !== 'superseded');
  return open.length === 0 ? { kind: 'go' } : { kind: 'wait', reason: `after ${names(open)}` };
}

function names(deployments: readonly Deployment[]): string {
  return deployments.map((deployment) => deployment.target).join(', ');
}
