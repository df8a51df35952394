import { type Selectable, sql } from 'kysely';
import { commitSha, pullNumber, repositoryId } from '../../domain/identity.ts';
import type { MergeGroupMembers, MergeGroupRecord, Records } from '../../flows/ports/store.ts';
import { jsonTextInTurns } from './json-text.ts';
import { readOutcome } from './plan-json.ts';
import { readRow } from './read-row.ts';
import type { Db, Tables } from './tables.ts';

type MergeGroupRecords = Pick<Records, 'saveMergeGroup' | 'mergeGroup' | 'openMergeGroups' | 'mergeGroupsOf'>;
type Row = Selectable<Tables['merge_group']>;

export function mergeGroupRecords(db: Db): MergeGroupRecords {
  return {
    async saveMergeGroup(group) {
      const { planned } = group;
      const content = {
        ref: group.ref,
        branch: group.branch,
        pulls: [...group.pulls],
        plannings: planned?.count ?? 0,
        base: planned?.base ?? null,
        fingerprint: planned?.fingerprint ?? '',
        outcome: planned === undefined ? null : await jsonTextInTurns(planned.outcome),
        over: group.over,
        changed_at: sql<Date>`clock_timestamp()`,
      };
      await db
        .insertInto('merge_group')
        .values({ repository: group.repository, head: group.head, ...content })
        .onConflict((conflict) => conflict.columns(['repository', 'head']).doUpdateSet(content))
        .execute();
    },

    async mergeGroup(repository, head) {
      const row = await db
        .selectFrom('merge_group')
        .selectAll()
        .where('repository', '=', repository)
        .where('head', '=', head)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return readRow('merge_group', row.head, () => ({ ...readGroup(row), ...readPlanned(row), over: row.over }));
    },

    async openMergeGroups(repository) {
      const rows = await db
        .selectFrom('merge_group')
        .select(['repository', 'head', 'ref', 'branch', 'pulls'])
        .where('repository', '=', repository)
        .where('over', '=', false)
        .orderBy('changed_at')
        .execute();
      return rows.map((row) => readRow('merge_group', row.head, () => readGroup(row)));
    },

    async mergeGroupsOf(repository, pull) {
      const rows = await db
        .selectFrom('merge_group')
        .select(['repository', 'head', 'ref', 'branch', 'pulls'])
        .where('repository', '=', repository)
        .where(sql<boolean>`pulls @> array[${pull}]::int[]`)
        .orderBy('changed_at')
        .execute();
      return rows.map((row) => readRow('merge_group', row.head, () => readGroup(row)));
    },
  };
}

function readGroup(row: Pick<Row, 'repository' | 'head' | 'ref' | 'branch' | 'pulls'>): MergeGroupMembers {
  return {
    repository: repositoryId(row.repository),
    head: commitSha(row.head),
    ref: row.ref,
    branch: row.branch,
    pulls: row.pulls.map(pullNumber),
  };
}

function readPlanned(row: Row): Pick<MergeGroupRecord, 'planned'> {
  if (row.base === null) return {};
  return {
    planned: {
      count: row.plannings,
      base: commitSha(row.base),
      fingerprint: row.fingerprint,
      outcome: readOutcome(row.outcome),
    },
  };
}
