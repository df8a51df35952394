import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type DecodeLimits, type DecodeWorkers, decodeWorkers } from '../../../src/adapters/decoder/decode-workers.ts';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import type { Decoded } from '../../../src/domain/manifest/manifest-file.ts';

let workers: DecodeWorkers | undefined;
afterEach(() => workers?.close());

function start(limits: Partial<DecodeLimits> = {}): DecodeWorkers {
  workers = decodeWorkers(limits);
  return workers;
}

const document = (name: string, more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  constructor: a\n  number: "1"\n${more}`;
const manyDocuments = (count: number) =>
  Array.from({ length: count }, (_, index) => document(`c${index}`, `  key: ${'value '.repeat(50)}\n`)).join('---\n');
/** About 10 MiB, with very many nodes. */
const large = Array.from({ length: 10 }, (_, index) =>
  document(`l${index}`, Array.from({ length: 25_000 }, (_, key) => `  key-${key}: "the value ${key}"\n`).join('')),
).join('---\n');

/** Everything that there is to compare, positions included. */
const told = ({ objects, problems }: Decoded) => ({
  objects: objects.map((object) => ({ ...object, positions: [...object.positions] })),
  problems,
});

describe('decoding in threads', () => {
  test('says what decoding in place says, of large files and small ones', async () => {
    const files = [
      { path: 'b/many.yaml', text: manyDocuments(500) },
      { path: 'a/small.yaml', text: document('small') },
      { path: 'c/notes.txt', text: 'no manifest' },
      {
        path: 'c/again.yaml',
        text: `${document('small')}---\nkind: A\n---\n${document('exact', 'n: 123456789012345678901\n')}`,
      },
      { path: 'c/broken.yaml', text: `${manyDocuments(200)}---\na: [\n` },
      {
        path: 'c/aliases.yaml',
        text: `${document('aliased')}x: &x {list: [&y {a: b}, *y]}\nz: {<<: *x, more: *x}\n"a\\nb/c~d": {"\\0": 1}\n`,
      },
    ];
    const decoded = await start({ inlineLength: 100 }).decode(files);
    expect(told(decoded)).toEqual(told(decodeManifests(files)));
    expect(decoded.objects.length).toBeGreaterThan(500);
    expect(decoded.problems.length).toBeGreaterThan(2);
  });

  test('gives maps without prototypes, as decoding in place does', async () => {
    const { objects } = await start({ inlineLength: 0 }).decode([{ path: 'a.yaml', text: document('a') }]);
    const data = objects[0]?.content.data;
    expect(Object.getPrototypeOf(data)).toBeNull();
    expect((data as Record<string, unknown>)['toString']).toBeUndefined();
  });

  test('never gives a file to a thread that is just ending for want of work', async () => {
    const pool = start({ inlineLength: 0, workers: 1, idleMs: 1 });
    for (let round = 0; round < 25; round += 1) {
      const { problems } = await pool.decode([{ path: 'a.yaml', text: document('a') }]);
      expect(problems).toEqual([]);
      await pause(1 + (round % 3));
    }
  });

  test('makes a file that takes too long a problem of that file alone, and goes on', async () => {
    const pool = start({ inlineLength: 2000, timeMs: 1, workers: 1 });
    const decoded = await pool.decode([
      { path: 'a/large.yaml', text: large },
      { path: 'b/small.yaml', text: document('small') },
    ]);
    expect(decoded.objects.map(({ name }) => name)).toEqual(['small']);
    expect(decoded.problems).toEqual([
      {
        severity: 'error',
        message: 'a/large.yaml could not be decoded: it takes longer than 0 s; split it into smaller files',
        position: { path: 'a/large.yaml', line: 1, column: 1 },
      },
    ]);
  });

  test('makes a file that takes too much memory a problem of that file alone, and goes on', async () => {
    const pool = start({ inlineLength: 2000, memoryMb: 24, workers: 1 });
    const decoded = await pool.decode([
      { path: 'a/large.yaml', text: large },
      { path: 'b/middle.yaml', text: manyDocuments(10) },
    ]);
    expect(decoded.objects).toHaveLength(10);
    expect(decoded.problems.map(({ message }) => message)).toEqual([
      'a/large.yaml could not be decoded: it takes too much memory; split it into smaller files',
    ]);
  });

  test('takes as many files at a time as it is asked to, and loses none', async () => {
    const pool = start({ inlineLength: 0, workers: 2, idleMs: 1 });
    const stacks = Array.from({ length: 8 }, (_, index) => [{ path: 'a.yaml', text: document(`n${index}`) }]);
    const decoded = await Promise.all(stacks.map((files) => pool.decode(files)));
    expect(decoded.map(({ objects }) => objects[0]?.name)).toEqual(stacks.map((_, index) => `n${index}`));
  });

  test('rejects what it did not end when it is closed: nobody is told that the file is wrong', async () => {
    const pool = start({ workers: 1 });
    const all = Promise.allSettled([
      pool.decode([{ path: 'a.yaml', text: large }]),
      pool.decode([{ path: 'b.yaml', text: large }]),
    ]);
    await pool.close();
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(pool.decode([{ path: 'c.yaml', text: large }])).rejects.toThrow('going down');
  });
});

describe('while a file of 10 MiB is decoded', () => {
  const server = createServer((_, response) => response.end('alive'));
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('this thread answers requests', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
    let ended = false;
    const decoding = start()
      .decode([{ path: 'large.yaml', text: large }])
      .finally(() => {
        ended = true;
      });
    let answered = 0;
    while (!ended) {
      expect(await (await fetch(url)).text()).toBe('alive');
      if (!ended) answered += 1;
      await pause(20);
    }
    expect((await decoding).objects).toHaveLength(10);
    expect(answered).toBeGreaterThan(1);
  });
});
