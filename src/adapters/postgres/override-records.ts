import type { Selectable } from 'kysely';
import type { Overridable } from '../../domain/gate/override.ts';
import { planDigest } from '../../domain/identity.ts';
import type { Records } from '../../flows/ports/store.ts';
import { readRow } from './read-row.ts';
import type { Db, Tables } from './tables.ts';

export function overrideRecords(db: Db): Pick<Records, 'addOverride' | 'overrides'> {
  return {
    async addOverride({ repository, pull, override }) {
      const { of, person } = override;
      const added = await db
        .insertInto('override')
        .values({
          repository,
          pull,
          rule: of.kind === 'rule' ? of.name : null,
          origin: of.kind === 'rule' ? of.origin : null,
          environment: of.kind === 'approvals' ? of.environment : null,
          plans: [...override.plans],
          person: person.id,
          login: person.login,
          bot: person.bot,
          sources: [...override.sources],
          reason: override.reason,
          comment_id: override.comment,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute();
      return added.length === 1;
    },

    async overrides(repository, pull) {
      const rows = await db
        .selectFrom('override')
        .selectAll()
        .where('repository', '=', repository)
        .where('pull', '=', pull)
        .orderBy('id')
        .execute();
      return rows.map((row) =>
        readRow('override', row.id, () => ({
          of: readOverridable(row),
          plans: row.plans.map(planDigest),
          person: { id: row.person, login: row.login, bot: row.bot },
          sources: row.sources,
          reason: row.reason,
          comment: row.comment_id,
        })),
      );
    },
  };
}

function readOverridable({ rule, origin, environment }: Selectable<Tables['override']>): Overridable {
  if (environment !== null) return { kind: 'approvals', environment };
  if (rule === null || origin === null) throw new TypeError('it names neither a rule nor an environment');
  return { kind: 'rule', name: rule, origin };
}
