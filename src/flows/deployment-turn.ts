import type { Coverage } from '../domain/gate/coverage.ts';
import type { CommitSha, Repository } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import { bringCommit } from './bring-commit.ts';
import type { JobRun } from './ports/jobs.ts';
import type { LockProof } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';

/** One look at a target's deployments, by the only one who may move them. */
export interface Turn {
  readonly ports: PullRequestPorts;
  readonly repository: Repository;
  readonly proof: LockProof;
  readonly run: JobRun;
  /** Why a plan of this look is not covered, by deployment. */
  readonly uncovered: Map<number, Extract<Coverage, { readonly kind: 'uncovered' }>>;
  /** What a plan of this look was let through or held on, by deployment, for the audit. */
  readonly decidedOn: Map<number, JsonObject>;
}

/** Whether the newer commit holds the older one; false when GitHub does not have both. */
export async function isPartOf({ ports, repository }: Turn, older: CommitSha, newer: CommitSha): Promise<boolean> {
  for (const commit of [older, newer]) if (!(await bringCommit(ports, repository, commit))) return false;
  return ports.checkout.isAncestor(repository, older, newer);
}
