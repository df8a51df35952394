import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import { withStringDataEncoded } from '../../../src/domain/manifest/secret-data.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import { planOffline } from '../../../src/domain/plan/plan-offline.ts';
import type { Refusal } from '../../../src/domain/plan/prediction.ts';
import { storedLeaves } from '../../../src/domain/plan/steps.ts';
import {
  applied,
  deployment,
  deploymentSchema,
  facts,
  fields,
  identityOf,
  keyed,
  manifest,
  planOf,
  rendered,
  secretKey,
  textField,
} from './object-builder.ts';
import { offlineOf } from './offline-builder.ts';

const canary = 'canary-7f3a91';
const canaries = [canary, btoa(canary)];
const other = fc.constantFrom('plain', 'other-value', '1', '');
const value = fc.oneof(fc.constant(canary), other);

const secretKeyName = fc.constantFrom(
  'DB_PASSWORD',
  'apiToken',
  'client-secret',
  'api.key',
  'CREDENTIALS',
  'dbpass',
  'Private_Key',
);
const env: fc.Arbitrary<readonly JsonObject[]> = fc.uniqueArray(
  fc.oneof(
    fc.record({ name: secretKeyName, value }),
    fc.record({ name: fc.constantFrom('LOG_LEVEL', 'REGION', 'TOKEN_TTL'), value: other }),
  ),
  { selector: (variable) => variable.name, maxLength: 4 },
);
const annotations = (repeats: boolean): fc.Arbitrary<JsonObject> =>
  fc.record({ note: fc.constantFrom('hello', ...(repeats ? [`was: ${canary}`, `{"x":"${btoa(canary)}"}`] : [])) });

const secretObject = fc
  .record({
    data: fc.dictionary(fc.constantFrom('a', 'b', 'tls.key'), value.map(btoa), { noNullPrototype: true }),
    held: fc.boolean(),
  })
  .chain(({ data, held }) => {
    const all = held ? { ...data, token: btoa(canary) } : data;
    const repeats = Object.values(all).includes(btoa(canary));
    return annotations(repeats).map((notes) => manifest('Secret', { data: all }, { annotations: notes }));
  });
const configMapObject = fc
  .dictionary(secretKeyName, value, { noNullPrototype: true })
  .chain((data) =>
    annotations(Object.values(data).includes(canary)).map((notes) =>
      manifest('ConfigMap', { data }, { annotations: notes }),
    ),
  );
const workload = env.map((list) =>
  deployment({ template: { spec: { containers: [{ name: 'web', env: list as Json }] } } }),
);
const custom = fc
  .record({
    users: fc.array(fc.record({ user: other, password: value }), { maxLength: 2 }),
    token: fc.uniqueArray(value, { maxLength: 2 }),
  })
  .map((spec) => manifest('acme.io/v1 Database', { spec }));

const customSchema = fields({
  spec: fields({
    token: { type: 'array', listType: 'set', items: textField },
    users: keyed(['password'], fields({ user: textField, password: textField })),
  }),
});

/** The same kind of object at every stage, each stage its own, so that secrets come, go and drift. */
const stages = fc
  .constantFrom<[fc.Arbitrary<JsonObject>, FieldSchema | undefined]>(
    [secretObject, undefined],
    [configMapObject, undefined],
    [workload, deploymentSchema],
    [workload, undefined],
    [custom, customSchema],
    [custom, undefined],
  )
  .chain(([object, schema]) =>
    fc.record({
      live: fc.option(object, { nil: undefined }),
      deployed: fc.option(object, { nil: undefined }),
      base: fc.option(object, { nil: undefined }),
      merge: object,
      predicted: object,
      schema: fc.constant(schema),
    }),
  );

describe('a plan of objects with secrets', () => {
  test('holds neither a secret value nor its base64, wherever it comes from', () => {
    fc.assert(
      fc.property(stages, ({ live, deployed, base, merge, predicted, schema }) => {
        const object = facts({
          merge,
          prediction: applied(predicted),
          ...(live === undefined ? {} : { live }),
          ...(deployed === undefined ? {} : { deployed }),
          ...(base === undefined ? {} : { base }),
          ...(schema === undefined ? {} : { schema }),
        });
        const text = JSON.stringify(planOf([object]));
        expect(canaries.filter((secret) => text.includes(secret))).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test('is as silent offline', () => {
    fc.assert(
      fc.property(stages, ({ base, merge }) => {
        const text = JSON.stringify(
          planOffline(offlineOf(base === undefined ? [] : [rendered(base)], [rendered(merge)])),
        );
        expect(canaries.filter((secret) => text.includes(secret))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('leaves nothing to read in what is remembered of the apply', () => {
    fc.assert(
      fc.property(stages, ({ merge, predicted, schema }) => {
        const text = JSON.stringify(
          storedLeaves({ identity: identityOf(merge), rendered: merge, written: predicted, schema, secretKey }),
        );
        expect(canaries.filter((secret) => text.includes(secret))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('says that a secret changed, and where', () => {
    const before = manifest('Secret', { data: { token: btoa('one') } });
    const after = manifest('Secret', { data: { token: btoa('two') } });
    const plan = planOf([facts({ live: before, deployed: before, base: before, merge: after })]);
    expect(plan.changes[0]?.differences).toEqual([
      { path: 'data.token', before: { kind: 'secret' }, after: { kind: 'secret' }, origin: { kind: 'this' } },
    ]);
  });

  test('tells two secret values apart, and equal ones in two places apart too', () => {
    const object = (a: string, b: string) => manifest('Secret', { data: { a: btoa(a), b: btoa(b) } });
    const valuesOf = (content: JsonObject) =>
      planOf([facts({ merge: content })])
        .effects.filter((effect) => effect.path.startsWith('data.'))
        .map((effect) => effect.after);
    const [a, b] = valuesOf(object('same', 'same'));
    const [changed, same] = valuesOf(object('other', 'same'));
    expect(a?.kind).toBe('secret');
    expect(a).not.toEqual(b);
    expect(changed).not.toEqual(a);
    expect(same).toEqual(b);
  });

  test('hashes secrets with the key, so that nobody can try them without it', () => {
    const merge = manifest('Secret', { data: { a: btoa('same') } });
    const digestWith = (key: Uint8Array) => planOf([facts({ merge })], { secretKey: key }).digest;
    expect(digestWith(new Uint8Array(32).fill(1))).not.toBe(digestWith(new Uint8Array(32).fill(2)));
  });

  test('writes a stringData value as the data that it becomes', () => {
    const encoded = withStringDataEncoded(manifest('Secret', { stringData: { token: canary } }));
    const plain = manifest('Secret', { data: { token: btoa(canary) } });
    expect(planOf([facts({ merge: encoded })]).digest).toBe(planOf([facts({ merge: plain })]).digest);
  });
});

describe('a refusal', () => {
  const live = manifest('Secret', { data: { password: btoa('Old-pass7'), other: btoa('Other-pass8') } });
  const merge = manifest('Secret', { data: { password: btoa('New-pass9') } });
  const said = `it was ${btoa('Old-pass7')} and Other-pass8, and is New-pass9`;
  const refusals: readonly Refusal[] = [
    { kind: 'invalid', status: 422, fields: [], message: said },
    { kind: 'immutable', fields: ['data'], message: said },
    { kind: 'webhook-without-dry-run', message: said },
    { kind: 'forbidden', message: said },
    { kind: 'stale', message: said },
    { kind: 'unavailable', message: said },
  ];

  test.each(refusals)('($kind) that quotes what is live, or what was asked for, does not tell it', (prediction) => {
    const text = JSON.stringify(planOf([facts({ live, base: live, merge, prediction })]));
    expect(text).toContain('it was (masked) and (masked), and is (masked)');
    for (const value of ['Old-pass7', 'Other-pass8', 'New-pass9', btoa('Old-pass7')]) expect(text).not.toContain(value);
  });
});
