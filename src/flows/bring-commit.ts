import type { CommitSha, Repository } from '../domain/identity.ts';
import type { Checkout } from './ports/checkout.ts';
import type { Records } from './ports/store.ts';

export interface BringPorts {
  readonly checkout: Pick<Checkout, 'fetchCommit' | 'commitTestMerge'>;
  readonly store: Pick<Records, 'testMergeOf'>;
}

/** Makes sure that this commit is in the mirror. A test merge, which GitHub never had, is made again from its parents; false when those are gone. */
export async function bringCommit(ports: BringPorts, repository: Repository, commit: CommitSha): Promise<boolean> {
  const { checkout, store } = ports;
  const parents = await store.testMergeOf(repository.id, commit);
  if (parents === undefined) return checkout.fetchCommit(repository, commit);
  for (const parent of [parents.base, parents.head])
    if (!(await checkout.fetchCommit(repository, parent))) return checkout.fetchCommit(repository, commit);
  return (await checkout.commitTestMerge(repository, parents.base, parents.head)) === commit;
}
