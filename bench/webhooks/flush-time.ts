import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const blockBytes = 8192;
const flushes = 50;

/** Median time to have one block of the database's size on disk, milliseconds: what no durable acknowledgement can be faster than. */
export async function flushTimeMs(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'planwright-bench-'));
  const file = await open(join(folder, 'block'), 'w');
  try {
    const block = Buffer.alloc(blockBytes, 1);
    const timesMs: number[] = [];
    for (let flush = 0; flush < flushes; flush += 1) {
      const startMs = performance.now();
      await file.write(block, 0, blockBytes, 0);
      await file.datasync();
      timesMs.push(performance.now() - startMs);
    }
    return timesMs.sort((a, b) => a - b)[flushes / 2] ?? Number.NaN;
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
}
