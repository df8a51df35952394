import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitSha, pullNumber, treeSha } from '../../../src/domain/identity.ts';
import type { FileRead } from '../../../src/flows/ports/checkout.ts';
import { type Scene, startScene } from './checkout-at.ts';
import { createOriginRepository } from './origin-repository.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');
const textOf = (read: FileRead | undefined) =>
  read?.kind === 'file' ? Buffer.from(read.bytes).toString('utf8') : read;

describe('fetching', () => {
  it('brings the tip of a branch and the head of a pull request without any file contents', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const base = await origin.commit('refs/heads/main', { 'a.yaml': 'a: 1\n' });
    const head = await origin.commit('refs/pull/7/head', { 'a.yaml': 'a: 2\n' }, [base]);
    const checkout = scene.checkout();
    scene.origin.forgetRequests();

    expect(await checkout.fetchBranch(origin.repository, 'main', pullNumber(7))).toEqual({ tip: base, head });

    expect(scene.origin.requests.map(({ service }) => service)).toEqual(['refs', 'list', 'fetch']);
    const [entry] = await checkout.listTree(origin.repository, base);
    expect(entry).toMatchObject({ path: 'a.yaml', kind: 'file' });
    scene.origin.forgetRequests();
    await checkout.readFiles(origin.repository, base, ['a.yaml']);
    expect(scene.origin.requests.flatMap(({ wants }) => wants)).toEqual([entry?.id]);
  });

  it('gives no head for a pull request whose ref does not exist (any more)', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const base = await origin.commit('refs/heads/main', { 'a.yaml': 'a: 1\n' });
    await origin.commit('refs/pull/7/head', { 'a.yaml': 'a: 2\n' }, [base]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(7));
    await origin.git(['update-ref', '-d', 'refs/pull/7/head']);

    const fetched = await checkout.fetchBranch(origin.repository, 'main', pullNumber(7));

    expect(fetched).toEqual({ tip: base });
    expect('head' in fetched).toBe(false);
  });

  it('says that a branch is gone', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/gone');
    await origin.commit('refs/heads/main', { a: '1' });
    await expect(scene.checkout().fetchBranch(origin.repository, 'feature')).rejects.toThrow(
      'fetching branch "feature" of acme/gone failed: GitHub has no such branch (any more).',
    );
  });

  it('follows a force-push and still knows the commits from before it', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { a: '1' });
    const before = await origin.commit('refs/heads/main', { a: '2' });
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    const after = await origin.commit('refs/heads/main', { a: '3' }, [root]);

    expect(await checkout.fetchBranch(origin.repository, 'main')).toEqual({ tip: after });

    expect(await checkout.isAncestor(origin.repository, before, after)).toBe(false);
    expect(await checkout.isAncestor(origin.repository, root, after)).toBe(true);
    expect(await checkout.isAncestor(origin.repository, after, after)).toBe(true);
    expect(await checkout.fetchCommit(origin.repository, before)).toBe(true);
  });

  it('follows a branch that turns into a folder of branches', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const first = await origin.commit('refs/heads/release', { a: '1' });
    const checkout = scene.checkout();
    expect(await checkout.fetchBranch(origin.repository, 'release')).toEqual({ tip: first });
    await origin.git(['update-ref', '-d', 'refs/heads/release']);
    const second = await origin.commit('refs/heads/release/v2', { a: '2' });
    expect(await checkout.fetchBranch(origin.repository, 'release/v2')).toEqual({ tip: second });
  });

  it('fetches a commit that no branch names, once, and says so when GitHub does not have it', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const base = await origin.commit('refs/heads/main', { a: '1' });
    const lost = await origin.commit('refs/heads/lost', { a: '2' }, [base]);
    await origin.git(['update-ref', '-d', 'refs/heads/lost']);
    const checkout = scene.checkout();

    expect(await checkout.fetchCommit(origin.repository, lost)).toBe(true);
    scene.origin.forgetRequests();
    expect(await checkout.fetchCommit(origin.repository, lost)).toBe(true);
    expect(scene.origin.requests).toEqual([]);
    expect(await checkout.isAncestor(origin.repository, base, lost)).toBe(true);
    expect(await checkout.fetchCommit(origin.repository, commitSha('1'.repeat(40)))).toBe(false);
    const blob = await origin.git(['rev-parse', `${lost}:a`]);
    expect(await checkout.fetchCommit(origin.repository, commitSha(blob))).toBe(false);
  });

  it('serves many fetches of one repository at once, one after the other, and those of others beside them', async () => {
    const one = await createOriginRepository(scene.origin.folder);
    const other = await createOriginRepository(scene.origin.folder);
    const branches = ['b1', 'b2', 'b3', 'b4', 'b5'];
    const tips = [];
    for (const branch of branches) tips.push(await one.commit(`refs/heads/${branch}`, { a: branch }));
    const tip = await other.commit('refs/heads/main', { a: '1' });
    const checkout = scene.checkout();
    const underWay: string[] = [];
    const seenTogether = new Set<string>();
    scene.origin.beforeAnswer(async ({ path }) => {
      underWay.push(path.split('/')[2] ?? '');
      seenTogether.add(underWay.toSorted().join(' '));
      await sleep(50);
      underWay.splice(underWay.indexOf(path.split('/')[2] ?? ''), 1);
    });
    const [otherTip, ...fetched] = await Promise.all([
      checkout.fetchBranch(other.repository, 'main'),
      ...branches.map((branch) => checkout.fetchBranch(one.repository, branch)),
    ]);
    scene.origin.beforeAnswer(undefined);
    expect(fetched).toEqual(tips.map((branchTip) => ({ tip: branchTip })));
    expect(otherTip).toEqual({ tip });
    const names = [`${one.repository.name}.git`, `${other.repository.name}.git`];
    expect([...seenTogether].filter((together) => !names.includes(together))).toEqual([names.toSorted().join(' ')]);
  });
});

describe('the test merge', () => {
  it('merges what both sides changed in one file', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { 'a.yaml': lines(1, 30), 'b.yaml': 'b\n', 'c.yaml': 'c\n' });
    const base = await origin.commit('refs/heads/main', { 'a.yaml': `top\n${lines(2, 30)}`, 'c.yaml': 'c2\n' });
    const head = await origin.commit('refs/pull/1/head', { 'a.yaml': `${lines(1, 29)}bottom\n` }, [root]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    scene.origin.forgetRequests();

    const merge = await checkout.testMerge(origin.repository, base, head);

    if (merge.kind !== 'merged') throw new Error('it should have merged');
    expect(scene.origin.requests.filter(({ service }) => service === 'fetch')).toHaveLength(1);
    expect(scene.origin.requests.flatMap(({ wants }) => wants)).toHaveLength(3);
    const files = await checkout.readFiles(origin.repository, merge.tree, ['a.yaml', 'b.yaml', 'none.yaml']);
    expect(textOf(files.get('a.yaml'))).toBe(`top\n${lines(2, 29)}bottom\n`);
    expect(textOf(files.get('b.yaml'))).toBe('b\n');
    expect(files.get('none.yaml')).toEqual({ kind: 'absent' });
    expect(await checkout.changedPaths(origin.repository, base, merge.tree)).toEqual(['a.yaml']);
  });

  it('is kept as a commit that depends on its parents alone, and is made the same where the mirror was lost', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { a: '1', b: '1' });
    const base = await origin.commit('refs/heads/main', { a: '2' });
    const head = await origin.commit('refs/pull/1/head', { b: '2' }, [root]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));

    const commit = await checkout.commitTestMerge(origin.repository, base, head);

    if (commit === undefined) throw new Error('it should have merged');
    const merge = await checkout.testMerge(origin.repository, base, head);
    expect(merge).toEqual({ kind: 'merged', tree: await checkout.treeOf(origin.repository, commit) });
    expect(await checkout.fetchCommit(origin.repository, commit)).toBe(true);
    for (const parent of [base, head]) expect(await checkout.isAncestor(origin.repository, parent, commit)).toBe(true);
    const elsewhere = scene.checkout({ directory: join(scene.directory, 'anew') });
    await elsewhere.fetchBranch(origin.repository, 'main', pullNumber(1));
    expect(await elsewhere.fetchCommit(origin.repository, commit)).toBe(false);
    expect(await elsewhere.commitTestMerge(origin.repository, base, head)).toBe(commit);
  });

  it('is no commit when the sides conflict', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { a: '1' });
    const base = await origin.commit('refs/heads/main', { a: '2' });
    const head = await origin.commit('refs/pull/1/head', { a: '3' }, [root]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    expect(await checkout.commitTestMerge(origin.repository, base, head)).toBeUndefined();
  });

  it('names the files that conflict', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', {
      'a.yaml': 'a: 1\n',
      'b.yaml': 'b: 1\n',
      'ü "q"\n.yaml': 'c: 1\n',
    });
    const base = await origin.commit('refs/heads/main', {
      'a.yaml': 'a: 2\n',
      'b.yaml': null,
      'ü "q"\n.yaml': 'c: 2\n',
    });
    const head = await origin.commit(
      'refs/pull/1/head',
      { 'a.yaml': 'a: 3\n', 'b.yaml': 'b: 3\n', 'ü "q"\n.yaml': 'c: 3\n' },
      [root],
    );
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    expect(await checkout.testMerge(origin.repository, base, head)).toEqual({
      kind: 'conflict',
      files: ['a.yaml', 'b.yaml', 'ü "q"\n.yaml'],
    });
  });

  it('fetches nothing when each side changed files of its own', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { a: '1', b: '1', c: '1' });
    const base = await origin.commit('refs/heads/main', { a: '2', c: null, d: '1' });
    const head = await origin.commit('refs/pull/1/head', { b: '2', e: '1' }, [root]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    scene.origin.forgetRequests();
    const merge = await checkout.testMerge(origin.repository, base, head);
    expect(scene.origin.requests).toEqual([]);
    if (merge.kind !== 'merged') throw new Error('it should have merged');
    expect((await checkout.listTree(origin.repository, merge.tree)).map(({ path }) => path)).toEqual([
      'a',
      'b',
      'd',
      'e',
    ]);
  });

  it.each([
    ['the base', 'base'],
    ['the head', 'head'],
  ])('carries a change into a file that %s renamed and edited', async (_who, renamer) => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { 'old/a.yaml': lines(1, 40), 'x.yaml': 'x\n' });
    const renaming = {
      'old/a.yaml': null,
      'new/b.yaml': `${lines(1, 39)}renamed\n`,
      'new/other.yaml': lines(100, 140),
    };
    const editing = { 'old/a.yaml': `edited\n${lines(2, 40)}` };
    const base = await origin.commit('refs/heads/main', renamer === 'base' ? renaming : editing);
    const head = await origin.commit('refs/pull/1/head', renamer === 'base' ? editing : renaming, [root]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    scene.origin.forgetRequests();

    const merge = await checkout.testMerge(origin.repository, base, head);

    expect(scene.origin.requests.filter(({ service }) => service === 'fetch')).toHaveLength(1);
    if (merge.kind !== 'merged') throw new Error('it should have merged');
    const files = await checkout.readFiles(origin.repository, merge.tree, ['old/a.yaml', 'new/b.yaml']);
    expect(files.get('old/a.yaml')).toEqual({ kind: 'absent' });
    expect(textOf(files.get('new/b.yaml'))).toBe(`edited\n${lines(2, 39)}renamed\n`);
    expect(await checkout.changedPaths(origin.repository, root, merge.tree)).toEqual([
      'new/b.yaml',
      'new/other.yaml',
      'old/a.yaml',
    ]);
  });

  it('gives the head itself for a head that is ahead of the base, and the base for one that is behind', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const base = await origin.commit('refs/heads/main', { a: '1' });
    const head = await origin.commit('refs/pull/1/head', { a: '2' }, [base]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    const tree = await checkout.treeOf(origin.repository, head);
    expect(await checkout.testMerge(origin.repository, base, head)).toEqual({ kind: 'merged', tree });
    expect(await checkout.testMerge(origin.repository, head, base)).toEqual({ kind: 'merged', tree });
  });

  it('merges histories that were merged crosswise before', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const root = await origin.commit('refs/heads/main', { a: lines(1, 60), b: lines(1, 9) });
    const left = await origin.commit('refs/heads/main', { a: `left\n${lines(2, 60)}` });
    const right = await origin.commit('refs/pull/1/head', { a: `${lines(1, 59)}right\n` }, [root]);
    const both = { a: `left\n${lines(2, 59)}right\n` };
    const leftMerge = await origin.commit('refs/heads/main', both, [left, right]);
    const rightMerge = await origin.commit('refs/pull/1/head', both, [right, left]);
    const base = await origin.commit('refs/heads/main', { a: `left\n${lines(2, 29)}middle\n${lines(31, 59)}right\n` }, [
      leftMerge,
    ]);
    const head = await origin.commit('refs/pull/1/head', { a: `left\nsecond\n${lines(3, 59)}right\n` }, [rightMerge]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    const merge = await checkout.testMerge(origin.repository, base, head);
    if (merge.kind !== 'merged') throw new Error('it should have merged');
    expect(textOf((await checkout.readFiles(origin.repository, merge.tree, ['a'])).get('a'))).toBe(
      `left\nsecond\n${lines(3, 29)}middle\n${lines(31, 59)}right\n`,
    );
  });

  it('says that histories are unrelated', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/unrelated');
    const base = await origin.commit('refs/heads/main', { a: '1' });
    const head = await origin.commit('refs/pull/1/head', { b: '1' }, []);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    await expect(checkout.testMerge(origin.repository, base, head)).rejects.toThrow(
      /of acme\/unrelated failed: they have unrelated histories\. .*start the branch from the base/,
    );
  });

  it('takes no merge driver or union from the attributes that a tree brings', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const attributes = '* merge=union\n*.yaml merge=ours diff=evil filter=evil text eol=crlf\n';
    const root = await origin.commit('refs/heads/main', {
      '.gitattributes': attributes,
      'a.yaml': 'a: 1\n',
      'b.txt': 'b: 1\n',
    });
    const base = await origin.commit('refs/heads/main', { 'a.yaml': 'a: 2\n', 'b.txt': 'b: 2\n' });
    const head = await origin.commit('refs/pull/1/head', { 'a.yaml': 'a: 3\n', 'b.txt': 'b: 3\n' }, [root]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    expect(await checkout.testMerge(origin.repository, base, head)).toEqual({
      kind: 'conflict',
      files: ['a.yaml', 'b.txt'],
    });
    const files = await checkout.readFiles(origin.repository, head, ['a.yaml']);
    expect(textOf(files.get('a.yaml'))).toBe('a: 3\n');
  });
});

describe('reading', () => {
  it('brings any number of files in one request, and nothing the second time', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const paths = Array.from({ length: 400 }, (_, index) => `stacks/s${index % 20}/f${index}.yaml`);
    const tip = await origin.commit('refs/heads/main', Object.fromEntries(paths.map((path) => [path, `# ${path}\n`])));
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    scene.origin.forgetRequests();

    const files = await checkout.readFiles(origin.repository, tip, paths);

    expect(files.size).toBe(400);
    for (const path of paths) expect(textOf(files.get(path))).toBe(`# ${path}\n`);
    expect(scene.origin.requests.map(({ service }) => service)).toEqual(['refs', 'fetch']);
    expect(scene.origin.requests.at(-1)?.wants).toHaveLength(400);
    scene.origin.forgetRequests();
    await checkout.readFiles(origin.repository, tip, paths);
    expect(scene.origin.requests).toEqual([]);
  });

  it('never fetches by itself while it lists, compares or looks at history', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const first = await origin.commit('refs/heads/main', { a: lines(1, 20), 'b/c': '1' });
    const second = await origin.commit('refs/heads/main', { a: null, 'b/a': lines(1, 21) });
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    scene.origin.forgetRequests();
    await checkout.listTree(origin.repository, second);
    expect(await checkout.changedPaths(origin.repository, first, second)).toEqual(['a', 'b/a']);
    await checkout.isAncestor(origin.repository, first, second);
    await checkout.treeOf(origin.repository, first);
    expect(scene.origin.requests).toEqual([]);
  });

  it('knows the first parent of a commit and that a root has none', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/parents');
    const root = await origin.commit('refs/heads/main', { a: '1' });
    const left = await origin.commit('refs/heads/main', { a: '2' });
    const right = await origin.commit('refs/heads/side', { b: '1' }, [root]);
    const merge = await origin.commit('refs/heads/main', { b: '1' }, [left, right]);
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    expect(await checkout.firstParent(origin.repository, merge)).toBe(left);
    expect(await checkout.firstParent(origin.repository, right)).toBe(root);
    expect(await checkout.firstParent(origin.repository, root)).toBeUndefined();
    const unknown = commitSha('3'.repeat(40));
    await expect(checkout.firstParent(origin.repository, unknown)).rejects.toThrow(
      /^looking for the parent of 3{40} of acme\/parents failed: /,
    );
  });

  it('names all of 3,001 changed files', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const names = Array.from(
      { length: 3001 },
      (_, index) => `apps/app-${String(index).padStart(4, '0')}/deployment.yaml`,
    );
    const root = await origin.commit(
      'refs/heads/main',
      Object.fromEntries(names.map((name) => [name, `a: ${name}\n`])),
    );
    const base = await origin.commit('refs/heads/main', {
      'README.md': 'hello\n',
      'apps/app-0000/deployment.yaml': null,
    });
    const head = await origin.commit(
      'refs/pull/1/head',
      Object.fromEntries(names.slice(1).map((name) => [name, `b: ${name}\n`])),
      [root],
    );
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main', pullNumber(1));
    scene.origin.forgetRequests();
    const merge = await checkout.testMerge(origin.repository, base, head);
    if (merge.kind !== 'merged') throw new Error('it should have merged');
    expect(scene.origin.requests).toEqual([]);
    expect(await checkout.changedPaths(origin.repository, base, merge.tree)).toEqual(names.slice(1));
    expect(await checkout.changedPaths(origin.repository, root, merge.tree)).toHaveLength(3002);
    const files = await checkout.readFiles(origin.repository, merge.tree, names);
    expect([...files.values()].filter(({ kind }) => kind === 'file')).toHaveLength(3000);
    expect(scene.origin.requests.filter(({ service }) => service === 'fetch')).toHaveLength(1);
  });

  it('says which commit or tree is not in the mirror', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/empty-handed');
    await origin.commit('refs/heads/main', { a: '1' });
    const checkout = scene.checkout();
    await checkout.fetchBranch(origin.repository, 'main');
    const unknown = treeSha('2'.repeat(40));
    await expect(checkout.listTree(origin.repository, unknown)).rejects.toThrow(
      new RegExp(`listing ${unknown} of acme/empty-handed failed: `),
    );
  });
});
