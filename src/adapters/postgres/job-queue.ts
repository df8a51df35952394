import { sql } from 'kysely';
import type { PoolConfig } from 'pg';
import { fromKysely, PgBoss } from 'pg-boss';
import type { Log } from '../../flows/ports/clock.ts';
import type { Job, RequestedJob } from '../../flows/ports/jobs.ts';
import { atomically, type Db } from './tables.ts';

/** What pg-boss keeps of a request. */
export interface QueuedJob {
  readonly job: Job;
  readonly attempt: number;
}

export const queueNames = [
  'pull-request',
  'merge-group',
  'target',
  'repository',
  'holds',
] as const satisfies readonly Job['kind'][];

/** pg-boss takes no shorter one; a dead worker is noticed after it and at most one supervision. */
const heartbeatSeconds = 10;
const superviseSeconds = 3;
/** The bound of one look, after which it counts as stuck. pg-boss allows no more. */
const longestRunSeconds = 24 * 60 * 60 - 1;
const sameFaultMs = 10_000;
const keepEndedSeconds = 60 * 60;

export interface JobQueue {
  readonly boss: PgBoss;
  /**
   * Requests the jobs as part of the transaction; workers of every process are woken when it commits. A request replaces the one that is queued
   * for its subject, keeping the earlier start of the two and the attempt that goes with it.
   */
  request(transaction: Db, requests: readonly RequestedJob[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * pg-boss with one queue a kind of job, under its policy `stately`: a subject has at most one job that is queued and one that runs, and what is
 * queued is not taken while one runs.
 */
export async function openJobQueue(options: { readonly connection: PoolConfig; readonly log: Log }): Promise<JobQueue> {
  const { connection, log } = options;
  const boss = new PgBoss({
    ...(connection as ConstructorParameters<typeof PgBoss>[0] & object),
    max: 8,
    schema: 'pgboss',
    useListenNotify: true,
    schedule: false,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    maintenanceIntervalSeconds: keepEndedSeconds,
  });
  let quietUntilMs = 0;
  boss.on('error', (error) => {
    // Each of the workers reports each of its polls while the database is away.
    if (performance.now() < quietUntilMs) return;
    quietUntilMs = performance.now() + sameFaultMs;
    log.warn({ fault: error.message }, 'the job queue had a fault; it tries again');
  });
  boss.on('warning', (warning) => log.warn({ warning }, 'the job queue warns'));
  await boss.start();
  for (const name of queueNames) await prepareQueue(boss, name);

  return {
    boss,

    async request(transaction, requests) {
      // One order for everybody: two transactions that request the same subjects cannot wait for each other.
      const sorted = requests
        .map((request) => ({ request, subject: subjectKey(request.job) }))
        .sort((a, b) => (a.subject < b.subject ? -1 : 1));
      for (const { request, subject } of sorted) await requestOne(boss, transaction, { request, subject });
    },

    async close() {
      await boss.stop({ graceful: false });
    },
  };
}

/** What makes two jobs the same look. */
export function subjectKey(job: Job): string {
  switch (job.kind) {
    case 'pull-request':
      return `${job.repository}#${job.pull}`;
    case 'merge-group':
      return `${job.repository}:${job.head}:${job.ref}`;
    case 'target':
      return `${job.repository}:${job.target}`;
    case 'repository':
      return JSON.stringify([job.repository, job.branch ?? null, job.headSha ?? null, job.target ?? null]);
    case 'holds':
      return String(job.repository);
  }
}

async function prepareQueue(boss: PgBoss, name: string): Promise<void> {
  const settings = {
    notify: true,
    heartbeatSeconds,
    expireInSeconds: longestRunSeconds,
    // The only failures that reach pg-boss are those of the process or of the database: they say nothing about the job.
    retryLimit: 1_000_000,
    retryDelay: 0,
    deleteAfterSeconds: keepEndedSeconds,
  };
  await boss.createQueue(name, { ...settings, policy: 'stately' });
  await boss.updateQueue(name, settings);
}

async function requestOne(
  boss: PgBoss,
  transaction: Db,
  { request, subject }: { readonly request: RequestedJob; readonly subject: string },
): Promise<void> {
  const { job, delayMs = 0, attempt = 0 } = request;
  await atomically(transaction, async (within) => {
    const db = fromKysely(within);
    const now = await takeTurn(within, `${job.kind} ${subject}`);
    const queued = delayMs > 0 ? await boss.findJobs<QueuedJob>(job.kind, { key: subject, queued: true, db }) : [];
    const earlier = queued.find((other) => other.startAfter.getTime() <= now.getTime() + delayMs);
    const data: QueuedJob = { job, attempt: earlier?.data.attempt ?? attempt };
    await boss.upsert(job.kind, data, {
      singletonKey: subject,
      db,
      ...(earlier === undefined ? { startAfter: delayMs / 1000 } : {}),
    });
  });
}

/**
 * upsert() alone would let a delayed request postpone an earlier one, so that a delayed request looks first; requests of one subject take turns
 * until their transactions end. Answers the database's time, which is the one that pg-boss starts jobs by.
 */
async function takeTurn(transaction: Db, turn: string): Promise<Date> {
  const { rows } = await sql<{
    now: Date;
  }>`select now() as now, pg_advisory_xact_lock(hashtextextended(${turn}, 0))`.execute(transaction);
  const [row] = rows;
  if (row === undefined) throw new Error('the database did not tell its time');
  return row.now;
}
