import { type AuditMark, type AuditVerdict, chainStart, linkProblem } from '../domain/audit/audit-chain.ts';
import type { AuditLog } from './ports/audit-log.ts';

/**
 * Reads the chain from its beginning. A record that was changed, removed or inserted breaks it; so does a chain that ends before the place that was
 * noted with its last record, or that has another record at a place that was written down elsewhere.
 *
 * @param marks written down earlier, outside of the database: only they show a chain that was written anew as a whole
 */
export async function verifyAudit(log: AuditLog, marks: readonly AuditMark[]): Promise<AuditVerdict> {
  const noted = await log.noted();
  const expected = new Map(marks.map((mark) => [mark.sequence, mark.hash]));
  let last = chainStart;
  for await (const entry of log.entries({})) {
    const problem = linkProblem(last, entry);
    if (problem !== undefined) return problem;
    const hash = expected.get(entry.sequence);
    if (hash !== undefined && hash !== entry.hash)
      return broken(entry.sequence, 'the record is not the one that was there when the mark was written down');
    last = { sequence: entry.sequence, hash: entry.hash };
  }
  const end = Math.max(noted?.sequence ?? 0, ...marks.map(({ sequence }) => sequence));
  if (last.sequence < end) return broken(last.sequence + 1, `the record is missing: the chain once reached ${end}`);
  if (noted === undefined) return broken(last.sequence, 'the note of where the chain ends is gone');
  if (noted.sequence !== last.sequence || noted.hash !== last.hash)
    return broken(last.sequence, 'the record is not the one that was noted as the last');
  return { kind: 'intact', records: last.sequence, last };
}

function broken(sequence: number, reason: string): AuditVerdict {
  return { kind: 'broken', sequence, reason };
}
