import type { CommitSha, InstallationId, PullNumber, RepositoryId, TargetName } from '../../domain/identity.ts';

/**
 * Work to look at something again. A job carries no facts: the flow loads everything, decides and acts, and may be run again at any time.
 */
export type Job =
  | {
      readonly kind: 'pull-request';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
      readonly pull: PullNumber;
    }
  | {
      readonly kind: 'target';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
      readonly target: TargetName;
    }
  | {
      /** Open pull requests against a branch that moved, those of a head, or (with neither) all of a repository. */
      readonly kind: 'repository';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
      readonly branch?: string;
      readonly headSha?: string;
      /** Of those only the ones that were planned for this target: what is deployed of it is another. */
      readonly target?: TargetName;
    }
  | {
      /** A group of a merge queue: `ref` is its own branch, `branch` the one that it will be merged into, both without `refs/heads/`. */
      readonly kind: 'merge-group';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
      readonly branch: string;
      readonly ref: string;
      readonly head: CommitSha;
    }
  | {
      /** Comments on the issues of held deployments. */
      readonly kind: 'holds';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
    };

export interface RequestedJob {
  readonly job: Job;
  /** Not before this long from now; 0 when absent. */
  readonly delayMs?: number;
  /** How often this look was tried and failed before; 0 when absent. */
  readonly attempt?: number;
}

/** What a handler is told besides the job. */
export interface JobRun {
  /** 0 on the first try. */
  readonly attempt: number;
  /** Aborts when the process drains or the job was taken away. */
  readonly signal: AbortSignal;
}

/**
 * Runs jobs. One job a subject (pull request, merge group, target, repository) at a time; a newer request supersedes one that is queued; a request made while
 * the subject's job runs is run after it. A job whose process was killed is run again.
 */
export interface JobRunner {
  start(handle: (job: Job, run: JobRun) => Promise<void>): Promise<void>;
  /** Takes no new job, aborts the signals after `graceMs`, and resolves when all have ended. */
  drain(graceMs: number): Promise<void>;
}
