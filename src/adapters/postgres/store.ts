import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { AuditRecord } from '../../domain/audit/audit-record.ts';
import type { RequestedJob } from '../../flows/ports/jobs.ts';
import type { Records, Store } from '../../flows/ports/store.ts';
import { appendAudit } from './audit-chain.ts';
import { commandRecords } from './command-records.ts';
import { deliveryRecords } from './delivery-records.ts';
import { deployedRecords } from './deployed-records.ts';
import { deploymentRecords } from './deployment-records.ts';
import { takeLock } from './fencing.ts';
import type { JobQueue } from './job-queue.ts';
import { mergeGroupRecords } from './merge-group-records.ts';
import { mergeRecords } from './merge-records.ts';
import { checkMigrated } from './migrations/migrate.ts';
import { overrideRecords } from './override-records.ts';
import { planRecords } from './plan-records.ts';
import { pressRecords } from './press-records.ts';
import { reportedRecords } from './reported-records.ts';
import type { Db } from './tables.ts';
import { targetLockRecords } from './target-lock-records.ts';

const serializationFailure = '40001';
const deadlockDetected = '40P01';
const mostTries = 5;
const secretKeyBytes = 32;

type LastRecords = Pick<Records, 'audit' | 'requestJob'>;

/** The rows in PostgreSQL. Transactions are READ COMMITTED; what must not be read twice differently is locked where it is read. */
export function postgresStore(options: { readonly pool: Pool; readonly db: Db; readonly queue: JobQueue }): Store {
  const { pool, db, queue } = options;
  let secretKey: Promise<Uint8Array> | undefined;

  return {
    ...tableRecords(db),
    audit: (record) => db.transaction().execute((transaction) => appendAudit(transaction, [record])),
    requestJob: (request) => queue.request(db, [request]),

    async transaction(work) {
      return await untilNoConflict(() =>
        db.transaction().execute(async (transaction) => {
          const audits: AuditRecord[] = [];
          const requests: RequestedJob[] = [];
          const last: LastRecords = {
            audit: async (record) => {
              audits.push(record);
            },
            requestJob: async (request) => {
              requests.push(request);
            },
          };
          const result = await work({ ...tableRecords(transaction), ...last });
          // Both make others wait until the commit, so they come last, and in one order: the chain's lock after the subjects'.
          await queue.request(transaction, requests);
          await appendAudit(transaction, audits);
          await checkAlive(transaction);
          return result;
        }),
      );
    },

    lock: (repository, target) => takeLock(db, repository, target),

    async secretKey() {
      secretKey ??= readSecretKey(db).catch((error: unknown) => {
        secretKey = undefined;
        throw error;
      });
      return await secretKey;
    },

    ready: () => checkMigrated(pool),
  };
}

function tableRecords(db: Db): Omit<Records, keyof LastRecords> {
  return {
    ...deliveryRecords(db),
    ...commandRecords(db),
    ...pressRecords(db),
    ...planRecords(db),
    ...mergeGroupRecords(db),
    ...reportedRecords(db),
    ...mergeRecords(db),
    ...overrideRecords(db),
    ...deploymentRecords(db),
    ...deployedRecords(db),
    ...targetLockRecords(db),
  };
}

async function untilNoConflict<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isConflict(error) || tries === mostTries) throw error;
      await sleep(randomInt(10, 50) * tries);
    }
  }
}

function isConflict(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === serializationFailure || code === deadlockDetected;
}

/** PostgreSQL answers the commit of a broken transaction without an error; work that swallowed the fault would believe that it was stored. */
async function checkAlive(transaction: Db): Promise<void> {
  await sql`select 1`.execute(transaction);
}

async function readSecretKey(db: Db): Promise<Uint8Array> {
  const key = 'secret-key';
  await db
    .insertInto('setting')
    .values({ key, value: randomBytes(secretKeyBytes) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { value } = await db.selectFrom('setting').select('value').where('key', '=', key).executeTakeFirstOrThrow();
  if (value.length !== secretKeyBytes)
    throw new Error(
      `the setting ${key} holds ${value.length} bytes instead of ${secretKeyBytes}: restore it from a backup`,
    );
  return new Uint8Array(value);
}
