import { sql } from 'kysely';
import type { RepositoryId, TargetName } from '../../domain/identity.ts';
import { LockLost, type LockProof } from '../../flows/ports/store.ts';
import { atomically, type Db } from './tables.ts';

/** A new, higher token of the target's lock; whoever held an older one can no longer write. */
export async function takeLock(db: Db, repository: RepositoryId, target: TargetName): Promise<LockProof> {
  const { fencing_token: fencingToken } = await db
    .insertInto('lock')
    .values({ repository, target, fencing_token: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['repository', 'target'])
        .doUpdateSet({ fencing_token: sql`lock.fencing_token + 1`, taken_at: sql<Date>`clock_timestamp()` }),
    )
    .returning('fencing_token')
    .executeTakeFirstOrThrow();
  return { repository, target, fencingToken };
}

/**
 * Runs the write in one transaction with the check of the proof. The lock's row is held shared until the commit, so that a takeover comes before
 * the check or after the write, never in between. Rejects with LockLost.
 */
export async function withProof<Result>(
  db: Db,
  proof: LockProof,
  write: (transaction: Db) => Promise<Result>,
): Promise<Result> {
  return await atomically(db, async (transaction) => {
    const held = await transaction
      .selectFrom('lock')
      .select('fencing_token')
      .where('repository', '=', proof.repository)
      .where('target', '=', proof.target)
      .where('fencing_token', '=', proof.fencingToken)
      .forShare()
      .executeTakeFirst();
    if (held === undefined) throw new LockLost(proof.target);
    return await write(transaction);
  });
}
