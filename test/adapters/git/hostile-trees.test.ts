import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullNumber, treeSha } from '../../../src/domain/identity.ts';
import { CheckoutFailed } from '../../../src/flows/ports/checkout.ts';
import { type Scene, startScene } from './checkout-at.ts';
import { createOriginRepository } from './origin-repository.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

const exists = async (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('a hostile tree', () => {
  it('is listed with the kind of each entry, and only plain files are read', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
    const tip = await origin.commit('refs/heads/main', {
      '-rf': 'dashes\n',
      '--upload-pack=touch /tmp/x': 'option\n',
      'a "quoted"\nname\t.yaml': 'newline\n',
      'ünï/日本.yaml': 'unicode\n',
      'e\u0301.yaml': 'decomposed\n',
      '\u00e9.yaml': 'composed\n',
      ':(glob)**': 'magic\n',
      '$(touch canary)': 'shell\n',
      'hooks/post-checkout': { mode: '100755', content: '#!/bin/sh\ntouch canary\n' },
      link: { mode: '120000', content: '/etc/passwd' },
      module: { mode: '160000', content: '1'.repeat(40) },
      'lfs.yaml': pointer,
      'large.bin': Buffer.alloc(10 * 1024 * 1024, 'x'),
      'empty.yaml': '',
    });
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');

    const entries = await checkout.listTree(origin.repository, tip);
    const paths = entries.map(({ path }) => path);
    expect(
      Object.fromEntries(entries.filter(({ kind }) => kind !== 'file').map(({ path, kind }) => [path, kind])),
    ).toEqual({
      link: 'symlink',
      module: 'submodule',
    });
    expect(paths).toHaveLength(14);

    const reads = await checkout.readFiles(origin.repository, tip, paths);
    const shown = new Map(
      [...reads].map(([path, read]) => [path, read.kind === 'file' ? Buffer.from(read.bytes).toString() : read]),
    );
    expect(Object.fromEntries(shown)).toEqual({
      '-rf': 'dashes\n',
      '--upload-pack=touch /tmp/x': 'option\n',
      'a "quoted"\nname\t.yaml': 'newline\n',
      'ünï/日本.yaml': 'unicode\n',
      'e\u0301.yaml': 'decomposed\n',
      '\u00e9.yaml': 'composed\n',
      ':(glob)**': 'magic\n',
      '$(touch canary)': 'shell\n',
      'hooks/post-checkout': '#!/bin/sh\ntouch canary\n',
      link: { kind: 'refused', reason: 'it is a symbolic link' },
      module: { kind: 'refused', reason: 'it is a submodule' },
      'lfs.yaml': { kind: 'refused', reason: 'it is a Git LFS pointer, not the file itself' },
      'large.bin': { kind: 'refused', reason: 'it has 10485760 bytes, more than 8388608' },
      'empty.yaml': '',
    });
  });

  it('reads a large file when the limit allows, and refuses what goes beyond the total', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const megabyte = 1024 * 1024;
    const tip = await origin.commit('refs/heads/main', {
      a: Buffer.alloc(10 * megabyte, 'a'),
      b: Buffer.alloc(10 * megabyte, 'b'),
      c: 'small',
    });
    const checkout = scene.checkout({ maxFileBytes: 10 * megabyte, maxTotalBytes: 12 * megabyte });
    await checkout.fetchBranch(origin.repository, 'main');
    const reads = await checkout.readFiles(origin.repository, tip, ['a', 'b', 'c']);
    const a = reads.get('a');
    expect(a?.kind === 'file' && Buffer.from(a.bytes).equals(Buffer.alloc(10 * megabyte, 'a'))).toBe(true);
    expect(reads.get('b')).toEqual({
      kind: 'refused',
      reason: `the files before it fill the limit of ${12 * megabyte} bytes`,
    });
    expect(reads.get('c')?.kind).toBe('file');
  });

  it.each(['..', '.git', '.GIT', 'git~1', '.g\u200cit', '.git '])(
    'is not let in when it has a folder named %j, and nothing is read from one that is there already',
    async (name) => {
      const origin = await createOriginRepository(scene.origin.folder);
      const first = await origin.commit('refs/heads/main', { a: '1' });
      const checkout = scene.checkout();
      await checkout.fetchBranch(origin.repository, 'main');
      const plant = async (folder: string) => {
        const blob = await origin.git([`--git-dir=${folder}`, 'hash-object', '-w', '--stdin'], 'canary\n');
        const inner = await origin.git([`--git-dir=${folder}`, 'mktree', '-z'], `100644 blob ${blob}\tconfig\0`);
        return treeSha(await origin.git([`--git-dir=${folder}`, 'mktree', '-z'], `040000 tree ${inner}\t${name}\0`));
      };
      const tree = await plant(origin.folder);
      const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.test'];
      const commit = await origin.git([...identity, 'commit-tree', '-p', first, '-m', 'x', tree]);
      await origin.git(['update-ref', 'refs/heads/main', commit]);

      await expect(checkout.fetchBranch(origin.repository, 'main')).rejects.toThrow(
        /hasDot(dot|git): .*git takes for malformed/,
      );

      await plant(join(scene.directory, `${origin.repository.id}.git`));
      const reads = await checkout.readFiles(origin.repository, tree, [`${name}/config`]);
      expect(reads.get(`${name}/config`)).toEqual({
        kind: 'refused',
        reason: 'its path has a part that means something to the file system or to git',
      });
    },
  );

  it('refuses a name that is not UTF-8 and reads the others', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const first = await origin.commit('refs/heads/main', { a: '1' });
    const blob = await origin.git(['hash-object', '-w', '--stdin'], 'content\n');
    const listing = Buffer.concat([
      Buffer.from(`100644 blob ${blob}\tb.yaml\x00100644 blob ${blob}\tcaf`),
      Buffer.from([0xe9]),
      Buffer.from('.yaml\0'),
    ]);
    const tree = await origin.git(['mktree', '-z'], listing);
    const commit = await origin.git([
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@example.test',
      'commit-tree',
      '-p',
      first,
      '-m',
      'x',
      tree,
    ]);
    await origin.git(['update-ref', 'refs/heads/main', commit]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    const paths = (await checkout.listTree(origin.repository, treeSha(tree))).map(({ path }) => path);
    const reads = await checkout.readFiles(origin.repository, treeSha(tree), paths);
    expect(reads.get('b.yaml')?.kind).toBe('file');
    expect(reads.get('caf\ufffd.yaml')).toEqual({ kind: 'refused', reason: 'its name is not UTF-8' });
  });

  it('brings no submodule, runs no hook, and takes nothing from the environment or from configuration of the machine', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const home = await mkdtemp(join(tmpdir(), 'planwright-home-'));
    const canary = join(home, 'canary');
    const script = join(home, 'evil.sh');
    await writeFile(script, `#!/bin/sh\ntouch ${canary}\n`);
    await chmod(script, 0o755);
    await writeFile(
      join(home, '.gitconfig'),
      `[core]\n\thooksPath = ${home}\n\tfsmonitor = ${script}\n[merge "ours"]\n\tdriver = ${script}\n[diff "evil"]\n\tcommand = ${script}\n[fetch]\n\trecurseSubmodules = true\n[uploadpack]\n\tpackObjectsHook = ${script}\n`,
    );
    const modules = `[submodule "module"]\n\tpath = module\n\turl = ${scene.origin.url}/acme/other.git\n`;
    const root = await origin.commit('refs/heads/main', {
      '.gitmodules': modules,
      '.gitattributes': '* merge=ours diff=evil filter=evil\n',
      module: { mode: '160000', content: '1'.repeat(40) },
      a: '1',
    });
    const base = await origin.commit('refs/heads/main', { a: '2' });
    const head = await origin.commit(
      'refs/pull/1/head',
      { a: '3', module: { mode: '160000', content: '2'.repeat(40) } },
      [root],
    );
    const hostile = {
      HOME: home,
      GIT_DIR: home,
      GIT_EXTERNAL_DIFF: script,
      GIT_PROXY_COMMAND: script,
      GIT_ASKPASS: script,
      GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
      GIT_TRACE: canary,
    };
    const before = { ...process.env };
    const checkout = scene.checkout();
    scene.origin.forgetRequests();
    try {
      // The origin's own git ran before; from here on only the checkout's children could see these.
      Object.assign(process.env, hostile);
      await checkout.fetchBranch(origin.repository, 'main');
      const hooks = join(scene.directory, `${origin.repository.id}.git`, 'hooks');
      await mkdir(hooks, { recursive: true });
      for (const hook of ['reference-transaction', 'post-checkout', 'post-merge']) {
        await writeFile(join(hooks, hook), `#!/bin/sh\ntouch ${canary}\n`);
        await chmod(join(hooks, hook), 0o755);
      }
      await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
      expect(await checkout.testMerge(origin.repository, base, head)).toEqual({ kind: 'conflict', files: ['a'] });
      await checkout.readFiles(origin.repository, head, ['a', '.gitmodules']);
      expect(await checkout.changedPaths(origin.repository, base, head)).toEqual(['a', 'module']);
    } finally {
      for (const key of Object.keys(hostile)) delete process.env[key];
      Object.assign(process.env, before);
    }
    expect(await exists(canary)).toBe(false);
    expect(scene.origin.requests.every(({ path }) => path.startsWith(`/acme/${origin.repository.name}.git/`))).toBe(
      true,
    );
    await rm(home, { recursive: true, force: true });
  });
});

describe('a hostile name of a branch', () => {
  it.each(['-x', '--upload-pack=touch\u0024{IFS}canary', 'ünï/日本', 'a\'b"c;d', '$(id)', '-', 'a@b'])(
    '%j is a name like any other',
    async (branch) => {
      const origin = await createOriginRepository(scene.origin.folder);
      const tip = await origin.commit('refs/heads/main', { a: branch });
      await origin.git(['update-ref', `refs/heads/${branch}`, tip]);
      expect(await scene.checkout().fetchBranch(origin.repository, branch)).toEqual({ tip });
    },
  );

  it.each([
    '../../config',
    'a..b',
    'a\nrefs/heads/main',
    'a\0b',
    'a b',
    'a:refs/heads/b',
    '*',
    'a*',
    'a~1',
    'x.lock',
    '',
    '/',
    'a//b',
    'a/.b',
    '@{1}',
    'a\\b',
    '\u001b[31m',
  ])('%j is refused before anything is sent', async (branch) => {
    const origin = await createOriginRepository(scene.origin.folder);
    await origin.commit('refs/heads/main', { a: '1' });
    scene.origin.forgetRequests();
    const fetching = scene.checkout().fetchBranch(origin.repository, branch);
    await expect(fetching).rejects.toThrow(CheckoutFailed);
    await expect(fetching).rejects.toThrow('git does not allow that name');
    expect(scene.origin.requests).toEqual([]);
  });
});
