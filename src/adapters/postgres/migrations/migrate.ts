import type { Pool, PoolClient } from 'pg';
import { foundations } from './0001-foundations.ts';
import { mergeGroups } from './0002-merge-groups.ts';
import { auditEnd } from './0003-audit-end.ts';
import { overrides } from './0004-overrides.ts';
import { holdApprovalSources } from './0005-hold-approval-sources.ts';
import { buttonPresses } from './0006-button-presses.ts';
import { targetLocks } from './0007-target-locks.ts';
import { unseenDeployments } from './0008-unseen-deployments.ts';
import { mergeContributors } from './0009-merge-contributors.ts';

/** In order, forward only; what has been released is never edited. */
const migrations: readonly { readonly number: number; readonly name: string; readonly sql: string }[] = [
  { number: 1, name: 'foundations', sql: foundations },
  { number: 2, name: 'merge-groups', sql: mergeGroups },
  { number: 3, name: 'audit-end', sql: auditEnd },
  { number: 4, name: 'overrides', sql: overrides },
  { number: 5, name: 'hold-approval-sources', sql: holdApprovalSources },
  { number: 6, name: 'button-presses', sql: buttonPresses },
  { number: 7, name: 'target-locks', sql: targetLocks },
  { number: 8, name: 'unseen-deployments', sql: unseenDeployments },
  { number: 9, name: 'merge-contributors', sql: mergeContributors },
];

/** The number that the code needs the database to be at. */
export const currentMigration = Math.max(...migrations.map(({ number }) => number));

/** A newer Planwright has been at work on the database. */
export class DatabaseNewer extends Error {
  constructor(found: number) {
    super(
      `the database is at migration ${found} and this Planwright knows up to ${currentMigration}: run the newer Planwright, or restore a backup from before it`,
    );
    this.name = 'DatabaseNewer';
  }
}

/** `planwmig` in ASCII. */
const migrationLock = '8100131017357371751';

/** Brings the database to `currentMigration`, all or nothing; processes that start together take turns. Rejects with DatabaseNewer. */
export async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await client.query('create schema if not exists planwright');
    await client.query(
      'create table if not exists planwright.planwright_migration (number int primary key, name text not null, applied_at timestamptz not null default now())',
    );
    await applyMissing(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** Throws DatabaseNewer, or an error when the database is behind. */
export async function checkMigrated(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ number: number }>(
    'select coalesce(max(number), 0) as number from planwright.planwright_migration',
  );
  const number = rows[0]?.number ?? 0;
  if (number > currentMigration) throw new DatabaseNewer(number);
  if (number < currentMigration)
    throw new Error(
      `the database is at migration ${number} of ${currentMigration}: start Planwright again, which applies the rest`,
    );
}

async function applyMissing(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ number: number }>('select number from planwright.planwright_migration');
  const applied = rows.map(({ number }) => number);
  const newest = Math.max(0, ...applied);
  if (newest > currentMigration) throw new DatabaseNewer(newest);
  for (const { number, name, sql } of migrations) {
    if (applied.includes(number)) continue;
    await client.query(sql);
    await client.query('insert into planwright.planwright_migration (number, name) values ($1, $2)', [number, name]);
  }
}
