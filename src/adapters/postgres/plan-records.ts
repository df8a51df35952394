import { sql } from 'kysely';
import type { PlanDigest, PullNumber } from '../../domain/identity.ts';
import { commitSha, parseTargetName, planDigest, pullNumber, repositoryId, treeSha } from '../../domain/identity.ts';
import type { Effect } from '../../domain/plan/effect.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { LatestRun, PlanRun, Records } from '../../flows/ports/store.ts';
import { jsonTextInTurns } from './json-text.ts';
import { readEffect, readOutcome, readPlan } from './plan-json.ts';
import { readRow } from './read-row.ts';
import { atomically, type Db } from './tables.ts';

type PlanRecords = Pick<
  Records,
  | 'savePlans'
  | 'plan'
  | 'savePlanRun'
  | 'planRuns'
  | 'latestRuns'
  | 'markShown'
  | 'pullsWithHead'
  | 'forgetPlanRuns'
  | 'effects'
  | 'allowLivePlan'
  | 'isLivePlanAllowed'
>;

/**
 * A digest names effects only, so that two pull requests may share one with other heads, bases and problems: each is kept, and `plan` gives the
 * one that was saved last.
 */
export function planRecords(db: Db): PlanRecords {
  return {
    async savePlans(repository, plans) {
      await atomically(db, async (transaction) => {
        for (const plan of plans) await savePlan(transaction, repository, plan);
      });
    },

    async plan(digest, of) {
      const named = db.selectFrom('plan').select(['repository', 'plan']).where('digest', '=', digest);
      const row = await (of === undefined ? named : named.where('target', '=', of.target).where('head', '=', of.head))
        .orderBy('saved_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return readRow('plan', digest, () => ({
        repository: repositoryId(row.repository),
        plan: readPlan(row.plan),
      }));
    },

    async savePlanRun(run) {
      const row = {
        repository: run.repository,
        pull: run.pull,
        head: run.head,
        base: run.base,
        tree: run.tree ?? null,
        fingerprint: run.fingerprint,
        plans: [...run.plans],
        outcome: await jsonTextInTurns(run.outcome),
      };
      await db
        .insertInto('plan_run')
        .values({ id: run.id, ...row, shown_at_ms: run.shownAtMs ?? null })
        .onConflict((conflict) =>
          conflict
            .column('id')
            .doUpdateSet({ ...row, shown_at_ms: sql`coalesce(plan_run.shown_at_ms, excluded.shown_at_ms)` }),
        )
        .execute();
    },

    async planRuns(repository, pull) {
      const rows = await db
        .selectFrom('plan_run')
        .selectAll()
        .where('repository', '=', repository)
        .where('pull', '=', pull)
        .orderBy('sequence')
        .execute();
      return rows.map((row) =>
        readRow(
          'plan_run',
          row.id,
          (): PlanRun => ({
            id: row.id,
            repository: repositoryId(row.repository),
            pull: pullNumber(row.pull),
            head: commitSha(row.head),
            base: commitSha(row.base),
            tree: row.tree === null ? undefined : treeSha(row.tree),
            fingerprint: row.fingerprint,
            plans: row.plans.map(planDigest),
            outcome: readOutcome(row.outcome),
            ...(row.shown_at_ms === null ? {} : { shownAtMs: row.shown_at_ms }),
          }),
        ),
      );
    },

    async latestRuns(repository, pulls) {
      const { rows } = await sql<{
        pull: number;
        head: string;
        base: string;
        tree: string | null;
        targets: readonly string[];
      }>`
        select run.pull, run.head, run.base, run.tree, array(
          select distinct plan.target from planwright.plan
          where plan.digest = any(run.plans) and plan.repository = ${repository} and plan.head = run.head
        ) as targets
        from (
          select distinct on (pull) pull, head, base, tree, plans from planwright.plan_run
          where repository = ${repository} and pull = any(${[...pulls]}) order by pull, sequence desc
        ) run`.execute(db);
      return new Map(
        rows.map((row) =>
          readRow('plan_run', `#${row.pull}`, (): [PullNumber, LatestRun] => [
            pullNumber(row.pull),
            {
              pull: pullNumber(row.pull),
              head: commitSha(row.head),
              base: commitSha(row.base),
              tree: row.tree === null ? undefined : treeSha(row.tree),
              targets: new Set(row.targets.map(parseTargetName)),
            },
          ]),
        ),
      );
    },

    async markShown(runId, shownAtMs) {
      // A run is shown once: the first time counts, whoever looks again.
      await db
        .updateTable('plan_run')
        .set({ shown_at_ms: shownAtMs })
        .where('id', '=', runId)
        .where('shown_at_ms', 'is', null)
        .execute();
    },

    async pullsWithHead(repository, head) {
      const rows = await db
        .selectFrom('plan_run')
        .select('pull')
        .distinct()
        .where('repository', '=', repository)
        .where('head', '=', head)
        .orderBy('pull')
        .execute();
      return rows.map((row) => pullNumber(row.pull));
    },

    async forgetPlanRuns(repository, head) {
      await db
        .updateTable('plan_run')
        .set({ fingerprint: '' })
        .where('repository', '=', repository)
        .where('head', '=', head)
        .execute();
      await db
        .updateTable('merge_group')
        .set({ fingerprint: '' })
        .where('repository', '=', repository)
        .where('head', '=', head)
        .execute();
    },

    async allowLivePlan(repository, pull, head) {
      await db
        .insertInto('live_plan')
        .values({ repository, pull, head })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    async isLivePlanAllowed(repository, pull, head) {
      const row = await db
        .selectFrom('live_plan')
        .select('head')
        .where('repository', '=', repository)
        .where('pull', '=', pull)
        .where('head', '=', head)
        .executeTakeFirst();
      return row !== undefined;
    },

    async effects(plans) {
      if (plans.length === 0) return new Map();
      const rows = await db
        .selectFrom('plan')
        .distinctOn('digest')
        .select(['digest', sql<readonly Effect[]>`plan -> 'effects'`.as('effects')])
        .where('digest', 'in', [...plans])
        .orderBy('digest')
        .orderBy('saved_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      return new Map(
        rows.map(({ digest, effects }): [PlanDigest, readonly Effect[]] =>
          readRow('plan', digest, () => [planDigest(digest), effects.map(readEffect)]),
        ),
      );
    },
  };
}

async function savePlan(db: Db, repository: number, plan: Plan): Promise<void> {
  const content = {
    cluster_uid: plan.cluster.uid ?? null,
    plan: await jsonTextInTurns(plan),
    saved_at: sql<Date>`clock_timestamp()`,
  };
  await db
    .insertInto('plan')
    .values({
      digest: plan.digest,
      repository,
      target: plan.target,
      head: plan.head,
      base: plan.base,
      tree: plan.tree,
      ...content,
    })
    .onConflict((conflict) =>
      conflict.columns(['digest', 'repository', 'target', 'head', 'base', 'tree']).doUpdateSet(content),
    )
    .execute();
}
