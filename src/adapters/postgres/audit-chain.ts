import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { AuditRecord } from '../../domain/audit/audit-record.ts';
import { canonicalJson, type Json } from '../../domain/json.ts';
import type { Db } from './tables.ts';

/** Stands for the record before the first. */
const noHash = '0'.repeat(64);
/** `planwaud` in ASCII: writers of the chain take turns, until their transactions end. */
const auditLock = sql.lit('8100131017357092196');
const pageSize = 1_000;

export type AuditVerdict =
  | { readonly kind: 'intact'; readonly records: number }
  | { readonly kind: 'broken'; readonly sequence: number; readonly reason: string };

interface ChainLink {
  readonly sequence: number;
  readonly atMs: number;
  readonly repository: number;
  readonly kind: string;
  readonly subject: string;
  readonly facts: Json;
}

/** Appends the records to the chain, in this transaction. Everybody else who appends waits for its end: call it last. */
export async function appendAudit(transaction: Db, records: readonly AuditRecord[]): Promise<void> {
  if (records.length === 0) return;
  await sql`select pg_advisory_xact_lock(${auditLock})`.execute(transaction);
  const last = await transaction
    .selectFrom('audit')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const atMs = await databaseTimeMs(transaction);
  let previous = last?.hash ?? noHash;
  const rows = records.map((record, index) => {
    // What canonical JSON says is what is stored, so that the same hash comes out when it is read.
    const link = {
      ...record,
      sequence: (last?.sequence ?? 0) + index + 1,
      atMs,
      subject: record.subject.replaceAll('\u0000', '\ufffd'),
    };
    const row = {
      sequence: link.sequence,
      at_ms: atMs,
      repository: record.repository,
      kind: record.kind,
      subject: link.subject,
      facts: canonicalJson(record.facts),
      previous_hash: previous,
      hash: linkHash(previous, link),
    };
    previous = row.hash;
    return row;
  });
  await transaction.insertInto('audit').values(rows).execute();
}

/** Reads the chain from its beginning; a record that was changed, removed or inserted breaks it. Records cut off at its end leave no trace. */
export async function verifyAuditChain(db: Db): Promise<AuditVerdict> {
  let [sequence, hash] = [0, noHash];
  for (;;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(pageSize)
      .execute();
    for (const row of rows) {
      if (row.sequence !== sequence + 1)
        return { kind: 'broken', sequence: sequence + 1, reason: 'the record is missing' };
      if (row.previous_hash !== hash)
        return { kind: 'broken', sequence: row.sequence, reason: 'the record does not follow the one before it' };
      const expected = linkHash(hash, {
        sequence: row.sequence,
        atMs: row.at_ms,
        repository: row.repository,
        kind: row.kind,
        subject: row.subject,
        facts: row.facts as Json,
      });
      if (row.hash !== expected) return { kind: 'broken', sequence: row.sequence, reason: 'the record was changed' };
      [sequence, hash] = [row.sequence, row.hash];
    }
    if (rows.length < pageSize) return { kind: 'intact', records: sequence };
  }
}

function linkHash(previous: string, { sequence, atMs, repository, kind, subject, facts }: ChainLink): string {
  return createHash('sha256')
    .update(previous)
    .update(canonicalJson({ sequence, atMs, repository, kind, subject, facts }))
    .digest('hex');
}

async function databaseTimeMs(db: Db): Promise<number> {
  const { rows } = await sql<{
    ms: number;
  }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms`.execute(db);
  return rows[0]?.ms ?? 0;
}
