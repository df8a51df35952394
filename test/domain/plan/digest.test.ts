import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterUid, parseTargetName } from '../../../src/domain/identity.ts';
import { canonicalJson, type JsonObject } from '../../../src/domain/json.ts';
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
});
