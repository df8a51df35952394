import { advanceTarget } from './advance-target.ts';
import { lookAtMergeGroup } from './look-at-merge-group.ts';
import { lookAtPullRequest } from './look-at-pull-request.ts';
import { lookAtHolds, lookAtRepository } from './look-at-repository.ts';
import { InstallationUnusable } from './ports/github.ts';
import type { Job, JobRun } from './ports/jobs.ts';
import { LockLost } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportFault } from './report-fault.ts';

/** What was said on an open pull request, or can be asked for again, is given up after so many tries; a merge or a deployment never is. */
const mostAttempts = 12;

/** A pull request's check is put right by the next try; a queue gives a group up as soon as a check of it fails. */
const triesBeforeSaying = { 'pull-request': 2, 'merge-group': 5 } as const;

/** Runs one look. A fault is thrown, and the runner tries again later; what no retry can mend is logged and left. */
export async function handleJob(ports: PullRequestPorts, job: Job, run: JobRun): Promise<void> {
  try {
    await look(ports, job, run);
  } catch (error) {
    if (error instanceof InstallationUnusable) {
      ports.log.error(
        { job, error: error.message },
        'GitHub lets this installation do nothing; the next event is tried again',
      );
      return;
    }
    if (error instanceof LockLost) {
      ports.log.warn({ job, error: error.message }, 'another worker has taken over');
      return;
    }
    // The author should not stare at "in progress" while tries go on.
    const isSaid =
      (job.kind === 'pull-request' || job.kind === 'merge-group') &&
      run.attempt >= triesBeforeSaying[job.kind] &&
      (await reportFault(ports, job, error));
    if (run.attempt + 1 >= mostAttempts && (isSaid || mayBeLeft(job))) {
      ports.log.error(
        { job, attempt: run.attempt, error },
        'given up after many tries; the next event about it begins anew',
      );
      return;
    }
    throw error;
  }
}

/** Nobody stares at its check, or the next event asks for it again. */
function mayBeLeft({ kind }: Job): boolean {
  return kind === 'repository' || kind === 'holds' || kind === 'merge-group';
}

async function look(ports: PullRequestPorts, job: Job, run: JobRun): Promise<void> {
  switch (job.kind) {
    case 'pull-request':
      return lookAtPullRequest(ports, job);
    case 'merge-group':
      return lookAtMergeGroup(ports, job);
    case 'target':
      return advanceTarget(ports, job, run);
    case 'repository':
      return lookAtRepository(ports, job);
    case 'holds':
      return lookAtHolds(ports, job);
  }
}
