import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, type Json } from '../../../src/domain/json.ts';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import type { Position } from '../../../src/domain/manifest/rendered-object.ts';

const pieces = [
  'apiVersion: v1\n',
  'kind: A\n',
  'kind: List\n',
  'items:\n',
  '- ',
  'metadata: {name: a}\n',
  '---\n',
  '...\n',
  '  ',
  '\t',
  '&a ',
  '*a',
  '<<: ',
  '!!str ',
  '!x ',
  '? ',
  ': ',
  '|\n',
  '>-\n',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ', ',
  '#',
  '%YAML 1.1\n',
  '\uFEFF',
  '\r\n',
  '\0',
  '\u2028',
  '😀',
  'yes',
  '0777',
  '.inf',
  '99999999999999999999',
  '__proto__: ',
  'sops: ',
  'stringData: ',
  'a: b\n',
  '\n',
];
const yamlLike = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...pieces) },
      { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));
const anyText = fc.oneof(yamlLike, fc.string({ unit: 'binary', maxLength: 200 }));

test('no text makes decoding throw, and every position is inside the file', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const decoded = decodeManifests([{ path: 'a.yaml', text }]);
      const inFile = insideOf(text);
      for (const problem of decoded.problems)
        expect(problem.position === undefined || inFile(problem.position)).toBe(true);
      for (const object of decoded.objects) {
        expect(inFile(object.position)).toBe(true);
        for (const position of object.positions.values()) expect(inFile(position)).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

test('changing one character of a good file gives objects or problems, never neither without cause and never a throw', () => {
  const good =
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  labels: {a: "b"}\nstringData:\n  x: "y"\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {name: b}\n';
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.constantFrom(...pieces), (at, piece) => {
      const decoded = decodeManifests([{ path: 'a.yaml', text: good.slice(0, at) + piece + good.slice(at + 1) }]);
      expect(decoded.objects.length + decoded.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 });

test('the order of documents and files does not change the set of objects', () => {
  fc.assert(
    fc.property(names, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), (all, keys) => {
      const documents = all.map((name) => `apiVersion: v1\nkind: A\nmetadata: {name: ${JSON.stringify(name)}}\n`);
      const shuffled = documents
        .map((text, index) => ({ text, key: keys[index] ?? 0 }))
        .sort((left, right) => left.key - right.key);
      const one = decodeManifests([{ path: 'a.yaml', text: documents.join('---\n') }]);
      const other = decodeManifests([{ path: 'a.yaml', text: shuffled.map(({ text }) => text).join('---\n') }]);
      const files = decodeManifests(documents.map((text, index) => ({ path: `${index}.yaml`, text })));
      const set = (decoded: typeof one) => decoded.objects.map((object) => canonicalJson(object.content)).sort();
      expect(set(other)).toEqual(set(one));
      expect(set(files)).toEqual(set(one));
      expect(set(one)).toHaveLength(all.length);
    }),
  );
});

const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Object.is(value, -0) && Math.abs(value) < 1e15),
    fc.string({ unit: 'grapheme', maxLength: 10 }).filter(isPrintable),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ maxLength: 6 }).filter((key) => isPrintable(key) && key !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

test('any JSON value comes out as it went in', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = JSON.stringify({ apiVersion: 'v1', kind: 'A', metadata: { name: 'a' }, value });
      const decoded = decodeManifests([{ path: 'a.json', text }]);
      expect(decoded.problems).toEqual([]);
      expect(canonicalJson(decoded.objects[0]?.content.value ?? null)).toBe(canonicalJson(value));
    }),
  );
});

/** JSON allows, raw, what YAML does not: C1 controls, DEL, unpaired halves and the byte order mark. */
function isPrintable(text: string): boolean {
  return !/[\u007f-\u009f\ufeff\ufffe\uffff]|\p{Surrogate}/u.test(text);
}

function insideOf(text: string): (position: Position) => boolean {
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const lines = content.split(/\r\n|\r|\n/);
  return ({ line, column }) =>
    line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 2;
}
