import type { AuditEntry, AuditMark } from '../../domain/audit/audit-chain.ts';

export interface AuditFilter {
  /** GitHub's id, or the `owner/name` that Planwright knew the repository by last. Absent: all. */
  readonly repository?: number | string;
  /** By the database's clock. Absent: from the first. */
  readonly fromMs?: number;
  /** Exclusive. Absent: to the last. */
  readonly beforeMs?: number;
}

/** The chain as it was at one moment, while others may write on. */
export interface AuditLog {
  /** Where the chain ends by what was noted along with its last record. Undefined when the note is gone. */
  noted(): Promise<AuditMark | undefined>;
  /** In the chain's order, read page by page. Rejects for a repository by a name that is not known. */
  entries(filter: AuditFilter): AsyncIterable<AuditEntry>;
}
