import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuditLog } from '../../../src/adapters/postgres/audit-log.ts';
import { openPool } from '../../../src/adapters/postgres/connection-pool.ts';
import { type Database, openDatabase } from '../../../src/adapters/postgres/open-database.ts';
import { type AuditEntry, type AuditMark, type AuditVerdict, linkHash } from '../../../src/domain/audit/audit-chain.ts';
import type { AuditRecord } from '../../../src/domain/audit/audit-record.ts';
import { installationId, repositoryId } from '../../../src/domain/identity.ts';
import type { AuditFilter } from '../../../src/flows/ports/audit-log.ts';
import { verifyAudit } from '../../../src/flows/verify-audit.ts';
import { type DatabasePlace, embeddedPlace } from '../../contracts/database-place.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

describe('audit chain', { timeout: 60_000 }, () => {
  let place: DatabasePlace;
  let database: Database;
  let pool: Pool;

  beforeAll(async () => {
    place = await embeddedPlace();
    database = await openDatabase({ ...place.options, log: quietLog() });
    pool = openPool({ connection: await place.connection(), max: 2, log: quietLog() });
  }, 60_000);

  afterAll(async () => {
    await pool.end();
    await database.close();
    await place.remove();
  }, 60_000);

  function record(subject: string, repository = 1): AuditRecord {
    return {
      repository: repositoryId(repository),
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

  function verdict(...marks: readonly AuditMark[]): Promise<AuditVerdict> {
    return readAuditLog({ ...place.options, log: quietLog() }, (log) => verifyAudit(log, marks));
  }

  function entries(filter: AuditFilter): Promise<readonly AuditEntry[]> {
    return readAuditLog({ ...place.options, log: quietLog() }, (log) => Array.fromAsync(log.entries(filter)));
  }

  it('is intact when it is empty, and after many wrote at once in transactions and alone', async () => {
    expect(await verdict()).toMatchObject({ kind: 'intact', records: 0 });
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        if (index % 2 === 0) return await database.store.audit(record(`alone ${index}`));
        await database.store.transaction(async (records) => {
          await records.audit(record(`first ${index}`));
          await records.audit(record(`second \u0000 ${index}`));
        });
      }),
    );
    expect(await verdict()).toMatchObject({ kind: 'intact', records: 30, last: { sequence: 30 } });
  });

  it('is read as it was at one moment while others write on', async () => {
    const seen = await readAuditLog({ ...place.options, log: quietLog() }, async (log) => {
      const first = await verifyAudit(log, []);
      await database.store.audit(record('meanwhile'));
      return [first, await verifyAudit(log, [])];
    });
    expect(seen[1]).toEqual(seen[0]);
    expect(await verdict()).toMatchObject({ kind: 'intact', records: 31 });
  });

  it.each([
    `update planwright.audit set subject = 'other'`,
    'delete from planwright.audit where sequence = 1',
    'truncate planwright.audit',
    'delete from planwright.audit_end',
    'truncate planwright.audit_end',
  ])('refuses %s', async (statement) => {
    await expect(pool.query(statement)).rejects.toThrow('append-only');
  });

  it('refuses an end before the one that was', async () => {
    await expect(pool.query('update planwright.audit_end set sequence = sequence - 1')).rejects.toThrow(
      'cannot end at 30 again',
    );
  });

  it.each([
    ['a fact', `update planwright.audit set facts = '{"large":1}' where sequence = 7`, 7, 'changed'],
    ['a subject', `update planwright.audit set subject = 'other' where sequence = 7`, 7, 'changed'],
    ['a repository', 'update planwright.audit set repository = 2 where sequence = 7', 7, 'changed'],
    ['a kind', `update planwright.audit set kind = 'approval' where sequence = 7`, 7, 'changed'],
    ['a time', 'update planwright.audit set at_ms = at_ms + 1 where sequence = 7', 7, 'changed'],
    ['the first record', `update planwright.audit set subject = 'other' where sequence = 1`, 1, 'changed'],
    ['the last record', `update planwright.audit set subject = 'other' where sequence = 31`, 31, 'changed'],
    ['a removed record', 'delete from planwright.audit where sequence = 7', 7, 'missing'],
    ['the first record removed', 'delete from planwright.audit where sequence = 1', 1, 'missing'],
    [
      'two records that changed places',
      'update planwright.audit set sequence = case sequence when 7 then 1000007 when 8 then 7 end where sequence in (7, 8); update planwright.audit set sequence = 8 where sequence = 1000007',
      7,
      'does not follow',
    ],
    [
      'an inserted record',
      'insert into planwright.audit select 32, at_ms, repository, kind, subject, facts, hash, hash from planwright.audit where sequence = 31',
      32,
      'changed',
    ],
    [
      'a record in place of another',
      `update planwright.audit set previous_hash = repeat('0', 64) where sequence = 7`,
      7,
      'does not follow',
    ],
    ['the records at the end cut off', 'delete from planwright.audit where sequence > 29', 30, 'once reached 31'],
    ['everything cut off', 'truncate planwright.audit', 1, 'once reached 31'],
    ['the note of its end gone', 'truncate planwright.audit_end', 31, 'the note of where the chain ends is gone'],
    [
      'the note of its end moved back',
      'update planwright.audit_end set sequence = 30',
      31,
      'not the one that was noted as the last',
    ],
  ])('shows where it was broken: %s', async (_what, statement, sequence, reason) => {
    await tamper(
      'create table audit_backup as table planwright.audit; create table end_backup as table planwright.audit_end',
    );
    try {
      await tamper(statement);
      expect(await verdict()).toEqual({ kind: 'broken', sequence, reason: expect.stringContaining(reason) });
    } finally {
      await tamper(
        'delete from planwright.audit; insert into planwright.audit table audit_backup; drop table audit_backup;' +
          'delete from planwright.audit_end; insert into planwright.audit_end table end_backup; drop table end_backup',
      );
    }
    expect(await verdict()).toMatchObject({ kind: 'intact' });
  });

  it('shows by a mark that was written down elsewhere what it cannot show alone: a chain cut off along with its end', async () => {
    const before = await verdict();
    if (before.kind !== 'intact') throw new Error(before.reason);
    await tamper(
      `delete from planwright.audit where sequence = 31;
       update planwright.audit_end set sequence = 30, hash = (select hash from planwright.audit where sequence = 30)`,
    );
    expect(await verdict()).toMatchObject({ kind: 'intact', records: 30 });
    expect(await verdict(before.last)).toMatchObject({ kind: 'broken', sequence: 31 });
    await database.store.audit(record('another one'));
    expect(await verdict()).toMatchObject({ kind: 'intact', records: 31 });
    expect(await verdict(before.last)).toMatchObject({ kind: 'broken', sequence: 31 });
  });

  it('is exported in order by repository and time, and each line holds what its hash is made of', async () => {
    const [first] = await entries({});
    await database.store.nameRepository({
      id: repositoryId(2),
      owner: 'Acme',
      name: 'other',
      installation: installationId(1),
    });
    await database.store.audit(record('of another repository', 2));
    expect(await entries({ repository: 'acme/other' })).toMatchObject([{ subject: 'of another repository' }]);
    expect(await entries({ repository: 2 })).toHaveLength(1);
    expect(await entries({ repository: 3 })).toEqual([]);
    await expect(entries({ repository: 'acme/unknown' })).rejects.toThrow('no repository is known by the name');
    const all = await entries({});
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1));
    for (const entry of all) expect(linkHash(entry.previousHash, entry)).toBe(entry.hash);
    const lastMs = all.at(-1)?.atMs ?? 0;
    expect(await entries({ fromMs: lastMs + 1 })).toEqual([]);
    expect(await entries({ beforeMs: first?.atMs ?? 0 })).toEqual([]);
    expect(await entries({ fromMs: first?.atMs ?? 0, beforeMs: lastMs + 1 })).toHaveLength(all.length);
  });

  it('keeps no credential, whoever handed it over', async () => {
    await database.store.audit({
      repository: repositoryId(1),
      kind: 'failed',
      subject: 'https://bot:canary-password@registry.example/',
      facts: { deep: [{ reason: 'Bearer canary-token-1234567890' }] },
    });
    const text = JSON.stringify((await entries({})).at(-1));
    expect(text).not.toContain('canary');
    expect(text).toContain('(masked)');
    expect(await verdict()).toMatchObject({ kind: 'intact' });
  });
});
