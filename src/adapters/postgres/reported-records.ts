import { sql } from 'kysely';
import { repositoryId } from '../../domain/identity.ts';
import type { Records } from '../../flows/ports/store.ts';
import { readRow } from './read-row.ts';
import type { Db } from './tables.ts';

export function reportedRecords(db: Db): Pick<Records, 'reported' | 'saveReported'> {
  return {
    async reported(repository, key) {
      const row = await db
        .selectFrom('reported')
        .selectAll()
        .where('repository', '=', repository)
        .where('key', '=', key)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return readRow('reported', key, () => ({
        key: row.key,
        repository: repositoryId(row.repository),
        ...(row.github_id === null ? {} : { githubId: row.github_id }),
        externalId: row.external_id,
        content: row.content,
        closed: row.closed,
      }));
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
