import { sql } from 'kysely';
import { commitSha, deliveryGuid, repositoryId } from '../../domain/identity.ts';
import type { Records } from '../../flows/ports/store.ts';
import { readRow } from './read-row.ts';
import type { Db } from './tables.ts';

export function pressRecords(db: Db): Pick<Records, 'addPress' | 'pendingPresses' | 'finishPress'> {
  return {
    async addPress({ guid, repository, sha, identifier, by }) {
      await db
        .insertInto('button_press')
        .values({ guid, repository, sha, identifier, person: by.id, login: by.login, bot: by.bot })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    async pendingPresses(repository, sha) {
      const rows = await db
        .selectFrom('button_press')
        .selectAll()
        .where('repository', '=', repository)
        .where('sha', '=', sha)
        .where('finished_at', 'is', null)
        .orderBy('pressed_at')
        .orderBy('guid')
        .execute();
      return rows.map((row) =>
        readRow('button_press', row.guid, () => ({
          guid: deliveryGuid(row.guid),
          repository: repositoryId(row.repository),
          sha: commitSha(row.sha),
          identifier: row.identifier,
          by: { id: row.person, login: row.login, bot: row.bot },
        })),
      );
    },

    async finishPress(guid, outcome) {
      await db
        .updateTable('button_press')
        .set({ finished_at: sql<Date>`now()`, outcome })
        .where('guid', '=', guid)
        .where('finished_at', 'is', null)
        .execute();
    },
  };
}
