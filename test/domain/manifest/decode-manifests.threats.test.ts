import { describe, expect, test } from 'vitest';
import { isJsonObject } from '../../../src/domain/json.ts';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';

const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';

/**
 * Far above what any of these takes, far below an outage. The process's own time, because the machine may be busy with other things.
 */
const generousMs = 2000;

function decodeBounded(text: string) {
  const before = process.cpuUsage();
  const decoded = decodeManifests([{ path: 'bomb.yaml', text }]);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(generousMs);
  return decoded;
}

describe('hostile manifests end in an error on a line, in bounded time', () => {
  test.each([
    [
      'a billion laughs',
      `${head}a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => bombLine(i)).join('')}`,
      'aliases make this file grow',
    ],
    [
      'a bomb in each of many documents',
      `${head}a: &a ${'x'.repeat(1000)}\nb: [${'*a,'.repeat(200)}]\n---\n`.repeat(2000),
      'aliases make this file grow',
    ],
    [
      'a bomb of merges',
      `${head}m0: &m0 {${keys(200)}}\n${Array.from({ length: 8000 }, (_, i) => `n${i}: {<<: *m0}\n`).join('')}`,
      'aliases make this file grow',
    ],
    ['20,000 aliases', `${head}a: &a x\nb: [${'*a,'.repeat(20_000)}]\n`, 'more than 10000 aliases'],
    ['10,000 levels of lists', `${head}a: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`, 'nesting'],
    ['10,000 levels of mappings', `${head}a: ${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}\n`, 'nesting'],
    [
      'deep block nesting',
      `${head}${Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')}`,
      'nesting',
    ],
    ['a scalar of 100 MB', `${head}a: ${'x'.repeat(100_000_000)}\n`, 'at most 10.0 MiB'],
    ['a document of 5 MiB', `${head}a: ${'x'.repeat(5_000_000)}\n`, 'at most 4.0 MiB'],
    ['100,000 documents', `${head}---\n`.repeat(100_000), 'more than 10000 documents'],
    ['100,000 empty documents', '---\n'.repeat(100_000), 'more than 10000 documents'],
    ['three million list items', `${head}a:\n${'- \n'.repeat(3_000_000)}`, 'keys and list items'],
    ['three million flow items', `${head}a: [${'1,'.repeat(3_000_000)}]\n`, 'keys and list items'],
    ['half a million line breaks and a broken end', `${'\n'.repeat(500_000)}{`, 'not valid YAML'],
    ['50,000 duplicate keys', `${head}a:\n${'  x: 1\n'.repeat(50_000)}`, 'duplicate key'],
    ['a million small mappings', `${head}a: [${'{a},'.repeat(1_000_000)}]\n`, 'keys and list items'],
    ['lists in lists in lists', `${head}a:\n${`${'- '.repeat(80)}x\n`.repeat(20_000)}`, 'keys and list items'],
    ['300,000 small mappings', `${head}a: [${'{abcd},'.repeat(299_000)}]\n`, 'bytes as JSON'],
    [
      'nested anchors and tags',
      `${head}a:\n${Array.from({ length: 90 }, (_, i) => `${' '.repeat(i + 1)}&a${i} !!map\n`).join('')}`,
      '',
    ],
    ['a key of 3 MB', `${head}? ${'k'.repeat(3_000_000)}\n: 1\n`, ''],
  ])('%s', (_, text, message) => {
    const decoded = decodeBounded(text);
    const errors = decoded.problems.filter((problem) => problem.severity === 'error');
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error.position?.line).toBeGreaterThanOrEqual(1);
    if (message !== '') expect(errors.some((error) => error.message.includes(message))).toBe(true);
  });

  test('the error of a bomb stands on the line where it grows too large, and files beside it are read', () => {
    const bomb = `${head}a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => bombLine(i)).join('')}`;
    const decoded = decodeManifests([
      { path: 'a.yaml', text: bomb },
      { path: 'b.yaml', text: head },
    ]);
    expect(decoded.objects.map((object) => object.position.path)).toEqual(['b.yaml']);
    expect(decoded.problems[0]?.position?.line).toBeGreaterThan(5);
  });

  test('no key reaches a prototype', () => {
    const decoded = decodeManifests([
      { path: 'a.yaml', text: `${head}__proto__: {polluted: true}\n` },
      { path: 'b.yaml', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {"__proto__": x}\n' },
      {
        path: 'c.yaml',
        text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\nx: &x {a: b}\nz: {<<: *x, constructor: {prototype: {polluted: true}}}\n',
      },
    ]);
    expect(decoded.problems.map((problem) => [problem.position?.path, problem.position?.line])).toEqual([
      ['a.yaml', 4],
      ['b.yaml', 4],
    ]);
    expect(decoded.objects.map((object) => object.name)).toEqual(['c']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('a key that is named like a method of every object is only a key', () => {
    const [object] = decodeManifests([
      { path: 'a.yaml', text: `${head}data: {constructor: a, toString: b, hasOwnProperty: c}\n` },
    ]).objects;
    expect(Object.keys(object?.content.data ?? {})).toEqual(['constructor', 'toString', 'hasOwnProperty']);
    const [empty] = decodeManifests([{ path: 'a.yaml', text: `${head}data: {}\n` }]).objects;
    expect(isJsonObject(empty?.content.data) && empty.content.data.constructor).toBeUndefined();
  });
});

function bombLine(level: number): string {
  const name = String.fromCharCode(98 + level);
  const above = String.fromCharCode(97 + level);
  return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${above}`).join(',')}]\n`;
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `key${index}: v`).join(', ');
}
