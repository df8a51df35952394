import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, fence, htmlCode, mention, prose, tableCode } from '../../../src/domain/report/safe-text.ts';
import { visible, visibleLines } from '../../../src/domain/report/visible-text.ts';
import { person } from '../plan-builder.ts';

/** Pieces that do something on GitHub, mixed with anything. */
const hostilePieces = [
  '@kim',
  '@acme/sre',
  '#1',
  'GH-7',
  'acme/web#3',
  'JIRA-12',
  'https://evil.example',
  'www.evil.example',
  'a@b.example',
  '<b>',
  '</details>',
  '<!--',
  '-->',
  '<script>',
  '[x](y)',
  '![x](y)',
  '[^1]',
  '`',
  '``',
  '```',
  '````',
  '~~~',
  '\n',
  '\r\n',
  '\u001b[31m',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u0000',
  '|',
  '\\',
  '\\`',
  '*',
  '_',
  '> ',
  '- ',
  '1. ',
  '# ',
  '+',
  '---',
  '===',
  '&lt;',
  '&#64;kim',
  ':tada:',
  '$x$',
  ' ',
  '  ',
  '\t',
  'deadbeef',
  'word',
  'Wörter',
  '日本',
  '\ud800',
  '\ufeff',
  '[!CAUTION]',
  '/apply',
];
const hostile = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...hostilePieces) }, fc.string({ unit: 'binary', maxLength: 6 })),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

const invisible = /(?! |\t|\n|\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
const acting = /[@#<>[\]`*_~|\\&$]|:\/\/|www\.|[0-9a-f]{7}|[\p{L}\p{N}]-\d|:\w+:/iu;

/** The text of a line without its code spans, as CommonMark finds them; the position of what is left stays apparent. */
function withoutCode(line: string): string {
  let rest = line;
  let plain = '';
  for (let run = /`+/.exec(rest); run !== null; run = /`+/.exec(rest)) {
    const inner = rest.slice(run.index + run[0].length);
    const closing = [...inner.matchAll(/`+/g)].find(([ticks]) => ticks.length === run?.[0].length);
    if (closing === undefined) return plain + rest;
    plain += `${rest.slice(0, run.index)}␣`;
    rest = inner.slice(closing.index + closing[0].length);
  }
  return plain + rest;
}

describe('text from outside', () => {
  test('is one code span, whatever it holds', () => {
    fc.assert(
      fc.property(hostile, (value) => void expect(withoutCode(code(value))).toBe('␣')),
      { numRuns: 2_000 },
    );
  });

  test('ends no cell of a table', () => {
    fc.assert(
      fc.property(hostile, (value) => void expect(tableCode(value)).not.toMatch(/\||\n/)),
      { numRuns: 1_000 },
    );
  });

  test('as prose leaves nothing outside code that GitHub acts upon', () => {
    fc.assert(
      fc.property(hostile, (value) => void expect(withoutCode(prose(value))).not.toMatch(acting)),
      { numRuns: 3_000 },
    );
  });

  test('as prose begins no list, heading or quote', () => {
    fc.assert(
      fc.property(hostile, (value) => void expect(prose(value)).not.toMatch(/^\s|^(?:[-+=]+|\d+[.)])(?: |$)/)),
      { numRuns: 2_000 },
    );
  });

  test('opens no tag in HTML', () => {
    fc.assert(
      fc.property(
        hostile,
        (value) =>
          void expect(htmlCode(value).replace(/^<code>|<\/code>$/g, '')).not.toMatch(/[<>\n]|&(?!amp;|lt;|gt;)/),
      ),
      { numRuns: 1_000 },
    );
  });

  test('closes no fence', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const lines = fence('diff', visibleLines(value)).split('\n');
        const ticks = /^`+/.exec(lines[0] ?? '')?.[0].length ?? 0;
        const closing = lines.slice(1).findIndex((line) => new RegExp(`^ {0,3}\`{${ticks},}\\s*$`).test(line));
        expect(closing).toBe(lines.length - 2);
      }),
      { numRuns: 2_000 },
    );
  });

  test('hides no character and no comment anywhere', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        for (const shown of [
          code(value),
          prose(value),
          tableCode(value),
          htmlCode(value),
          visible(value),
          visibleLines(value).join('\n'),
        ]) {
          expect(shown).not.toMatch(invisible);
          expect(shown).not.toContain('<!--');
        }
        expect(visible(value)).not.toMatch(/[\n\t]/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('stays readable when it is harmless', () => {
    expect(prose('1 of 2 people approved; kim (team sre) is missing, 50% done.')).toBe(
      '1 of 2 people approved; kim (team sre) is missing, 50% done.',
    );
    expect(prose('unknown key `enviroments`; did you mean `environments`?')).toBe(
      'unknown key `enviroments`; did you mean `environments`?',
    );
    expect(prose('(see https://evil.example), please')).toBe('(see `https://evil.example`), please');
    expect(code('a`b')).toBe('``a`b``');
    expect(code('')).toBe('`(empty)`');
  });

  test('keeps apart what only looks alike', () => {
    expect(visible('a\u00a0b')).toBe('a<U+00A0>b');
    expect(visible('\u202egnp')).toBe('<U+202E>gnp');
    expect(visibleLines('a\r\nb\n')).toEqual(['a<U+000D>', 'b']);
  });
});

describe('a mention', () => {
  test('is made of people with a possible login only', () => {
    expect(mention(person('kim'))).toBe('@kim');
    expect(mention(person('kim_acme'))).toBe('@kim_acme');
    expect(mention(person('renovate[bot]', { bot: true }))).toBe('`renovate[bot]`');
    fc.assert(
      fc.property(
        hostile,
        (login) => void expect(mention(person(login))).toMatch(/^@[a-z\d](?:[a-z\d_-]*[a-z\d])?$|^`/i),
      ),
    );
  });
});
