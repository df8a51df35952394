import { sql } from 'kysely';
import { chainStart, linkHash } from '../../domain/audit/audit-chain.ts';
import type { AuditRecord } from '../../domain/audit/audit-record.ts';
import { withoutCredentials } from '../../domain/audit/without-credentials.ts';
import { canonicalJson } from '../../domain/json.ts';
import { maskCredentials } from '../../domain/plan/mask-credentials.ts';
import type { Db } from './tables.ts';

/** `planwaud` in ASCII: writers of the chain take turns, until their transactions end. */
const auditLock = sql.lit('8100131017357092196');

/** Appends the records to the chain, in this transaction. Everybody else who appends waits for its end: call it last. */
export async function appendAudit(transaction: Db, records: readonly AuditRecord[]): Promise<void> {
  if (records.length === 0) return;
  await sql`select pg_advisory_xact_lock(${auditLock})`.execute(transaction);
  let last =
    (await transaction
      .selectFrom('audit')
      .select(['sequence', 'hash'])
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst()) ?? chainStart;
  const atMs = await databaseTimeMs(transaction);
  const rows = records.map((record) => {
    // What canonical JSON says is what is stored, so that the same hash comes out when it is read.
    const placed = {
      sequence: last.sequence + 1,
      atMs,
      repository: record.repository,
      kind: record.kind,
      subject: maskCredentials(record.subject.replaceAll('\u0000', '\ufffd')),
      facts: withoutCredentials(record.facts),
    };
    const row = {
      sequence: placed.sequence,
      at_ms: atMs,
      repository: placed.repository,
      kind: placed.kind,
      subject: placed.subject,
      facts: canonicalJson(placed.facts),
      previous_hash: last.hash,
      hash: linkHash(last.hash, placed),
    };
    last = row;
    return row;
  });
  await transaction.insertInto('audit').values(rows).execute();
  await transaction.updateTable('audit_end').set({ sequence: last.sequence, hash: last.hash }).execute();
}

async function databaseTimeMs(db: Db): Promise<number> {
  const { rows } = await sql<{
    ms: number;
  }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms`.execute(db);
  return rows[0]?.ms ?? 0;
}
