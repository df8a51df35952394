import { createHash } from 'node:crypto';
import type { CommitSha, PullNumber } from '../../domain/identity.ts';

/** A ref of GitHub and the name under which the mirror keeps it. */
export interface WantedRef {
  readonly theirs: string;
  readonly ours: string;
}

/** The mirror's name is a hash: branches `a` and, later, `a/b` can't be in each other's way, nor can `A` and `a` on some file systems. */
export function branchRef(branch: string): WantedRef {
  const hash = createHash('sha256').update(branch).digest('hex');
  return { theirs: `refs/heads/${branch}`, ours: `refs/planwright/heads/${hash}` };
}

export function pullRef(pull: PullNumber): WantedRef {
  return { theirs: `refs/pull/${pull}/head`, ours: `refs/planwright/pull/${pull}` };
}

export function commitRef(commit: CommitSha): WantedRef {
  return { theirs: commit, ours: `refs/planwright/commits/${commit}` };
}
