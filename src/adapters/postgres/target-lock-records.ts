import { type Selectable, sql } from 'kysely';
import type { Person } from '../../domain/gate/people.ts';
import {
  parseTargetName,
  pullNumber,
  type RepositoryId,
  repositoryId,
  type TargetName,
} from '../../domain/identity.ts';
import type { LockEntry, Records } from '../../flows/ports/store.ts';
import { jsonText } from './json-text.ts';
import { readRow } from './read-row.ts';
import { atomically, type Db, type Tables } from './tables.ts';

export function targetLockRecords(db: Db): Pick<Records, 'queueForLock' | 'lockQueue' | 'locksOf' | 'leaveLockQueue'> {
  return {
    async queueForLock({ repository, target, pull, by }) {
      return await atomically(db, async (transaction) => {
        // Positions are given before they are committed: without turns a later one could be seen first, and hold the lock twice.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`lock ${repository}:${target}`}, 0))`.execute(
          transaction,
        );
        await transaction
          .insertInto('target_lock')
          .values({ repository, target, pull, asked_by: jsonText(by) })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        return await readQueue(transaction, repository, target);
      });
    },

    lockQueue: (repository, target) => readQueue(db, repository, target),

    async locksOf(repository, pull) {
      const rows = await db
        .selectFrom('target_lock')
        .select('target')
        .where('repository', '=', repository)
        .where('pull', '=', pull)
        .orderBy('target')
        .execute();
      return rows.map(({ target }) => readRow('target_lock', `${repository}/${target}`, () => parseTargetName(target)));
    },

    async leaveLockQueue(repository, target, pull) {
      const { numDeletedRows } = await db
        .deleteFrom('target_lock')
        .where('repository', '=', repository)
        .where('target', '=', target)
        .where('pull', '=', pull)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

async function readQueue(db: Db, repository: RepositoryId, target: TargetName): Promise<readonly LockEntry[]> {
  const queue = db
    .selectFrom('target_lock')
    .selectAll()
    .where('repository', '=', repository)
    .where('target', '=', target)
    .orderBy('position');
  const rows = await (db.isTransaction ? queue.forShare() : queue).execute();
  return rows.map(readEntry);
}

function readEntry(row: Selectable<Tables['target_lock']>): LockEntry {
  return readRow('target_lock', `${row.repository}/${row.target}/${row.pull}`, () => ({
    repository: repositoryId(row.repository),
    target: parseTargetName(row.target),
    pull: pullNumber(row.pull),
    by: row.asked_by as Person,
  }));
}
