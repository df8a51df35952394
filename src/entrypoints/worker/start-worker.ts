import { handleJob } from '../../flows/handle-job.ts';
import type { JobRunner } from '../../flows/ports/jobs.ts';
import type { PullRequestPorts } from '../../flows/pull-request-ports.ts';
import { takeDeliveries } from '../../flows/take-deliveries.ts';

export interface WorkerOptions {
  readonly ports: PullRequestPorts;
  readonly jobs: JobRunner;
  /** Calls back when deliveries may be waiting, from whichever process stored them. */
  readonly subscribeDeliveries: (callback: () => void) => Promise<{ close(): Promise<void> }>;
}

export interface Worker {
  /** Takes nothing new and waits for what runs; whatever does not end within the grace goes on after the next start. */
  drain(graceMs: number): Promise<void>;
}

/** A notification can be lost with its connection; so the inbox is also looked into from time to time. */
const lookAgainMs = 5_000;

/** Turns deliveries into jobs and jobs into flows until it is drained. */
export async function startWorker({ ports, jobs, subscribeDeliveries }: WorkerOptions): Promise<Worker> {
  const stopped = new AbortController();
  const { signal: ended } = stopped;
  let wake = () => {};
  const intake = (async () => {
    while (!ended.aborted) {
      const woken = Promise.withResolvers<void>();
      wake = woken.resolve;
      try {
        while (!ended.aborted && (await takeDeliveries(ports)) > 0);
      } catch (error) {
        ports.log.error({ error }, 'deliveries could not be taken from the database; trying again');
      }
      const waited = new AbortController();
      await Promise.race([woken.promise, ports.clock.sleep(lookAgainMs, AbortSignal.any([ended, waited.signal]))]);
      waited.abort();
    }
  })();
  const subscription = await subscribeDeliveries(() => wake());
  await jobs.start((job, run) => handleJob(ports, job, run));
  return {
    drain: async (graceMs) => {
      stopped.abort();
      wake();
      await subscription.close();
      await intake;
      await jobs.drain(graceMs);
    },
  };
}
