import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { branchRef } from '../../../src/adapters/git/branch-ref.ts';
import { pullNumber, type Repository } from '../../../src/domain/identity.ts';
import { type Scene, startScene } from './checkout-at.ts';
import { gitProcessesIn } from './git-processes.ts';
import { createOriginRepository } from './origin-repository.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await startScene();
});
afterEach(() => scene.close());

const mirrorOf = (repository: Repository) => join(scene.directory, `${repository.id}.git`);
const packFolder = (repository: Repository) => join(mirrorOf(repository), 'objects', 'pack');

const never = () => new Promise<void>(() => undefined);

// These look at the processes of the machine through /proc.
describe.runIf(process.platform === 'linux')('a fetch that is cut off', () => {
  it('is stopped at its deadline with all its helpers, says so, and works the next time', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/slow');
    const tip = await origin.commit('refs/heads/main', { a: '1' });
    const impatient = scene.checkout({ timeoutMs: 1500 });
    scene.origin.beforeAnswer((request) => (request.service === 'fetch' ? never() : Promise.resolve()));
    const fetching = impatient.fetchBranch(origin.repository, 'main');
    await sleep(700);
    expect((await gitProcessesIn(scene.directory)).map(({ command }) => command.split(' ')[0])).toContain('git');
    await expect(fetching).rejects.toThrow(
      'fetching branch "main" of acme/slow was stopped after 1.5 s. Trying again is safe; if it stays slow, raise the time limit.',
    );
    await sleep(200);
    expect(await gitProcessesIn(scene.directory)).toEqual([]);
    scene.origin.beforeAnswer(undefined);
    expect(await scene.checkout().fetchBranch(origin.repository, 'main')).toEqual({ tip });
  });

  it('by a kill from outside is an error, and works the next time', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/killed');
    const tip = await origin.commit('refs/heads/main', { a: '1' });
    const checkout = scene.checkout();
    let reached = () => {};
    const reaching = new Promise<void>((resolve) => {
      reached = resolve;
    });
    scene.origin.beforeAnswer((request) => {
      if (request.service !== 'fetch') return Promise.resolve();
      reached();
      return never();
    });
    const fetching = checkout.fetchBranch(origin.repository, 'main');
    const outcome = expect(fetching).rejects.toThrow(
      /^fetching branch "main" of acme\/killed was ended by SIGKILL\. Trying again is safe\./,
    );
    await reaching;
    for (const { pid } of await gitProcessesIn(scene.directory)) process.kill(pid, 'SIGKILL');
    await outcome;
    scene.origin.beforeAnswer(undefined);
    expect(await checkout.fetchBranch(origin.repository, 'main')).toEqual({ tip });
  });

  it('by closing the checkout leaves no process', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    await origin.commit('refs/heads/main', { a: '1' });
    const checkout = scene.checkout();
    scene.origin.beforeAnswer(never);
    const fetching = checkout.fetchBranch(origin.repository, 'main');
    const outcome = expect(fetching).rejects.toThrow('ended by SIGKILL');
    await sleep(500);
    await checkout.close();
    await outcome;
    await sleep(100);
    expect(await gitProcessesIn(scene.directory)).toEqual([]);
    await expect(checkout.fetchBranch(origin.repository, 'main')).rejects.toThrow('closed');
  });
});

describe('a mirror with stale locks', () => {
  it.each(['running', 'new'])('is usable by a %s checkout', async (which) => {
    const origin = await createOriginRepository(scene.origin.folder);
    await origin.commit('refs/heads/main', { a: '1' });
    const running = scene.checkout();
    await running.fetchBranch(origin.repository, 'main');
    const tip = await origin.commit('refs/heads/main', { a: '2' });
    const mirror = mirrorOf(origin.repository);
    for (const lock of [`${branchRef('main').ours}.lock`, 'packed-refs.lock', 'config.lock', 'HEAD.lock'])
      await writeFile(join(mirror, lock), '');
    await writeFile(join(packFolder(origin.repository), 'tmp_pack_abc'), 'half');
    const checkout = which === 'new' ? scene.checkout() : running;
    expect(await checkout.fetchBranch(origin.repository, 'main')).toEqual({ tip });
    const left = await readdir(mirror, { recursive: true });
    expect(left.filter((file) => file.endsWith('.lock') || file.includes('tmp_'))).toEqual([]);
  });
});

describe('a mirror that is damaged', () => {
  const damages: readonly (readonly [string, (repository: Repository) => Promise<void>])[] = [
    ['has no HEAD', (repository) => rm(join(mirrorOf(repository), 'HEAD'))],
    ['has no objects', (repository) => rm(join(mirrorOf(repository), 'objects'), { recursive: true })],
    [
      'is an empty folder',
      async (repository) => {
        await rm(mirrorOf(repository), { recursive: true });
        await mkdir(mirrorOf(repository));
      },
    ],
    ['is gone', (repository) => rm(mirrorOf(repository), { recursive: true })],
    ['has an empty ref', (repository) => truncate(join(mirrorOf(repository), branchRef('main').ours))],
    [
      'lost its packs',
      async (repository) => {
        for (const pack of await readdir(packFolder(repository))) await rm(join(packFolder(repository), pack));
      },
    ],
    [
      'has a configuration of somebody else',
      (repository) => writeFile(join(mirrorOf(repository), 'config'), '[core\nbroken'),
    ],
  ];
  it.each(damages.flatMap(([what, damage]) => ['running', 'new'].map((which) => [what, which, damage] as const)))(
    'because it %s is made good by a %s checkout',
    async (_what, which, damage) => {
      const origin = await createOriginRepository(scene.origin.folder);
      const base = await origin.commit('refs/heads/main', { a: '1' });
      const running = scene.checkout();
      await running.fetchBranch(origin.repository, 'main');
      await damage(origin.repository);
      const tip = await origin.commit('refs/heads/main', { a: '2' });
      const checkout = which === 'new' ? scene.checkout() : running;

      expect(await checkout.fetchBranch(origin.repository, 'main')).toEqual({ tip });

      expect(await checkout.isAncestor(origin.repository, base, tip)).toBe(true);
      expect((await checkout.readFiles(origin.repository, tip, ['a'])).get('a')?.kind).toBe('file');
    },
  );

  it('in a pack, where only a read notices it, is made anew after that read', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const files = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}`, `${n}`]));
    const tip = await origin.commit('refs/heads/main', files);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    const packs = (await readdir(packFolder(origin.repository))).filter((file) => file.endsWith('.pack'));
    const pack = join(packFolder(origin.repository), packs[0] ?? '');
    const bytes = await readFile(pack);
    // The tree is the last object; a checksum of 20 bytes follows it.
    await rm(pack);
    await writeFile(pack, bytes.fill(0xff, bytes.length - 400, bytes.length - 20));

    await expect(checkout.listTree(origin.repository, tip)).rejects.toThrow(
      /^listing [0-9a-f]{40} of acme\/infra-\d+ failed: /,
    );

    expect(await checkout.fetchBranch(origin.repository, 'main')).toEqual({ tip });
    expect(await checkout.listTree(origin.repository, tip)).toHaveLength(50);
  });

  it('because a pack is cut short is made anew by the next fetch', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const tip = await origin.commit('refs/heads/main', { a: '1' });
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    for (const pack of await readdir(packFolder(origin.repository))) {
      if (!pack.endsWith('.pack')) continue;
      await rm(join(packFolder(origin.repository), pack));
      await writeFile(join(packFolder(origin.repository), pack), 'PACK');
    }
    expect(await checkout.fetchBranch(origin.repository, 'main')).toEqual({ tip });
    expect(await checkout.listTree(origin.repository, tip)).toHaveLength(1);
  });

  it('because its making was cut off leaves no rubbish', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const tip = await origin.commit('refs/heads/main', { a: '1' });
    await mkdir(`${mirrorOf(origin.repository)}.new-123/objects`, { recursive: true });
    await mkdir(`${mirrorOf(origin.repository)}.old-123/objects`, { recursive: true });
    expect(await scene.checkout().fetchBranch(origin.repository, 'main')).toEqual({ tip });
    expect(await readdir(scene.directory)).toEqual([`${origin.repository.id}.git`]);
  });
});

describe('upkeep', () => {
  it('makes many packs into one and loses nothing', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { a: 'x\n'.repeat(9), b: 'b' });
    const checkout = scene.checkout({ repackAfterPacks: 3 });
    const tips = [];
    for (const n of [1, 2, 3, 4, 5]) {
      const tip = await origin.commit('refs/heads/main', { a: `${n}\n${'x\n'.repeat(8)}` }, [root]);
      tips.push(tip);
      await checkout.fetchBranch(origin.repository, 'main');
      await checkout.readFiles(origin.repository, tip, ['a']);
    }
    const head = await origin.commit('refs/pull/1/head', { a: `${'x\n'.repeat(8)}y\n` }, [root]);
    const { tip } = await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    const merge = await checkout.testMerge(origin.repository, tip, head);
    if (merge.kind !== 'merged') throw new Error('it should have merged');

    const packs = (await readdir(packFolder(origin.repository))).filter((file) => file.endsWith('.pack'));
    expect(packs.length).toBeLessThan(4);
    scene.origin.forgetRequests();
    for (const [index, old] of tips.entries()) {
      const read = (await checkout.readFiles(origin.repository, old, ['a'])).get('a');
      expect(
        read?.kind === 'file' &&
          Buffer.from(read.bytes)
            .toString()
            .startsWith(`${index + 1}\n`),
      ).toBe(true);
    }
    expect((await checkout.readFiles(origin.repository, merge.tree, ['a'])).get('a')?.kind).toBe('file');
    expect(scene.origin.requests).toEqual([]);
    expect(scene.logged).toEqual([]);
    expect(await readFile(join(mirrorOf(origin.repository), 'config'), 'utf8')).not.toContain('remote');
  });
});
