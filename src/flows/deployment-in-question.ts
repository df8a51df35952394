import type { Deployment } from '../domain/deployment/deployment.ts';
import type { RepositoryId, TargetName } from '../domain/identity.ts';
import type { Records } from './ports/store.ts';

/**
 * The deployment that a target's issue is about: the newest when it failed, else the newest that is held, else the newest. Undefined for a target
 * that was never deployed.
 */
export async function deploymentInQuestion(
  store: Pick<Records, 'latestDeployment' | 'openDeployments'>,
  of: { readonly repository: RepositoryId; readonly target: TargetName },
): Promise<Deployment | undefined> {
  const latest = await store.latestDeployment(of.repository, of.target);
  if (latest?.phase.kind === 'failed') return latest;
  const open = await store.openDeployments(of.repository, of.target);
  return open.findLast(({ phase }) => phase.kind === 'held') ?? latest;
}
