import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { compileGlob, globFault } from '../../../src/domain/config/glob.ts';

describe('a glob', () => {
  test.each([
    ['lib/common/**', 'lib/common/a/b.yaml', true],
    ['lib/common/**', 'lib/common/.hidden', true],
    ['lib/common/**', 'lib/other', false],
    ['lib/common/**', 'lib/common', false],
    ['**', 'a', true],
    ['lib/*.yaml', 'lib/a.yaml', true],
    ['lib/*.yaml', 'lib/a/b.yaml', false],
    ['**/values.yaml', 'values.yaml', true],
    ['**/values.yaml', 'a/b/values.yaml', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['Lib/*', 'lib/a', false],
    ['exact/file', 'exact/file', true],
    ['exact/file', 'exact/file.bak', false],
  ])('%s on %s: %s', (glob, path, matches) => {
    expect(compileGlob(glob)(path)).toBe(matches);
  });

  test('means what picomatch means by it', () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', '*', '?', '.'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('').replaceAll(/\*+/g, '*'));
    const glob = fc
      .array(fc.oneof({ weight: 3, arbitrary: name }, { weight: 1, arbitrary: fc.constant('**') }), {
        minLength: 1,
        maxLength: 4,
      })
      .map((names) => names.join('/'))
      .filter((text) => globFault(text) === undefined);
    // picomatch has its own mind about a dot at a name's end (`*.*` does not match `b.` there).
    const plain = fc.stringMatching(/^\.?[ab]([ab.]{0,2}[ab])?$/);
    const path = fc.array(plain, { minLength: 1, maxLength: 5 }).map((names) => names.join('/'));
    fc.assert(
      fc.property(glob, path, (pattern, candidate) => {
        const theirs = picomatch.isMatch(candidate, pattern, {
          dot: true,
          nobrace: true,
          noextglob: true,
          nonegate: true,
          strictSlashes: true,
        });
        expect(compileGlob(pattern)(candidate)).toBe(theirs);
      }),
      { numRuns: 3000 },
    );
  });

  test('never explodes: the worst pattern on the longest path ends at once', () => {
    const started = performance.now();
    for (const glob of [`${'*a'.repeat(9)}*b`, `${'**/a/'.repeat(9)}b`, `**/${'?*'.repeat(8)}x`]) {
      expect(globFault(glob)).toBeUndefined();
      expect(compileGlob(glob)('a'.repeat(4096))).toBe(false);
      expect(compileGlob(glob)('a/'.repeat(2047))).toBe(false);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test.each([
    '',
    'a//b',
    '/a',
    '../a',
    'a/./b',
    'a/**b',
    '{a,b}',
    '[ab]',
    '!a',
    '@(a|b)',
    'a\\*',
    '*'.repeat(1).concat('/*'.repeat(20)),
  ])('%j is refused', (glob) => {
    expect(globFault(glob)).toBeDefined();
  });
});
