import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommands } from '../../../src/domain/command/parse-commands.ts';

function kinds(body: string): readonly string[] {
  return parseCommands(body).map((command) => command.kind);
}

describe('a command', () => {
  test('is a line that begins with a slash in column one', () => {
    expect(parseCommands('/apply')).toEqual([{ kind: 'apply', line: '/apply', targets: [] }]);
    expect(kinds('Looks good.\n/plan\nthanks')).toEqual(['plan']);
    expect(kinds(' /plan')).toEqual([]);
    expect(kinds('please /plan')).toEqual([]);
    expect(kinds('\t/plan')).toEqual([]);
  });

  test('is a lower-case word of the table and nothing else', () => {
    expect(kinds('/Plan\n/PLAN\n/plans\n/plan.\n/deploy\n/constructor\n/toString\n//plan\n/ plan')).toEqual([]);
  });

  test('is read with any line ending', () => {
    expect(kinds('/plan\r\n/help\r/apply\n')).toEqual(['plan', 'help', 'apply']);
  });

  test('counts at most five times a comment, in order', () => {
    expect(kinds('/plan\n/apply\n/help\n/plan\n/apply\n/help')).toEqual(['plan', 'apply', 'help', 'plan', 'apply']);
  });

  test('has targets', () => {
    const [command] = parseCommands('/apply  payments@production   @staging web ');
    expect(command).toMatchObject({
      kind: 'apply',
      line: '/apply  payments@production   @staging web',
      targets: [
        { stack: 'payments', environment: 'production' },
        { stack: '*', environment: 'staging' },
        { stack: 'web', environment: '*' },
      ],
    });
  });

  test('says what is wrong with a target that cannot be one', () => {
    expect(parseCommands('/plan a*b?*c*d')).toMatchObject([{ kind: 'malformed', command: 'plan' }]);
    expect(parseCommands(`/plan ${'x'.repeat(201)}`)).toMatchObject([{ kind: 'malformed' }]);
    expect(parseCommands('/plan web@')).toMatchObject([{ kind: 'malformed' }]);
    expect(parseCommands(`/plan ${'x '.repeat(21)}`)).toMatchObject([{ kind: 'malformed' }]);
  });

  test('overrides a rule, in quotes if it has spaces, with a reason', () => {
    expect(parseCommands('/override "no public load balancers" incident 12, see chat')).toMatchObject([
      { kind: 'override', rule: 'no public load balancers', reason: 'incident 12, see chat' },
    ]);
    expect(parseCommands("/override 'two words' because")).toMatchObject([{ rule: 'two words', reason: 'because' }]);
    expect(parseCommands('/override approvals production is down')).toMatchObject([
      { rule: 'approvals', reason: 'production is down' },
    ]);
    for (const line of [
      '/override',
      '/override approvals',
      '/override "open because',
      '/override "" because',
      '/override "a"b because',
    ]) {
      expect(parseCommands(line)).toMatchObject([{ kind: 'malformed', command: 'override' }]);
    }
  });

  test('that takes nothing refuses more', () => {
    expect(parseCommands('/cancel web@production')).toMatchObject([{ kind: 'malformed', command: 'cancel' }]);
    expect(kinds('/help ')).toEqual(['help']);
  });
});

describe('no command', () => {
  test.each([
    ['in a quote', '> /plan'],
    ['in a quote without a space', '>/plan'],
    ['continuing a quote lazily', '> said before\n/apply'],
    ['continuing a quote lazily over several lines', '> said before\nand more\n/apply'],
    ['continuing a quote in a list lazily', '- > said before\n/apply'],
    ['continuing a quoted list lazily', '> - said before\n/apply'],
    ['continuing a quote that begins with a tab', '>\tsaid before\n/apply'],
    ['continuing a quote over an underline', '> said before\n===\n/apply'],
    ['continuing a quote that is nested deeply', `${'> '.repeat(80)}said before\n/apply`],
    ['in a fence', '```\n/plan\n```'],
    ['in a fence of tildes', '~~~ sh\n/plan\n~~~'],
    ['in a fence with a shorter run inside', '````\n```\n/plan\n````'],
    ['in a fence that is closed by another character only', '```\n~~~\n/plan\n```'],
    ['in a fence that is never closed', '```\n/plan'],
    ['in a fence after an empty list item', '* \n\n   ~~~\n\n/plan'],
    ['in an indented fence', '   ```\n/plan\n   ```'],
    ['in a fence whose closing line has text', '```\n``` x\n/plan\n```'],
    ['in indented code', 'text\n\n    /plan'],
    ['in an HTML comment', '<!--\n/plan\n-->'],
    ['in an HTML comment with a blank line', '<!-- a\n\n/plan\n\n-->'],
    ['in an HTML comment that is never closed', '<!--\n/plan'],
    ['in an HTML comment inside a paragraph', 'text <!-- a\n/plan\n--> more'],
    ['in a code span over several lines', 'text `a\n/plan\nb` more'],
    ['in a code span of two backticks', 'text ``a ` b\n/plan\nb`` more'],
    ['in preformatted HTML', '<pre>\n\n/plan\n</pre>'],
    ['in an HTML quote', '<blockquote>\n\n/plan\n\n</blockquote>'],
  ])('is %s', (_, body) => {
    expect(parseCommands(body)).toEqual([]);
  });
});

describe('a command stands', () => {
  test.each([
    ['after a quote and a blank line', '> said before\n\n/apply'],
    ['after an empty quoted line', '> said before\n>\n/apply'],
    ['after a quoted heading', '> # said before\n/apply'],
    ['after a quoted fence', '> ```\n> code\n/apply'],
    ['after a fence', '```\ncode\n```\n/apply'],
    ['after a longer closing fence', '```\ncode\n`````\n/apply'],
    ['after a fence in a list, which ends with it', '- ```\n  code\n/apply'],
    ['after backticks that open no fence', '``` not ` a fence\n/apply'],
    ['after a comment on one line', '<!-- a -->\n/apply'],
    ['after a comment that ends', '<!--\n/plan\n-->\n/apply'],
    ['after an escaped backtick', 'text \\`a\n/apply\nb`'],
    ['after a backtick without a partner', 'text `a\n/apply'],
    ['after an indented line of a paragraph', 'text\n    more\n/apply'],
    ['in the text of a list item', '- item\n/apply'],
    ['after a quote that a numbered item ended', '> said before\n2) item\n\n/apply'],
    ['after a heading', '# Now\n/apply'],
    ['before a quote', '/apply\n> text'],
    ['after a rule that looks like a list', '> a\n\n---\n/apply'],
  ])('%s', (_, body) => {
    expect(kinds(body)).toEqual(['apply']);
  });
});

/** Characters that GitHub lets a comment have. */
const largestComment = 65_536;

describe('any comment', () => {
  const pieces = fc.constantFrom(
    '/plan',
    '/apply x@y',
    '> ',
    '>',
    '```',
    '~~~',
    '<!--',
    '-->',
    '`',
    '``',
    '\n',
    '\n\n',
    '\r\n',
    ' ',
    '    ',
    '\t',
    '- ',
    '1. ',
    '# ',
    'text',
    '\\',
    '<pre>',
    '</pre>',
    '\u0000',
  );

  test('is read without a fault, and every command found is a line of it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
        const body = parts.join('');
        const lines = body.split(/\r\n|\n|\r/).map((line) => line.trimEnd());
        for (const command of parseCommands(body)) expect(lines).toContain(command.line);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that is quoted as a whole holds none', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 20 }), (parts) => {
        const quoted = parts
          .join('')
          .split(/\r\n|\n|\r/)
          .map((line) => `> ${line}`)
          .join('\n');
        expect(parseCommands(quoted)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('made of any few pieces over and over is read in time that grows with its size', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { minLength: 1, maxLength: 5 }), (parts) => {
        const piece = parts.join('') || 'x';
        const body = piece.repeat(Math.ceil(largestComment / piece.length)).slice(0, largestComment);
        const start = performance.now();
        expect(parseCommands(body).length).toBeLessThanOrEqual(5);
        // Reading it in the square of its size would take minutes.
        expect(performance.now() - start).toBeLessThan(2_000);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test.each([
    '`'.repeat(60_000),
    '`a``b'.repeat(12_000),
    '> '.repeat(30_000),
    '- '.repeat(30_000),
    '<!--'.repeat(15_000),
    `x ${'<!--'.repeat(15_000)}`,
    Array.from({ length: 340 }, (_, index) => '`'.repeat(index + 1)).join(' '),
    `${'`'.repeat(30_000)} ${'x\n'.repeat(15_000)}`,
    ' '.repeat(65_000),
    '- - -'.repeat(13_000),
    '>\n'.repeat(30_000),
    '/plan '.repeat(10_000),
    '> - '.repeat(200).concat('\n').repeat(80),
  ])('of the largest size is read at once (%#)', (body) => {
    const start = performance.now();
    parseCommands(body);
    expect(performance.now() - start).toBeLessThan(200);
  });
});
