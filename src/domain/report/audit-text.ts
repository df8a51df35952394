import { type AuditEntry, type AuditVerdict, auditMarkText, recordText } from '../audit/audit-chain.ts';
import { plural } from './change-words.ts';

/** What `planwright audit verify` prints. */
export function verdictText(verdict: AuditVerdict): string {
  if (verdict.kind === 'broken') return `broken at record ${verdict.sequence}: ${verdict.reason}`;
  if (verdict.records === 0) return 'intact: no record yet';
  return `intact: ${plural(verdict.records, 'record')}, ending with ${auditMarkText(verdict.last)}`;
}

/**
 * A line of `planwright audit export`. `record` stands last and as it was hashed: the SHA-256 of `previousHash` followed by its text is `hash`.
 */
export function entryLine(entry: AuditEntry): string {
  return `{"hash":"${entry.hash}","previousHash":"${entry.previousHash}","record":${recordText(entry)}}`;
}
