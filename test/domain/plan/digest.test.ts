import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterUid, parseTargetName } from '../../../src/domain/identity.ts';
import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import type { ManifestFile } from '../../../src/domain/manifest/manifest-file.ts';
import { digestEffects } from '../../../src/domain/plan/digest.ts';
import type { Effect } from '../../../src/domain/plan/effect.ts';
import { effect, json as jsonValue, object } from '../plan-builder.ts';
import { jsonObject, shuffled } from './arbitrary-json.ts';
import { deployment, deploymentSchema, facts, manifest, planOf } from './object-builder.ts';

describe('the digest of a plan', () => {
  test('is a SHA-256 in lower-case hex', () => {
    expect(digestEffects([effect()])).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each<[string, Partial<Effect>]>([
    ['target', { target: parseTargetName('web@staging') }],
    ['cluster', { cluster: clusterUid('another') }],
    ['object', { object: object('apps/Deployment', 'web/backend') }],
    ['namespace', { object: object('apps/Deployment', 'shop/frontend') }],
    ['group', { object: object('Deployment', 'web/frontend') }],
    ['action', { action: 'replace' }],
    ['path', { path: 'spec.paused' }],
    ['value before', { before: jsonValue(1) }],
    ['value after', { after: jsonValue('3') }],
    ['absence', { after: { kind: 'absent' } }],
    ['secrecy', { after: { kind: 'secret', hmac: '3' } }],
  ])('changes with the %s', (_what, other) => {
    expect(digestEffects([effect(other)])).not.toBe(digestEffects([effect()]));
  });

  test('does not take the text "absent" for an absent value', () => {
    expect(digestEffects([effect({ after: jsonValue('absent') })])).not.toBe(
      digestEffects([effect({ after: { kind: 'absent' } })]),
    );
  });

  test('depends on the set of effects: not on order, not on repetition', () => {
    const some = fc.array(
      fc.integer({ min: 0, max: 5 }).map((after) => effect({ after: jsonValue(after) })),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(some, some, (left, right) => {
        const set = (effects: readonly Effect[]) =>
          canonicalJson([...new Set(effects.map((one) => canonicalJson({ ...one.after })))].sort());
        expect(digestEffects(left) === digestEffects(right)).toBe(set(left) === set(right));
      }),
    );
  });

  test('does not depend on the order of documents, nor of keys', () => {
    fc.assert(
      fc.property(fc.array(jsonObject, { maxLength: 4 }), fc.nat(), (specs, seed) => {
        const objects = specs.map((spec, index) => manifest('Thing', { spec }, { name: `thing-${index}` }));
        const plan = planOf(objects.map((merge) => facts({ merge })));
        const turned = planOf(objects.map((merge) => facts({ merge: shuffled(merge, seed) as JsonObject })).reverse());
        expect(turned.digest).toBe(plan.digest);
        expect(turned.changes.map((change) => change.object)).toEqual(plan.changes.map((change) => change.object));
      }),
    );
  });

  test('changes with everything that a render says', () => {
    fc.assert(
      fc.property(jsonObject, jsonObject, (left, right) => {
        const digest = (spec: JsonObject) => planOf([facts({ merge: manifest('Thing', { spec }) })]).digest;
        expect(digest(left) === digest(right)).toBe(canonicalJson(left) === canonicalJson(right));
      }),
    );
  });

  test('changes with the order of a list, created or updated, keyed or not', () => {
    const names = fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 2 });
    const pod = (list: readonly string[], args: readonly string[]) =>
      deployment({
        template: { spec: { initContainers: list.map((name) => ({ name })), containers: [{ name: 'web', args }] } },
      });
    fc.assert(
      fc.property(names, names, names, fc.boolean(), (before, left, right, created) => {
        const digest = (list: readonly string[], args: readonly string[]) => {
          const live = pod(before, []);
          const stages = created ? {} : { live, deployed: live, base: live };
          return planOf([facts({ ...stages, merge: pod(list, args), schema: deploymentSchema })]).digest;
        };
        expect(digest(left, ['x']) === digest(right, ['x'])).toBe(left.join() === right.join());
        expect(digest(before, left) === digest(before, right)).toBe(left.join() === right.join());
      }),
      { numRuns: 300 },
    );
  });

  test('does not depend on the order of files, documents and keys in their texts', () => {
    const objects = fc.array(jsonObject, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(objects, fc.nat(), (specs, seed) => {
        const contents = specs.map((spec, index) =>
          manifest('Thing', { spec: readable(spec) }, { name: `thing-${index}` }),
        );
        const inOneFile = [{ path: 'a.yaml', text: contents.map(canonicalJson).join('\n---\n') }];
        const inSeveral = contents
          .map((content, index) => ({
            path: `${(seed + index * 7) % 10}-${index}.json`,
            text: JSON.stringify(shuffled(content, seed), undefined, 2),
          }))
          .reverse();
        expect(digestOfFiles(inSeveral)).toBe(digestOfFiles(inOneFile));
      }),
    );
  });

  test.each([
    ['a number and its text', 'replicas: 1', 'replicas: "1"'],
    ['a boolean and its text', 'paused: true', 'paused: "true"'],
    ['null and absent', 'strategy: null', ''],
    ['empty text and absent', 'host: ""', ''],
    ['an empty map and absent', 'selector: {}', ''],
    ['an empty list and absent', 'args: []', ''],
    ['an empty list and an empty map', 'args: []', 'args: {}'],
    ['null and empty text', 'host: null', 'host: ""'],
    ['the order of a list', 'args: [a, b]', 'args: [b, a]'],
    ['a repeated item', 'args: [a]', 'args: [a, a]'],
    ['a list and its only item', 'args: [a]', 'args: a'],
    ['integers that are one float', 'size: 9007199254740993', 'size: 9007199254740992'],
    ['trailing space', 'host: "a "', 'host: a'],
    ['a final line end', 'text: "a\\n"', 'text: a'],
    ['the case of a key', 'Host: a', 'host: a'],
    ['one key of two and one with a dot', 'a: {b: 1}', 'a.b: 1'],
    ['normalised and unnormalised letters', 'host: "\\u00e9"', 'host: "e\\u0301"'],
  ])('tells %s apart', (_what, left, right) => {
    const digest = (line: string) =>
      digestOfFiles([
        { path: 'a.yaml', text: `apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {x: y, ${line}}\n` },
      ]);
    expect(digest(left)).not.toBe(digest(right));
  });

  test.each([
    ['quotes', 'host: a', 'host: "a"'],
    ['the base of an integer', 'replicas: 0x10', 'replicas: 16'],
    ['the spelling of null', 'strategy: ~', 'strategy: null'],
    ['the spelling of a boolean', 'paused: yes', 'paused: true'],
    ['an alias', 'a: &x {b: [1]}, c: *x', 'a: {b: [1]}, c: {b: [1]}'],
  ])('does not depend on %s', (_what, left, right) => {
    const digest = (line: string) =>
      digestOfFiles([
        { path: 'a.yaml', text: `apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {x: y, ${line}}\n` },
      ]);
    expect(digest(left)).toBe(digest(right));
  });
});

function digestOfFiles(files: readonly ManifestFile[]): string {
  const { objects, problems } = decodeManifests(files);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return planOf(objects.map(({ content }) => facts({ merge: content }))).digest;
}

/** JSON allows, raw, what YAML does not, and JSON has more numbers than Go keeps apart; what YAML cannot say is no matter of order. */
function readable(value: JsonObject): JsonObject {
  const clean = (member: Json): Json => {
    if (typeof member === 'string') return member.replaceAll(/[^\p{L}\p{N} ]/gu, '_');
    if (typeof member === 'bigint') return Number(member % 1000n);
    if (typeof member === 'number') return Number.isInteger(member) ? Math.trunc(member % 1e9) + 0 : 0.5;
    if (isJsonArray(member)) return member.map(clean);
    return isJsonObject(member) ? readable(member) : member;
  };
  return Object.fromEntries(
    Object.entries(value).map(([key, member], index) => [
      `${index}${key.replaceAll(/[^\p{L}\p{N}]/gu, '_')}`,
      clean(member),
    ]),
  );
}
