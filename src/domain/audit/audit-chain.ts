import { canonicalJson, type Json } from '../json.ts';
import { sha256Text } from './content-digest.ts';

/** A record in its place in the chain, as it is kept. */
export interface AuditEntry extends PlacedRecord {
  /** The hash of the record before it; of the first, `noHash`. */
  readonly previousHash: string;
  readonly hash: string;
}

/** What a hash is made of, besides the hash before it. */
export interface PlacedRecord {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** By the database's clock. */
  readonly atMs: number;
  readonly repository: number;
  readonly kind: string;
  readonly subject: string;
  readonly facts: Json;
}

/** A place in the chain: that record had this hash. Written down elsewhere it shows later that everything up to it is as it was. */
export interface AuditMark {
  readonly sequence: number;
  readonly hash: string;
}

export type AuditVerdict =
  | { readonly kind: 'intact'; readonly records: number; readonly last: AuditMark }
  | {
      readonly kind: 'broken';
      /** The first record that is not as it was written. */
      readonly sequence: number;
      readonly reason: string;
    };

/** Stands for the record before the first. */
export const noHash = '0'.repeat(64);
export const chainStart: AuditMark = { sequence: 0, hash: noHash };

/** The text that is hashed, after the hash before it. */
export function recordText({ sequence, atMs, repository, kind, subject, facts }: PlacedRecord): string {
  return canonicalJson({ sequence, atMs, repository, kind, subject, facts });
}

export function linkHash(previousHash: string, record: PlacedRecord): string {
  return sha256Text(previousHash + recordText(record));
}

/** What is wrong with a record that should follow `previous`; undefined when it does. */
export function linkProblem(
  previous: AuditMark,
  entry: AuditEntry,
): Extract<AuditVerdict, { readonly kind: 'broken' }> | undefined {
  const broken = (sequence: number, reason: string) => ({ kind: 'broken', sequence, reason }) as const;
  if (entry.sequence !== previous.sequence + 1) return broken(previous.sequence + 1, 'the record is missing');
  if (entry.previousHash !== previous.hash)
    return broken(entry.sequence, 'the record does not follow the one before it');
  return entry.hash === linkHash(entry.previousHash, entry)
    ? undefined
    : broken(entry.sequence, 'the record was changed');
}

/** `123:9f86…`, as `planwright audit verify` prints it; undefined for anything else. */
export function parseAuditMark(text: string): AuditMark | undefined {
  const [, sequence = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return hash === '' ? undefined : { sequence: Number(sequence), hash };
}

export function auditMarkText({ sequence, hash }: AuditMark): string {
  return `${sequence}:${hash}`;
}
