import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts';
import { installationId, parseTargetName, pullNumber, repositoryId } from '../../src/domain/identity.ts';
import type { Job, JobRun } from '../../src/flows/ports/jobs.ts';
import type { DatabasePlace } from './database-place.ts';
import { quietLog } from './quiet-log.ts';

const soon = { timeout: 10_000, interval: 5 };
/** Each test has a repository of its own: what it leaves waiting is nobody else's. */
let acme = repositoryId(1);

/** The installation plays no part in what a job is about, so that it can tell requests of one subject apart. */
function look(pull: number, mark = 1): Job {
  return { kind: 'pull-request', installation: installationId(mark), repository: acme, pull: pullNumber(pull) };
}

function advance(target: string): Job {
  return { kind: 'target', installation: installationId(1), repository: acme, target: parseTargetName(target) };
}

interface Seen {
  readonly job: Job;
  readonly run: JobRun;
  readonly atMs: number;
}

/** What every job runner promises (src/flows/ports/jobs.ts). */
export function jobsContract(newPlace: () => Promise<DatabasePlace>): void {
  describe('jobs', () => {
    let place: DatabasePlace;
    let database: Database;
    let log: ReturnType<typeof quietLog>;

    beforeAll(async () => {
      place = await newPlace();
    });

    afterAll(async () => {
      await place.remove();
    });

    beforeEach(async () => {
      acme = repositoryId(acme + 1);
      log = quietLog();
      database = await openDatabase({ ...place.options, log });
    });

    afterEach(async () => {
      await database.jobs.drain(0);
      await database.close();
    });

    /** Starts the runner; what it saw stands in the list, each entry before the work begins. */
    async function start(
      work: (job: Job, run: JobRun) => Promise<void> = async () => undefined,
    ): Promise<readonly Seen[]> {
      const seen: Seen[] = [];
      await database.jobs.start(async (job, run) => {
        if (job.repository !== acme) return;
        seen.push({ job, run, atMs: performance.now() });
        await work(job, run);
      });
      return seen;
    }

    it('starts a requested job within a fraction of a second, with what was requested', async () => {
      const seen = await start();
      const requestedMs = performance.now();
      await database.store.requestJob({ job: look(1) });
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      expect(seen[0]?.job).toEqual(look(1));
      expect(seen[0]?.run.attempt).toBe(0);
      expect((seen[0]?.atMs ?? Number.POSITIVE_INFINITY) - requestedMs).toBeLessThan(450);
    });

    it('runs jobs that were requested before it started', async () => {
      await database.store.requestJob({ job: look(1) });
      await database.store.requestJob({ job: advance('payments@production') });
      const seen = await start();
      await vi.waitFor(() => expect(seen.map(({ job }) => job.kind).sort()).toEqual(['pull-request', 'target']), soon);
    });

    it('replaces a queued request by a newer one of the same subject', async () => {
      for (let mark = 1; mark <= 5; mark += 1) await database.store.requestJob({ job: look(1, mark) });
      await database.store.requestJob({ job: look(2) });
      const seen = await start();
      await vi.waitFor(() => expect(seen).toHaveLength(2), soon);
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(seen).toHaveLength(2);
      expect(seen.map(({ job }) => job)).toEqual(expect.arrayContaining([look(1, 5), look(2)]));
    });

    it('keeps branches and heads of a repository apart', async () => {
      const repository = { kind: 'repository', installation: installationId(1), repository: acme } as const;
      const jobs: Job[] = [
        repository,
        { ...repository, branch: 'main' },
        { ...repository, branch: 'next' },
        { ...repository, headSha: 'main' },
      ];
      for (const job of jobs) await database.store.requestJob({ job });
      const seen = await start();
      await vi.waitFor(() => expect(seen.map(({ job }) => job)).toEqual(expect.arrayContaining(jobs)), soon);
      expect(seen).toHaveLength(4);
    });

    it('runs a request that is made while the subject runs after that run, and soon', async () => {
      let finish: () => void = () => undefined;
      const first = new Promise<void>((resolve) => {
        finish = resolve;
      });
      let running = 0;
      let most = 0;
      const seen = await start(async () => {
        running += 1;
        most = Math.max(most, running);
        if (seen.length === 1) await first;
        running -= 1;
      });
      await database.store.requestJob({ job: look(1, 1) });
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      await database.store.requestJob({ job: look(1, 2) });
      await database.store.requestJob({ job: look(1, 3) });
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(seen).toHaveLength(1);
      const finishedMs = performance.now();
      finish();
      await vi.waitFor(() => expect(seen).toHaveLength(2), soon);
      expect(seen[1]?.job).toEqual(look(1, 3));
      expect((seen[1]?.atMs ?? 0) - finishedMs).toBeLessThan(300);
      expect(most).toBe(1);
    });

    it('works off a backlog without waiting for a poll between two jobs', async () => {
      for (let pull = 1; pull <= 48; pull += 1) await database.store.requestJob({ job: look(pull) });
      const startedMs = performance.now();
      const seen = await start();
      await vi.waitFor(() => expect(seen).toHaveLength(48), soon);
      // Eight at a time, half a second between two polls.
      expect(performance.now() - startedMs).toBeLessThan(1_500);
    });

    it('never runs two jobs of one subject at once nor an older request after a newer one, over 50 subjects with 20 requests each', async () => {
      const running = new Set<number>();
      const overlaps: number[] = [];
      const marks = new Map<number, number[]>();
      await start(async (job) => {
        if (job.kind !== 'pull-request') return;
        if (running.has(job.pull)) overlaps.push(job.pull);
        running.add(job.pull);
        marks.set(job.pull, [...(marks.get(job.pull) ?? []), job.installation]);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running.delete(job.pull);
      });
      for (let mark = 1; mark <= 20; mark += 1) {
        await Promise.all(
          Array.from({ length: 50 }, (_, index) => database.store.requestJob({ job: look(index + 1, mark) })),
        );
      }
      await vi.waitFor(() => expect([...marks.values()].map((list) => list.at(-1))).toEqual(Array(50).fill(20)), soon);
      expect(overlaps).toEqual([]);
      for (const list of marks.values()) expect(list).toEqual([...list].sort((a, b) => a - b));
    });

    it('runs several subjects at once', async () => {
      let running = 0;
      let most = 0;
      await start(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 600));
        running -= 1;
      });
      for (let pull = 1; pull <= 6; pull += 1) await database.store.requestJob({ job: look(pull) });
      for (let target = 1; target <= 6; target += 1)
        await database.store.requestJob({ job: advance(`t${target}@production`) });
      await vi.waitFor(() => expect(most).toBeGreaterThanOrEqual(12), soon);
    });

    it('starts a delayed request when its time has come', async () => {
      const seen = await start();
      const requestedMs = performance.now();
      await database.store.requestJob({ job: look(1), delayMs: 800 });
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      expect((seen[0]?.atMs ?? 0) - requestedMs).toBeGreaterThan(750);
    });

    it('lets an immediate request supersede a delayed one', async () => {
      const seen = await start();
      await database.store.requestJob({ job: look(1, 1), delayMs: 60_000, attempt: 4 });
      await database.store.requestJob({ job: look(1, 2) });
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      expect(seen[0]).toMatchObject({ job: look(1, 2), run: { attempt: 0 } });
    });

    it('never lets a delayed request postpone one that starts earlier', async () => {
      await database.store.requestJob({ job: look(1, 1) });
      await database.store.requestJob({ job: look(1, 2), delayMs: 60_000, attempt: 3 });
      const seen = await start();
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      expect(seen[0]).toMatchObject({ job: look(1, 2), run: { attempt: 0 } });
    });

    it('moves a delayed request forward to an earlier delay', async () => {
      await database.store.requestJob({ job: look(1, 1), delayMs: 60_000 });
      await database.store.requestJob({ job: look(1, 2), delayMs: 300 });
      const seen = await start();
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    });

    it('tries a job that failed again after a second, says why, and counts the attempt', async () => {
      const seen = await start(async (_job, { attempt }) => {
        if (attempt === 0) throw new Error('the cluster is away');
      });
      await database.store.requestJob({ job: look(1) });
      await vi.waitFor(() => expect(seen).toHaveLength(2), soon);
      expect(seen.map(({ run }) => run.attempt)).toEqual([0, 1]);
      expect((seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0)).toBeGreaterThan(950);
      expect(log.lines.join('\n')).toContain('the cluster is away');
    });

    it('waits as long as the fault asks for', async () => {
      const seen = await start(async (_job, { attempt }) => {
        if (attempt === 0) throw Object.assign(new Error('rate limit'), { retryAfterMs: 100 });
      });
      await database.store.requestJob({ job: look(1) });
      await vi.waitFor(() => expect(seen).toHaveLength(2), { timeout: 950 });
    });

    it('does not let a failing job hold back newer requests of its subject', async () => {
      const seen = await start(async (job) => {
        if (job.installation === 1) throw Object.assign(new Error('no'), { retryAfterMs: 60_000 });
      });
      await database.store.requestJob({ job: look(1, 1) });
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      await database.store.requestJob({ job: look(1, 2) });
      await vi.waitFor(() => expect(seen).toHaveLength(2), soon);
      expect(seen[1]?.run.attempt).toBe(0);
    });

    it('leaves no job behind when the transaction that requested it is rolled back', async () => {
      const seen = await start();
      const rolledBack = database.store.transaction(async (records) => {
        await records.requestJob({ job: look(1) });
        throw new Error('rolled back');
      });
      await expect(rolledBack).rejects.toThrow('rolled back');
      await database.store.transaction((records) => records.requestJob({ job: look(2) }));
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(seen.map(({ job }) => job)).toEqual([look(2)]);
    });

    it('lets running jobs end while draining, and takes no new one', async () => {
      const ends: { readonly aborted: boolean }[] = [];
      const seen = await start(async (_job, { signal }) => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        ends.push({ aborted: signal.aborted });
      });
      await database.store.requestJob({ job: look(1) });
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      const drained = database.jobs.drain(10_000);
      await database.store.requestJob({ job: look(2) });
      await drained;
      expect(ends).toEqual([{ aborted: false }]);
      expect(seen).toHaveLength(1);
    });

    it('aborts what runs longer than the grace, and leaves it to be run again, not as a failure', async () => {
      const seen = await start(async (_job, { signal }) => {
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      });
      await database.store.requestJob({ job: look(1) });
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      await database.jobs.drain(100);
      await database.close();

      database = await openDatabase({ ...place.options, log });
      const again = await start();
      await vi.waitFor(() => expect(again).toHaveLength(1), soon);
      expect(again[0]?.run.attempt).toBe(0);
    });

    it('goes on after the database was away, and nothing that was requested is lost', async () => {
      const seen = await start();
      await database.store.requestJob({ job: look(1), delayMs: 1_000 });
      await place.interrupt();
      await vi.waitFor(() => database.store.ready(), { timeout: 20_000, interval: 50 });
      await database.store.requestJob({ job: look(2) });
      await vi.waitFor(() => expect(seen.map(({ job }) => job).sort(byPull)).toEqual([look(1), look(2)]), {
        timeout: 20_000,
      });
    });

    it('runs a job again whose process was killed', { timeout: 90_000 }, async () => {
      await database.close();
      const holder = spawn(
        process.execPath,
        [
          fileURLToPath(new URL('job-holder.ts', import.meta.url)),
          JSON.stringify({ ...place.options, repository: acme }),
        ],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const [said] = await once(holder.stdout, 'data');
      expect(String(said)).toContain('running pull-request');
      holder.kill('SIGKILL');
      await once(holder, 'exit');

      database = await openDatabase({ ...place.options, log });
      const seen = await start();
      await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 30_000, interval: 100 });
      expect(seen[0]).toMatchObject({ job: look(3), run: { attempt: 1 } });
    });
  });
}

function byPull(a: Job, b: Job): number {
  return (a.kind === 'pull-request' ? a.pull : 0) - (b.kind === 'pull-request' ? b.pull : 0);
}
