import type { RepositoryId } from '../identity.ts';
import type { Json } from '../json.ts';

/** What happened, append-only. Facts hold ids, logins, digests and reasons; never a secret. */
export interface AuditRecord {
  readonly repository: RepositoryId;
  readonly kind:
    | 'plan'
    | 'decision'
    | 'approval'
    | 'override'
    | 'lock'
    | 'unlock'
    | 'merge'
    | 'apply'
    | 'hold'
    | 'deployed'
    | 'failed'
    | 'command';
  /** Pull request, target or object that it is about, for people to search by. */
  readonly subject: string;
  readonly facts: Json;
}
