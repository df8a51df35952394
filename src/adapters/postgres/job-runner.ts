import type { Job as BossJob } from 'pg-boss';
import type { Log } from '../../flows/ports/clock.ts';
import type { Job, JobRun, JobRunner } from '../../flows/ports/jobs.ts';
import { type JobQueue, type QueuedJob, queueNames } from './job-queue.ts';
import type { Db } from './tables.ts';

/** How many jobs of a kind one process runs at once. */
const workers: Readonly<Record<Job['kind'], number>> = {
  'pull-request': 8,
  'merge-group': 4,
  target: 8,
  holds: 1,
  repository: 2,
};
/** Finds delayed jobs whose time has come and notifications that were lost; pg-boss allows no shorter one. */
const pollSeconds = 0.5;
const longestBackOffMs = 5 * 60_000;

type Handle = (job: Job, run: JobRun) => Promise<void>;

/**
 * A job whose handler throws is requested again with back-off (1 s, 2 s, 4 s … 5 min), or after the error's `retryAfterMs`; one that was
 * interrupted by draining is requested again at once, for another process.
 */
export function jobRunner(options: { readonly queue: JobQueue; readonly db: Db; readonly log: Log }): JobRunner {
  const { queue, db, log } = options;
  const draining = new AbortController();

  const runOne = async (handle: Handle, { data, retryCount = 0, signal }: BossJob<QueuedJob>): Promise<void> => {
    const { job } = data;
    // pg-boss counts the runs that ended with their process.
    const attempt = data.attempt + retryCount;
    try {
      await handle(job, { attempt, signal: AbortSignal.any([signal, draining.signal]) });
    } catch (error) {
      if (draining.signal.aborted) return await queue.request(db, [{ job, attempt }]);
      if (signal.aborted) return log.warn({ err: error, job }, 'a job was taken away from this process and ended here');
      const delayMs = backOffMs(error, attempt);
      log.error({ err: error, job, attempt, delayMs }, 'a job failed and is tried again');
      await queue.request(db, [{ job, attempt: attempt + 1, delayMs }]);
    }
  };

  return {
    async start(handle) {
      for (const name of queueNames) {
        for (let count = 0; count < workers[name]; count += 1) {
          const id = await queue.boss.work<QueuedJob>(
            name,
            { pollingIntervalSeconds: pollSeconds, notifyPollingIntervalSeconds: pollSeconds },
            async (jobs) => {
              for (const job of jobs) await runOne(handle, job);
              // The subject's next job was passed over while this one ran; without a nudge it would wait for the next poll.
              queue.boss.notifyWorker(id);
            },
          );
        }
      }
    },

    async drain(graceMs) {
      const abort = setTimeout(() => draining.abort(new Error('Planwright is stopping')), graceMs);
      await Promise.all(queueNames.map((name) => queue.boss.offWork(name, { wait: true })));
      clearTimeout(abort);
    },
  };
}

function backOffMs(error: unknown, attempt: number): number {
  const asked = typeof error === 'object' && error !== null && 'retryAfterMs' in error ? error.retryAfterMs : undefined;
  if (typeof asked === 'number' && asked >= 0 && Number.isFinite(asked)) return Math.ceil(asked);
  return Math.min(longestBackOffMs, 1_000 * 2 ** Math.min(attempt, 20));
}
