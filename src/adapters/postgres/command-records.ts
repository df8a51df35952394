import { sql } from 'kysely';
import { parseTargetName, repositoryId } from '../../domain/identity.ts';
import type { Records } from '../../flows/ports/store.ts';
import { readRow } from './read-row.ts';
import type { Db } from './tables.ts';

export function commandRecords(
  db: Db,
): Pick<Records, 'addCommand' | 'pendingCommands' | 'markObeyed' | 'finishCommand'> {
  return {
    async addCommand({ repository, commentId, issue, bodyDigest }) {
      const added = await db
        .insertInto('command')
        .values({ repository, comment_id: commentId, issue, body_digest: bodyDigest })
        .onConflict((conflict) => conflict.doNothing())
        .returning('comment_id')
        .execute();
      return added.length === 1;
    },

    async pendingCommands(repository, issue) {
      const rows = await db
        .selectFrom('command')
        .select(['repository', 'comment_id', 'issue', 'body_digest', 'obeyed'])
        .where('repository', '=', repository)
        .where('issue', '=', issue)
        .where('finished_at', 'is', null)
        .orderBy('comment_id')
        .execute();
      return rows.map((row) =>
        readRow('command', row.comment_id, () => ({
          commentId: row.comment_id,
          repository: repositoryId(row.repository),
          issue: row.issue,
          bodyDigest: row.body_digest,
          ...(row.obeyed.length === 0 ? {} : { obeyed: row.obeyed.map(parseTargetName) }),
        })),
      );
    },

    async markObeyed(repository, commentId, target) {
      await db
        .updateTable('command')
        .set({ obeyed: sql<string[]>`array_append(obeyed, ${target})` })
        .where('repository', '=', repository)
        .where('comment_id', '=', commentId)
        .execute();
    },

    async finishCommand(repository, commentId, outcome) {
      await db
        .updateTable('command')
        // An error's text may quote anything; PostgreSQL's text cannot hold U+0000.
        .set({ finished_at: sql<Date>`now()`, outcome: outcome.replaceAll('\u0000', '\ufffd') })
        .where('repository', '=', repository)
        .where('comment_id', '=', commentId)
        .where('finished_at', 'is', null)
        .execute();
    },
  };
}
