import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../../../src/adapters/postgres/audit-chain.ts';
import { openPool } from '../../../src/adapters/postgres/connection-pool.ts';
import { type Database, openDatabase } from '../../../src/adapters/postgres/open-database.ts';
import type { Tables } from '../../../src/adapters/postgres/tables.ts';
import type { AuditRecord } from '../../../src/domain/audit/audit-record.ts';
import { repositoryId } from '../../../src/domain/identity.ts';
import { type DatabasePlace, embeddedPlace } from '../../contracts/database-place.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

describe('audit chain', { timeout: 60_000 }, () => {
  let place: DatabasePlace;
  let database: Database;
  let pool: Pool;
  let db: Kysely<Tables>;

  beforeAll(async () => {
    place = await embeddedPlace();
    database = await openDatabase({ ...place.options, log: quietLog() });
    pool = openPool({ connection: await place.connection(), max: 2, log: quietLog() });
    db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema('planwright');
  }, 60_000);

  afterAll(async () => {
    await db.destroy();
    await database.close();
    await place.remove();
  }, 60_000);

  function record(subject: string): AuditRecord {
    return {
      repository: repositoryId(1),
      kind: 'decision',
      subject,
      facts: { large: 12345678901234567890n, text: 'null \u0000 half \ud800', list: [1.5, -0, 1e21, null] },
    };
  }

  /** As somebody would who owns the database. */
  async function tamper(text: string): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query('set session_replication_role = replica');
      await client.query(text);
    } finally {
      client.release(true);
    }
  }

  it('is intact when it is empty, and after many wrote at once in transactions and alone', async () => {
    expect(await verifyAuditChain(db)).toEqual({ kind: 'intact', records: 0 });
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        if (index % 2 === 0) return await database.store.audit(record(`alone ${index}`));
        await database.store.transaction(async (records) => {
          await records.audit(record(`first ${index}`));
          await records.audit(record(`second \u0000 ${index}`));
        });
      }),
    );
    expect(await verifyAuditChain(db)).toEqual({ kind: 'intact', records: 30 });
  });

  it('refuses changes, deletions and truncation', async () => {
    await expect(pool.query(`update planwright.audit set subject = 'other'`)).rejects.toThrow('append-only');
    await expect(pool.query('delete from planwright.audit where sequence = 1')).rejects.toThrow('append-only');
    await expect(pool.query('truncate planwright.audit')).rejects.toThrow('append-only');
  });

  it.each([
    ['a fact', `update planwright.audit set facts = '{"large":1}' where sequence = 7`, 7, 'changed'],
    ['a subject', `update planwright.audit set subject = 'other' where sequence = 7`, 7, 'changed'],
    ['a repository', 'update planwright.audit set repository = 2 where sequence = 7', 7, 'changed'],
    ['a time', 'update planwright.audit set at_ms = at_ms + 1 where sequence = 7', 7, 'changed'],
    ['a removed record', 'delete from planwright.audit where sequence = 7', 7, 'missing'],
    [
      'a record in place of another',
      `update planwright.audit set previous_hash = repeat('0', 64) where sequence = 7`,
      7,
      'does not follow',
    ],
  ])('shows where it was broken: %s', async (_what, statement, sequence, reason) => {
    await tamper('create table audit_backup as table planwright.audit');
    try {
      await tamper(statement);
      expect(await verifyAuditChain(db)).toEqual({ kind: 'broken', sequence, reason: expect.stringContaining(reason) });
    } finally {
      await tamper(
        'delete from planwright.audit; insert into planwright.audit table audit_backup; drop table audit_backup',
      );
    }
    expect(await verifyAuditChain(db)).toMatchObject({ kind: 'intact' });
  });
});
