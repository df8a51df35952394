import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/open-database.ts';
import { installationId, pullNumber, repositoryId } from '../../src/domain/identity.ts';
import { type DatabaseServer, databaseServer } from './database-place.ts';
import { jobsContract } from './jobs.contract.ts';
import { quietLog } from './quiet-log.ts';

let server: DatabaseServer;

beforeAll(async () => {
  server = await databaseServer();
});

afterAll(async () => {
  await server.stop();
});

jobsContract(() => server.place());

describe('two processes on one database', () => {
  it('never run two jobs of one subject at once, and both take part', async () => {
    const place = await server.place();
    const replicas = await Promise.all([0, 1].map(() => openDatabase({ ...place.options, log: quietLog() })));
    const running = new Set<number>();
    const overlaps: number[] = [];
    const shares = [0, 0];
    const ran = new Map<number, number>();
    for (const [index, replica] of replicas.entries()) {
      await replica.jobs.start(async (job) => {
        if (job.kind !== 'pull-request') return;
        if (running.has(job.pull)) overlaps.push(job.pull);
        running.add(job.pull);
        shares[index] = (shares[index] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        running.delete(job.pull);
        ran.set(job.pull, job.installation);
      });
    }
    for (let mark = 1; mark <= 10; mark += 1) {
      await Promise.all(
        Array.from({ length: 30 }, (_, pull) => {
          const job = {
            kind: 'pull-request',
            installation: installationId(mark),
            repository: repositoryId(1),
            pull: pullNumber(pull + 1),
          } as const;
          return replicas[pull % 2]?.store.requestJob({ job });
        }),
      );
    }
    await vi.waitFor(() => expect([...ran.values()]).toEqual(Array(30).fill(10)), { timeout: 20_000 });
    expect(overlaps).toEqual([]);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    for (const replica of replicas) {
      await replica.jobs.drain(1_000);
      await replica.close();
    }
    await place.remove();
  });
});
