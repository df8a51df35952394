import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/domain/json.ts';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import type { Decoded } from '../../../src/domain/manifest/manifest-file.ts';
import { casesDirectory, manifestsBelow } from './cases.ts';

/** Far above what any file of this size takes. The process's own time, because the machine may be busy with other things. */
const generousMs = 2000;

const own = [
  'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  labels: {a: "b"}\nstringData:\n  x: |\n    several\n    lines\n',
  'apiVersion: v1\nkind: List\nitems:\n- &first\n  apiVersion: v1\n  kind: A\n  metadata: {name: b}\n- <<: *first\n  metadata: {name: c}\n',
];
const cases = casesDirectory();
const real = cases === undefined ? [] : manifestsBelow(join(cases, 'manifests'));
/** Texts of real repositories, those that are short enough to be changed a thousand times. */
const texts = [
  ...own,
  ...real.filter(({ path, text }) => /\.ya?ml$/.test(path) && text.length < 8_000).map(({ text }) => text),
];

const hostile = [
  '&a ',
  '*a',
  '<<: *a\n',
  '<<: [*a, *b]',
  '!!binary ',
  '!!python/object:x ',
  '!<tag:yaml.org,2002:int> ',
  '%TAG ! tag:x,2000:\n',
  '---\n',
  '--- |\n',
  '...\n',
  '? ',
  '? [a, b]\n: ',
  '\uFEFF',
  '\r',
  '\r\n',
  '\0',
  '\u0085',
  '\u2028',
  '\uD800',
  '\t',
  '{',
  '[',
  ']',
  '"',
  "'",
  '|+9\n',
  '>-\n',
  '- - - - ',
  '__proto__: {a: b}\n',
  'constructor: ',
  '"\\u0000"',
  '"\\xZZ"',
  '[[[[[[[[[[[[',
  '{a: {a: {a: {a: ',
  '1e999',
  '-.inf',
  '0x',
  '9'.repeat(400),
  'kind: List\nitems:\n',
];

interface Mutation {
  readonly at: number;
  readonly length: number;
  readonly what:
    | { readonly kind: 'insert' | 'replace'; readonly text: string }
    | { readonly kind: 'remove' | 'repeat' | 'indent' | 'move' };
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.nat(60),
  what: fc.oneof(
    fc.record({
      kind: fc.constantFrom('insert', 'replace'),
      text: fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 4 })),
    }),
    fc.record({ kind: fc.constantFrom('remove', 'repeat', 'indent', 'move') }),
  ),
});

function mutated(text: string, { at, length, what }: Mutation): string {
  const start = Math.floor(at * text.length);
  const [before, part, after] = [text.slice(0, start), text.slice(start, start + length), text.slice(start + length)];
  switch (what.kind) {
    case 'insert':
      return before + what.text + part + after;
    case 'replace':
      return before + what.text + after;
    case 'remove':
      return before + after;
    case 'repeat':
      return before + part.repeat(20) + after;
    case 'indent':
      return before + part.replaceAll('\n', '\n   ') + after;
    case 'move':
      return before + after + part;
  }
}

function decodeBounded(text: string): Decoded {
  const before = process.cpuUsage();
  const decoded = decodeManifests([{ path: 'a.yaml', text }]);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(generousMs);
  return decoded;
}

const set = ({ objects }: Decoded) => objects.map(({ content }) => canonicalJson(content)).sort();

describe('decoding ends in objects or in problems on a line, in bounded time', () => {
  test('of real manifests that were damaged, once or several times', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 6 }), (text, mutations) => {
        const damaged = mutations.reduce(mutated, text);
        const { problems } = decodeBounded(damaged);
        const lines = damaged.split(/\r\n|\r|\n/).length;
        for (const { position } of problems) {
          expect(position?.line).toBeGreaterThanOrEqual(1);
          expect(position?.line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('of bytes that are no text at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        decodeBounded(new TextDecoder().decode(bytes));
        decodeBounded(String.fromCharCode(...bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test('of every nesting, whatever brings it about', () => {
    const openings = ['[', '{a: ', '- ', '? ', '&a [', '!!seq [', 'a:\n ', '"', '[{', '{? '];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...openings), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 20_000 }),
        (parts, depth) => {
          decodeBounded(`apiVersion: v1\nkind: A\nmetadata: {name: a}\nx: ${parts.join('').repeat(depth)}`);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('what only looks different is the same', () => {
  const whole = texts.filter((text) => decodeManifests([{ path: 'a.yaml', text }]).problems.length === 0);

  test('line ends, a byte order mark, comments and empty documents', () => {
    expect(whole.length).toBeGreaterThan(1);
    for (const text of whole) {
      const expected = set(decodeManifests([{ path: 'a.yaml', text }]));
      const same = (other: string) => expect(set(decodeManifests([{ path: 'a.yaml', text: other }]))).toEqual(expected);
      // A carriage return would become part of what a literal block holds.
      if (!/[|>]/.test(text)) same(text.replaceAll(/\r?\n/g, '\r\n'));
      same(`\uFEFF${text}`);
      same(`# first\n---\n# nothing\n---\n${text.startsWith('---') ? text.slice(3) : text}\n---\n# last\n`);
    }
  });
});
