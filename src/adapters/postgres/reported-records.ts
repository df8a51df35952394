import { type Selectable, sql } from 'kysely';
import { repositoryId } from '../../domain/identity.ts';
import type { Records, ReportedItem } from '../../flows/ports/store.ts';
import { readRow } from './read-row.ts';
import type { Db, Tables } from './tables.ts';

export function reportedRecords(db: Db): Pick<Records, 'reported' | 'reportedUnder' | 'saveReported'> {
  return {
    async reported(repository, key) {
      const row = await db
        .selectFrom('reported')
        .selectAll()
        .where('repository', '=', repository)
        .where('key', '=', key)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return readReported(row);
    },

    async reportedUnder(repository, keyPrefix) {
      const rows = await db
        .selectFrom('reported')
        .selectAll()
        .where('repository', '=', repository)
        .where(sql<boolean>`starts_with(key, ${keyPrefix})`)
        .orderBy('key')
        .execute();
      return rows.map(readReported);
    },

    async saveReported(item) {
      const content = {
        github_id: item.githubId ?? null,
        external_id: item.externalId,
        content: item.content,
        closed: item.closed,
        said_at: sql<Date>`clock_timestamp()`,
      };
      await db
        .insertInto('reported')
        .values({ repository: item.repository, key: item.key, ...content })
        .onConflict((conflict) => conflict.columns(['repository', 'key']).doUpdateSet(content))
        .execute();
    },
  };
}

function readReported(row: Selectable<Tables['reported']>): ReportedItem {
  return readRow('reported', row.key, () => ({
    key: row.key,
    repository: repositoryId(row.repository),
    ...(row.github_id === null ? {} : { githubId: row.github_id }),
    externalId: row.external_id,
    content: row.content,
    closed: row.closed,
  }));
}
