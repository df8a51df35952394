import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Person } from '../../domain/gate/people.ts';
import type { PullNumber, RepositoryId } from '../../domain/identity.ts';
import { commitSha, planDigest, pullNumber, repositoryId } from '../../domain/identity.ts';
import type { MergeRecord, RecordedApproval, Records } from '../../flows/ports/store.ts';
import { jsonText } from './json-text.ts';
import { readRow } from './read-row.ts';
import { atomically, type Db, type Tables } from './tables.ts';

export function mergeRecords(
  db: Db,
): Pick<
  Records,
  'firstSeen' | 'nameRepository' | 'repositoriesOf' | 'recordMerge' | 'merge' | 'mergeOfCommit' | 'mergesBetween'
> {
  return {
    async firstSeen(repository, nowMs) {
      const { first_seen_ms: firstSeenMs } = await db
        .insertInto('repository')
        .values({ id: repository, first_seen_ms: nowMs })
        .onConflict((conflict) =>
          conflict
            .column('id')
            .doUpdateSet({ first_seen_ms: sql`coalesce(repository.first_seen_ms, excluded.first_seen_ms)` }),
        )
        .returning('first_seen_ms')
        .executeTakeFirstOrThrow();
      return firstSeenMs ?? nowMs;
    },

    async nameRepository({ id, owner, name }) {
      const named = { full_name: `${owner}/${name}`, named_at: sql<Date>`clock_timestamp()` };
      await db
        .insertInto('repository')
        .values({ id, ...named })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet(named).where('repository.full_name', 'is distinct from', named.full_name),
        )
        .execute();
    },

    async repositoriesOf(owner) {
      const rows = await db
        .selectFrom('repository')
        .select('id')
        .where(sql<string>`lower(split_part(full_name, '/', 1))`, '=', owner.toLowerCase())
        .orderBy('id')
        .execute();
      return rows.map(({ id }) => repositoryId(id));
    },

    async recordMerge(record) {
      return await atomically(db, async (transaction) => {
        const sequence = await lockMerges(transaction, record.repository);
        const existing = await findMerge(transaction, record.repository, record.pull);
        if (existing !== undefined) return existing;
        await transaction
          .insertInto('merge')
          .values({
            repository: record.repository,
            pull: record.pull,
            sequence: sequence + 1,
            commit: record.commit,
            base: record.base,
            author: jsonText(record.author),
            merged_by: record.mergedBy === undefined ? null : jsonText(record.mergedBy),
            contributors: jsonText(record.contributors),
            plans: record.plans === undefined ? null : jsonText(record.plans),
            blockers: jsonText(record.blockers),
            approvals: jsonText(record.approvals),
          })
          .execute();
        await transaction
          .updateTable('repository')
          .set({ merges: sequence + 1 })
          .where('id', '=', record.repository)
          .execute();
        return { ...record, sequence: sequence + 1 };
      });
    },

    async merge(repository, pull) {
      return await findMerge(db, repository, pull);
    },

    async mergeOfCommit(repository, commit) {
      const row = await db
        .selectFrom('merge')
        .selectAll()
        .where('repository', '=', repository)
        .where('commit', '=', commit)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : readMerge(row);
    },

    async mergesBetween(repository, after, upTo) {
      const rows = await db
        .selectFrom('merge')
        .selectAll()
        .where('repository', '=', repository)
        .where('sequence', '>', after)
        .where('sequence', '<=', upTo)
        .orderBy('sequence')
        .execute();
      return rows.map(readMerge);
    },
  };
}

/** Merges of a repository are recorded one after the other, so that sequences have no gaps and no twins. Returns the last one. */
async function lockMerges(db: Db, repository: RepositoryId): Promise<number> {
  const { merges } = await db
    .insertInto('repository')
    .values({ id: repository })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ merges: sql`repository.merges` }))
    .returning('merges')
    .executeTakeFirstOrThrow();
  return merges;
}

async function findMerge(db: Db, repository: RepositoryId, pull: PullNumber): Promise<MergeRecord | undefined> {
  const row = await db
    .selectFrom('merge')
    .selectAll()
    .where('repository', '=', repository)
    .where('pull', '=', pull)
    .executeTakeFirst();
  return row === undefined ? undefined : readMerge(row);
}

function readMerge(row: Selectable<Tables['merge']>): MergeRecord {
  return readRow('merge', `${row.repository}#${row.pull}`, () => ({
    repository: repositoryId(row.repository),
    pull: pullNumber(row.pull),
    commit: commitSha(row.commit),
    base: row.base,
    author: row.author as Person,
    mergedBy: row.merged_by === null ? undefined : (row.merged_by as Person),
    contributors: row.contributors as readonly number[],
    ...(row.plans === null ? {} : { plans: (row.plans as readonly string[]).map(planDigest) }),
    sequence: row.sequence,
    blockers: row.blockers as readonly string[],
    approvals: (row.approvals as readonly RecordedApproval[]).map((approval) => ({
      ...approval,
      plans: approval.plans.map(planDigest),
    })),
  }));
}
