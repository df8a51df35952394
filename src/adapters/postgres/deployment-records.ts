import { type Expression, type ExpressionBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import { type Deployment, isEnded } from '../../domain/deployment/deployment.ts';
import { commitSha, parseTargetName, planDigest, pullNumber, repositoryId } from '../../domain/identity.ts';
import type { LockProof, RecordedApproval, Records } from '../../flows/ports/store.ts';
import { readPhase } from './deployment-phase.ts';
import { withProof } from './fencing.ts';
import { jsonText } from './json-text.ts';
import { readRow } from './read-row.ts';
import { atomically, type Db, type Tables } from './tables.ts';

type DeploymentRecords = Pick<
  Records,
  | 'addDeployments'
  | 'deployment'
  | 'deploymentsOfMerge'
  | 'deploymentsBeforeMerge'
  | 'testMergeOf'
  | 'applyAgain'
  | 'latestDeployment'
  | 'retryFailed'
  | 'openDeployments'
  | 'pendingPulls'
  | 'setPhase'
  | 'addStep'
  | 'steps'
  | 'addHoldApproval'
  | 'holdApprovals'
>;

const queued = jsonText({ kind: 'queued' });

export function deploymentRecords(db: Db): DeploymentRecords {
  return {
    async addDeployments(deployments) {
      if (deployments.length === 0) return;
      await atomically(db, async (transaction) => {
        const added = await transaction
          .insertInto('deployment')
          .values(
            deployments.map(
              ({ repository, pull, target, environment, commit, sequence, testMerge, unseen = false }) => {
                return {
                  repository,
                  pull,
                  target,
                  environment,
                  commit,
                  sequence,
                  unseen,
                  phase_kind: 'queued',
                  phase: queued,
                  ended: false,
                  test_base: testMerge?.base ?? null,
                  test_head: testMerge?.head ?? null,
                  test_from: testMerge?.from ?? null,
                };
              },
            ),
          )
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .execute();
        if (added.length === 0) return;
        await transaction
          .insertInto('deployment_history')
          .values(added.map(({ id }) => ({ deployment: id, phase: queued, fencing_token: null })))
          .execute();
      });
    },

    async deployment(id) {
      const row = await db.selectFrom('deployment').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : readDeployment(row);
    },

    async deploymentsOfMerge(repository, pull) {
      const rows = await db
        .selectFrom('deployment')
        .selectAll()
        .where('repository', '=', repository)
        .where('pull', '=', pull)
        .where('test_head', 'is', null)
        .orderBy('id')
        .execute();
      return rows.map(readDeployment);
    },

    async deploymentsBeforeMerge(repository, pull) {
      const rows = await db
        .selectFrom('deployment')
        .selectAll()
        .where('repository', '=', repository)
        .where('pull', '=', pull)
        .where('test_head', 'is not', null)
        .orderBy('asked_at')
        .orderBy('id')
        .execute();
      return rows.map(readDeployment);
    },

    async testMergeOf(repository, commit) {
      const row = await db
        .selectFrom('deployment')
        .selectAll()
        .where('repository', '=', repository)
        .where('commit', '=', commit)
        .where('test_head', 'is not', null)
        .limit(1)
        .executeTakeFirst();
      const deployment = row === undefined ? undefined : readDeployment(row);
      return deployment?.testMerge && { ...deployment.testMerge, pull: deployment.pull };
    },

    async latestDeployment(repository, target) {
      const row = await db
        .selectFrom('deployment')
        .selectAll()
        .where('repository', '=', repository)
        .where('target', '=', target)
        .where('test_head', 'is', null)
        .orderBy('sequence', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : readDeployment(row);
    },

    async retryFailed(deployment) {
      return await queueAgain(db, deployment, (expression) => expression('phase_kind', '=', 'failed'));
    },

    async applyAgain(deployment) {
      return await queueAgain(db, deployment, (expression) =>
        expression.and([expression('ended', '=', true), expression('test_head', 'is not', null)]),
      );
    },

    async openDeployments(repository, target) {
      const rows = await db
        .selectFrom('deployment')
        .selectAll()
        .where('repository', '=', repository)
        .where('target', '=', target)
        .where('ended', '=', false)
        .orderBy('sequence')
        .orderBy('id')
        .execute();
      return rows.map(readDeployment);
    },

    async pendingPulls(repository, target) {
      const rows = await db
        .selectFrom('deployment')
        .select(['id', 'pull'])
        .where('repository', '=', repository)
        .where('target', '=', target)
        .where('ended', '=', false)
        .where('test_head', 'is', null)
        .orderBy('sequence')
        .orderBy('id')
        .execute();
      return rows.map(({ id, pull }) => readRow('deployment', id, () => pullNumber(pull)));
    },

    async setPhase(deployment, phase, proof) {
      await withProof(db, proof, async (transaction) => {
        const text = jsonText(phase);
        const { numUpdatedRows } = await transaction
          .updateTable('deployment')
          .set({ phase: text, phase_kind: phase.kind, ended: isEnded(phase), changed_at: sql<Date>`clock_timestamp()` })
          .where('id', '=', deployment.id)
          .where('repository', '=', proof.repository)
          .where('target', '=', proof.target)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows !== 1n)
          throw new Error(
            `deployment ${deployment.id} does not exist, or is not one of ${proof.target}, whose lock was given`,
          );
        await transaction
          .insertInto('deployment_history')
          .values({ deployment: deployment.id, phase: text, fencing_token: proof.fencingToken })
          .execute();
      });
    },

    async addStep(step, proof) {
      await withProof(db, proof, async (transaction) => {
        await checkOwn(transaction, step.deployment, proof);
        const content = { state: step.state, fencing_token: proof.fencingToken, at: sql<Date>`clock_timestamp()` };
        await transaction
          .insertInto('deployment_step')
          .values({
            deployment: step.deployment,
            object_group: step.object.group,
            object_kind: step.object.kind,
            object_namespace: step.object.namespace ?? '',
            object_name: step.object.name,
            action: step.action,
            ...content,
          })
          .onConflict((conflict) =>
            conflict
              .columns(['deployment', 'object_group', 'object_kind', 'object_namespace', 'object_name', 'action'])
              .doUpdateSet(content),
          )
          .execute();
      });
    },

    async steps(deployment) {
      const rows = await db
        .selectFrom('deployment_step')
        .selectAll()
        .where('deployment', '=', deployment)
        .orderBy('sequence')
        .execute();
      return rows.map((row) => ({
        deployment,
        object: {
          group: row.object_group,
          kind: row.object_kind,
          ...(row.object_namespace === '' ? {} : { namespace: row.object_namespace }),
          name: row.object_name,
        },
        action: row.action,
        state: row.state,
      }));
    },

    async addHoldApproval({ deployment, person, permission, plan, sources }) {
      const { id, login, bot } = person;
      await db
        .insertInto('hold_approval')
        .values({ deployment, person: id, login, bot, permission, plan, sources: jsonText(sources) })
        .onConflict((conflict) =>
          conflict
            .columns(['deployment', 'person', 'plan'])
            .doUpdateSet({ permission, sources: jsonText(sources), at: sql<Date>`clock_timestamp()` }),
        )
        .execute();
    },

    async holdApprovals(deployment) {
      const rows = await db
        .selectFrom('hold_approval')
        .selectAll()
        .where('deployment', '=', deployment)
        .orderBy('at')
        .orderBy('person')
        .execute();
      const byPerson = new Map<number, RecordedApproval>();
      for (const row of rows) {
        const plan = readRow('hold_approval', `${deployment}/${row.person}`, () => planDigest(row.plan));
        const person = { id: row.person, login: row.login, bot: row.bot };
        byPerson.set(row.person, {
          person,
          permission: row.permission,
          plans: [...(byPerson.get(row.person)?.plans ?? []), plan],
          // As it was when the person spoke last.
          sources: row.sources as readonly string[],
        });
      }
      return [...byPerson.values()];
    },
  };
}

async function queueAgain(
  db: Db,
  deployment: number,
  when: (expression: ExpressionBuilder<Tables, 'deployment'>) => Expression<SqlBool>,
): Promise<boolean> {
  return await atomically(db, async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('deployment')
      .set({
        phase: queued,
        phase_kind: 'queued',
        ended: false,
        asked_at: sql<Date>`clock_timestamp()`,
        changed_at: sql<Date>`clock_timestamp()`,
      })
      .where('id', '=', deployment)
      .where(when)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) return false;
    await transaction
      .insertInto('deployment_history')
      .values({ deployment, phase: queued, fencing_token: null })
      .execute();
    return true;
  });
}

async function checkOwn(db: Db, deployment: number, proof: LockProof): Promise<void> {
  const row = await db
    .selectFrom('deployment')
    .select('id')
    .where('id', '=', deployment)
    .where('repository', '=', proof.repository)
    .where('target', '=', proof.target)
    .executeTakeFirst();
  if (row === undefined)
    throw new Error(`deployment ${deployment} does not exist, or is not one of ${proof.target}, whose lock was given`);
}

function readDeployment(row: Selectable<Tables['deployment']>): Deployment {
  return readRow('deployment', row.id, () => ({
    id: row.id,
    repository: repositoryId(row.repository),
    pull: pullNumber(row.pull),
    target: parseTargetName(row.target),
    environment: row.environment,
    commit: commitSha(row.commit),
    ...readTestMerge(row),
    sequence: row.sequence,
    phase: readPhase(row.phase),
    ...(row.unseen ? { unseen: true } : {}),
  }));
}

function readTestMerge({ test_base: base, test_head: head, test_from: from }: Selectable<Tables['deployment']>) {
  if (base === null || head === null) return {};
  const parents = { base: commitSha(base), head: commitSha(head) };
  return { testMerge: { ...parents, from: from === null ? undefined : commitSha(from) } };
}
