import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCodeOwners } from '../../../src/domain/codeowners/code-owners.ts';
import { findOwnedFiles, type OwnedFilesFound } from '../../../src/domain/codeowners/owned-files.ts';

function atOnce<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function find(text: string, paths: readonly string[]): OwnedFilesFound {
  const read = atOnce(readCodeOwners(text));
  if (read.kind === 'unreadable') throw new Error(read.reason);
  return atOnce(findOwnedFiles(read.lines, paths));
}

function ownersOf(text: string, path: string): readonly string[] {
  const found = find(text, [path]);
  if (found.kind !== 'found') throw new Error(found.kind);
  return found.files.flatMap(({ owners }) => owners.map(({ written }) => written));
}

/** The example of GitHub's documentation, in our words. */
const documented = `# owners of everything else
*       @global-1 @global-2
*.js    @js-owner # with a comment
*.go    docs@example.com
*.txt   @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs@example.com
apps/   @octocat
/docs/  @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/  @octocat
/apps/github
`;

describe('an owner of a file', () => {
  it.each([
    ['README', ['@global-1', '@global-2']],
    ['.github/workflows/ci.yml', ['@global-1', '@global-2']],
    ['src/deep/index.js', ['@js-owner']],
    ['main.go', ['docs@example.com']],
    ['notes/a.txt', ['@octo-org/octocats']],
    ['build/logs/today/1.bin', ['@octocat']],
    ['x/build/logs.bin', ['@global-1', '@global-2']],
    ['docs/getting-started.md', ['@doctocat']],
    ['docs/build-app/troubleshooting.md', ['@doctocat']],
    ['deeply/nested/logs/1', ['@octocat']],
    ['scripts/run', ['@doctocat', '@octocat']],
    ['src/apps/web/index.html', ['@octocat']],
    ['apps/web', ['@octocat']],
    ['apps/github', []],
    ['apps/github/x/y.js', []],
  ])('is, of %s, as GitHub documents it: %j', (path, owners) => {
    expect(ownersOf(documented, path)).toEqual(owners);
  });

  it.each<[string, string, string, string[]]>([
    ['the last line that matches wins, not the longest', '/apps/web/ @a\n* @b', 'apps/web/x', ['@b']],
    ['owners stand on one line', 'x @a\nx @b', 'x', ['@b']],
    ['a name without slash matches at every depth', 'web @a', 'apps/web/x', ['@a']],
    ['a name with a slash begins at the root', 'apps/web @a', 'x/apps/web/y', []],
    ['a leading slash means the root', '/web @a', 'apps/web', []],
    ['a trailing slash means a directory', 'web/ @a', 'web', []],
    ['a directory means everything below it', '/apps/web @a', 'apps/web/deep/x', ['@a']],
    ['a last * means files of that directory only', 'docs/* @a', 'docs/b/a.md', []],
    ['a last * means these files', 'docs/* @a', 'docs/a.md', ['@a']],
    ['a last *.md may be a directory, too', 'docs/*.md @a', 'docs/old.md/x', ['@a']],
    ['a last ** means everything below', 'docs/** @a', 'docs/b/a.md', ['@a']],
    ['a last ** does not mean the directory itself', 'docs/** @a', 'docs', []],
    ['** in the middle may be nothing', 'a/**/z @a', 'a/z', ['@a']],
    ['** in the middle may be much', 'a/**/z @a', 'a/b/c/z/y', ['@a']],
    ['* stays within a name', '/a*z @a', 'a/z', []],
    ['? is one character', '/a?c @a', 'abc', ['@a']],
    ['letter case counts', '/Docs/ @a', 'docs/x', []],
    ['a space is escaped', '/my\\ docs/ @a', 'my docs/x', ['@a']],
    ['tabs part words', '/x\t@a\t@b', 'x', ['@a', '@b']],
    ['a # within a name is no comment', 'a#b @a', 'a#b', ['@a']],
    ['a # behind white space is one', 'x @a # and @b', 'x', ['@a']],
    ['white space before a line does not matter', '   x @a', 'x', ['@a']],
    ['lines may end as on Windows', '* @a\r\nx @b\r\n', 'x', ['@b']],
    ['a byte order mark is no part of a pattern', '\uFEFFx @a', 'x', ['@a']],
    ['a negation is skipped', '* @a\n!x @b', 'x', ['@a']],
    ['a character range is skipped', '* @a\n[xy] @b', 'x', ['@a']],
    ['an escaped # is skipped', '* @a\n\\#x @b', '#x', ['@a']],
    ['a line with no owner’s name is skipped', '* @a\nx bob', 'x', ['@a']],
    ['a line is skipped for one such name', '* @a\nx @b bob', 'x', ['@a']],
    ['a path out of the repository is skipped', '* @a\n../x @b', 'x', ['@a']],
    ['an empty name is skipped', '* @a\na//x @b', 'a/x', ['@a']],
    ['/ alone is skipped', '* @a\n/ @b', 'x', ['@a']],
  ])('%s', (_, text, path, owners) => {
    expect(ownersOf(text, path)).toEqual(owners);
  });

  it('is a user, a team or an address', () => {
    const read = atOnce(readCodeOwners('* @bob @acme/sre bob@example.com'));

    expect(read).toMatchObject({
      kind: 'read',
      lines: [
        {
          line: 1,
          owners: [
            { kind: 'user', login: 'bob', written: '@bob' },
            { kind: 'team', organization: 'acme', slug: 'sre', written: '@acme/sre' },
            { kind: 'email', written: 'bob@example.com' },
          ],
        },
      ],
    });
  });
});

describe('a file of owners', () => {
  it.each([
    ['x\\*y @a', 'line 1: "x\\\\*y": "\\" may stand before a space only'],
    [`* @b\n/${'x'.repeat(4096)} @a`, 'line 2: the pattern has more than 4096 characters'],
  ])('whose meaning nobody can tell is unreadable', (text, reason) => {
    expect(atOnce(readCodeOwners(text))).toEqual({ kind: 'unreadable', reason });
  });

  it('of 3 MB is asked about 3,000 files in bounded time', () => {
    const text = Array.from({ length: 60_000 }, (_, index) => `/packages/p${index}/src/deep/ @owner-${index}`).join(
      '\n',
    );
    const paths = Array.from({ length: 3_000 }, (_, index) => `packages/p${index * 20}/src/deep/file-${index}.yaml`);

    const startedAtMs = performance.now();
    const found = find(text, paths);

    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(found).toMatchObject({ kind: 'found', files: { length: 3_000 } });
  });

  it('with too many wildcards for so many files is given up, and that is said', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `*.x${index} @a`).join('\n');
    const hostile = Array(1_000)
      .fill(`/${'*a'.repeat(2_000)}b @a`)
      .join('\n');

    const startedAtMs = performance.now();
    expect(find(text, Array(1_000).fill('a.yaml'))).toEqual({ kind: 'too-many' });
    expect(find(hostile, ['a'.repeat(4_000)])).toEqual({ kind: 'too-many' });
    expect(performance.now() - startedAtMs).toBeLessThan(15_000);
  });

  it('cannot hold a pattern that takes long', () => {
    const startedAtMs = performance.now();

    expect(ownersOf(`/${'*a'.repeat(1_000)}b @a`, 'a'.repeat(4_000))).toEqual([]);
    expect(ownersOf(`${'**/a/'.repeat(500)}b @a`, 'a/'.repeat(2_000))).toEqual([]);
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });

  it('is asked the same, line by line, as through the lines’ literal beginnings', () => {
    const name = fc.constantFrom('a', 'b', 'c', '*', '**', 'a*', '?');
    const pattern = fc
      .tuple(fc.constantFrom('', '/'), fc.array(name, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
      .map(([start, names, end]) => `${start}${names.join('/')}${end}`);
    const path = fc.array(fc.constantFrom('a', 'b', 'c', 'ab'), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), path, (patterns, names) => {
        const lines = patterns.map((written, index) => `${written} @o${index}`);
        const alone = lines.filter((line) => ownersOf(line, names.join('/')).length > 0).at(-1);
        expect(ownersOf(lines.join('\n'), names.join('/'))).toEqual(alone === undefined ? [] : [alone.split(' ')[1]]);
      }),
    );
  });
});
