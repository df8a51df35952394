import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool, PoolConfig } from 'pg';
import type { Log } from '../../flows/ports/clock.ts';
import type { JobRunner } from '../../flows/ports/jobs.ts';
import type { Store } from '../../flows/ports/store.ts';
import { openPool } from './connection-pool.ts';
import { describeAddress } from './database-address.ts';
import { type DeliveryInbox, deliveryInbox } from './delivery-inbox.ts';
import { purgeDeliveries } from './delivery-records.ts';
import { type DeliverySubscription, subscribeDeliveries } from './delivery-subscription.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { type JobQueue, openJobQueue } from './job-queue.ts';
import { jobRunner } from './job-runner.ts';
import { migrate } from './migrations/migrate.ts';
import { postgresStore } from './store.ts';
import type { Tables } from './tables.ts';

export interface Database {
  readonly store: Store;
  readonly inbox: DeliveryInbox;
  readonly jobs: JobRunner;
  /** Where it is, for people; no password. */
  readonly description: string;
  /** See `subscribeDeliveries`; the intake's wake-up. */
  subscribeDeliveries(callback: () => void): Promise<DeliverySubscription>;
  /** Ends every connection, then an embedded database. Drain the jobs first: what still runs is left for another process. Idempotent. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Absent: an embedded PostgreSQL under `dataDirectory`. */
  readonly databaseUrl?: string;
  readonly dataDirectory: string;
  readonly log: Log;
  /** How long a database that is not up yet is waited for. */
  readonly waitMs?: number;
}

/** Nothing answers at the address, or it refuses. */
export class DatabaseUnreachable extends Error {
  constructor(description: string, cause: unknown) {
    super(
      `the database ${description} cannot be used: ${cause instanceof Error ? cause.message || cause.name : String(cause)}; check DATABASE_URL and that PostgreSQL is running`,
      {
        cause,
      },
    );
    this.name = 'DatabaseUnreachable';
  }
}

const defaultWaitMs = 30_000;
const retryMs = 250;
const poolSize = 10;
const purgeEveryMs = 24 * 60 * 60_000;
/** GitHub waits 10 s for an answer; a database that hangs must turn into a refusal before that. */
const inboxTimeoutMs = 8_000;
/** Codes of a server that is not there yet, is starting, or has no connection to spare. */
const passing: readonly unknown[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOENT',
  '57P03',
  '53300',
];

/**
 * Opens the database, brings its tables up to date, and starts the job queue (not yet its workers). Rejects with DatabaseInUse (embedded, a
 * second server), DatabaseNewer or DatabaseUnreachable; nothing is left open then.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { log } = options;
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next();
  };
  try {
    const { connection, description, stop } = await locate(options);
    closers.push(stop);
    const pool = openPool({ connection, max: poolSize, log });
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema('planwright');
    closers.push(() => db.destroy());
    await answering(pool, description, options.waitMs ?? defaultWaitMs);
    await migrate(pool);
    // Of its own: webhooks must be stored also while every other connection is busy.
    const inboxPool = openPool({
      connection: { ...connection, statement_timeout: inboxTimeoutMs, query_timeout: inboxTimeoutMs },
      max: 1,
      log,
    });
    closers.push(() => inboxPool.end());
    const queue: JobQueue = await openJobQueue({ connection, log });
    closers.push(() => queue.close());
    closers.push(purgeDaily(pool, log));

    let closed: Promise<void> | undefined;
    return {
      store: postgresStore({ pool, db, queue }),
      inbox: deliveryInbox(inboxPool),
      jobs: jobRunner({ queue, db, log }),
      description,
      async subscribeDeliveries(callback) {
        const subscription = await subscribeDeliveries({ connection, log }, callback);
        closers.push(() => subscription.close());
        return subscription;
      },
      close() {
        closed ??= closeAll();
        return closed;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Location {
  readonly connection: PoolConfig;
  readonly description: string;
  readonly stop: () => Promise<void>;
}

async function locate({ databaseUrl, dataDirectory, log }: DatabaseOptions): Promise<Location> {
  if (databaseUrl !== undefined) {
    return {
      connection: { connectionString: databaseUrl, keepAlive: true },
      description: describeAddress(databaseUrl),
      stop: async () => undefined,
    };
  }
  const embedded = await startEmbeddedPostgres({ dataDirectory, log });
  return {
    connection: embedded.connection,
    description: `embedded PostgreSQL in ${dataDirectory}`,
    stop: () => embedded.stop(),
  };
}

async function answering(pool: Pool, description: string, waitMs: number): Promise<void> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    try {
      await pool.query('select 1');
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (!passing.includes(code) || performance.now() > deadlineMs) throw new DatabaseUnreachable(description, error);
      await sleep(retryMs);
    }
  }
}

function purgeDaily(pool: Pool, log: Log): () => Promise<void> {
  const purge = (): void => {
    purgeDeliveries(pool).catch((error: unknown) =>
      log.warn({ err: error }, 'old deliveries could not be removed; trying again tomorrow'),
    );
  };
  purge();
  const timer = setInterval(purge, purgeEveryMs);
  timer.unref();
  return async () => clearInterval(timer);
}
