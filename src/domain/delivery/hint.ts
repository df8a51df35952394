import type { Person } from '../gate/people.ts';
import type { DeliveryGuid } from '../identity.ts';

/**
 * What is kept of a webhook: the event and the ids in it. A webhook is a hint; every fact is fetched again by these ids.
 * The body of a comment is kept as a digest only, to notice that it was edited before it ran.
 */
export interface Hint {
  readonly guid: DeliveryGuid;
  readonly event: string;
  readonly action?: string;
  readonly installation?: number;
  readonly repository?: number;
  /** Of an installation: the repositories that it can see from now on. */
  readonly repositories?: readonly number[];
  readonly pull?: number;
  /** Issue number, for comments on plain issues. */
  readonly issue?: number;
  readonly comment?: { readonly id: number; readonly bodyDigest: string };
  /** `refs/heads/main` of a push; the branch name of others. */
  readonly ref?: string;
  /** Of a merge group, with `refs/heads/`: its own branch, and the one that it will be merged into. */
  readonly group?: { readonly headRef: string; readonly baseRef: string };
  /** Head SHA of a check or a merge group; `after` of a push. */
  readonly sha?: string;
  /** A button of a check, GitHub's own for running it again included, and who pressed it. */
  readonly requestedAction?: { readonly identifier: string; readonly by: Person };
}
