import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullNumber } from '../../../src/domain/identity.ts';
import type { TestMerge } from '../../../src/flows/ports/checkout.ts';
import { type Scene, startScene } from './checkout-at.ts';
import { type Content, createOriginRepository, type OriginRepository } from './origin-repository.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

/** Numbers from 0 up to `below`, the same ones for the same seed. */
function sequence(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Files = ReadonlyMap<string, string>;

const rootFiles: Files = new Map(
  Array.from({ length: 8 }, (_, file) => [
    `d${file % 3}/f${file}.yaml`,
    Array.from({ length: 30 }, (_, line) => `file ${file} line ${line}\n`).join(''),
  ]),
);

/** Some edits, removals, additions and renames, as a person makes them in one branch. */
function changed(files: Files, next: (below: number) => number, who: string): Files {
  const after = new Map(files);
  for (let step = 0; step < 5; step += 1) {
    const [path, content] = [...after][next(after.size)] ?? ['', ''];
    const edited = content.replace(`line ${next(30)}\n`, `line by ${who} ${step}\n`);
    const elsewhere = `d${next(4)}/${next(2) === 0 ? who : path.slice(3)}${next(3)}`;
    switch (next(5)) {
      case 0:
        after.delete(path);
        break;
      case 1:
        after.set(elsewhere, `${content}${who}\n`);
        break;
      case 2:
        after.delete(path);
        after.set(elsewhere, edited);
        break;
      default:
        after.set(path, edited);
    }
  }
  return after;
}

function difference(before: Files, after: Files): Readonly<Record<string, Content>> {
  const gone = [...before.keys()].filter((path) => !after.has(path)).map((path): [string, Content] => [path, null]);
  return Object.fromEntries([...gone, ...[...after].filter(([path, content]) => before.get(path) !== content)]);
}

/** What git makes of it where nothing is missing. */
async function mergedInFull(origin: OriginRepository, base: string, head: string): Promise<TestMerge> {
  const merging = [
    '-c',
    'merge.directoryRenames=false',
    'merge-tree',
    '--write-tree',
    '--name-only',
    '--no-messages',
    '-z',
    base,
    head,
  ];
  const output = await origin.git(merging, '', [0, 1]);
  const [tree = '', ...files] = output.split('\0').filter((part) => part !== '');
  return files.length > 0 ? { kind: 'conflict', files } : ({ kind: 'merged', tree } as TestMerge);
}

describe('a test merge without the blobs that it does not need', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'comes to what a merge with all of them comes to (seed %i)',
    async (seed) => {
      const next = sequence(seed);
      const origin = await createOriginRepository(scene.origin.folder);
      const root = await origin.commit('refs/heads/main', Object.fromEntries(rootFiles));
      const base = await origin.commit('refs/heads/main', difference(rootFiles, changed(rootFiles, next, 'base')));
      const head = await origin.commit('refs/pull/1/head', difference(rootFiles, changed(rootFiles, next, 'head')), [
        root,
      ]);
      const checkout = scene.checkout();
      await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
      scene.origin.forgetRequests();
      const loggedBefore = scene.logged.length;

      const merge = await checkout.testMerge(origin.repository, base, head);

      expect(merge).toEqual(await mergedInFull(origin, base, head));
      expect(scene.origin.requests.filter(({ service }) => service === 'fetch').length).toBeLessThan(2);
      expect(scene.logged.slice(loggedBefore)).toEqual([]);
    },
  );
});
