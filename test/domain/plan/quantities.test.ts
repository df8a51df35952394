import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverage } from '../../../src/domain/gate/coverage.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import {
  applied,
  effectLines,
  facts,
  fields,
  keyed,
  manifest,
  type ObjectStages,
  planOf,
  textField,
} from './object-builder.ts';

const quantity: FieldSchema = { type: 'string', quantity: true };
const amounts: FieldSchema = { type: 'object', additionalProperties: quantity };
const schema = fields({
  spec: fields({
    containers: keyed(['name'], fields({ name: textField, resources: fields({ limits: amounts }) })),
    metrics: { type: 'array', items: fields({ name: textField, average: quantity }) },
    text: textField,
  }),
});

const limit = (cpu: Json): JsonObject =>
  manifest('Pod', { spec: { containers: [{ name: 'web', resources: { limits: { cpu } } }] } });
const metric = (average: Json, name = 'load'): JsonObject =>
  manifest('Pod', { spec: { metrics: [{ name, average }] } });
const textual = (text: Json): JsonObject => manifest('Pod', { spec: { text } });

function planned(stages: ObjectStages): Plan {
  return planOf([facts({ schema, prediction: 'unasked', ...stages })]);
}

function expectNothing(plan: Plan): void {
  expect(effectLines({ effects: plan.effects })).toEqual([]);
  expect(effectLines({ moves: plan.moves })).toEqual([]);
  expect(plan.changes[0]).toMatchObject({ action: 'no-op', differences: [], diff: { hunks: [] } });
}

const path = 'spec.containers[name=web].resources.limits.cpu';

describe('a quantity that is only written in another way', () => {
  const spellings: readonly (readonly [Json, Json])[] = [
    ['1', '1000m'],
    ['1Gi', '1024Mi'],
    ['0.5', '500m'],
    [1, '1'],
    [0.1, '100m'],
    ['1e3', '1k'],
    ['1E', '1000P'],
    ['12E6', '12M'],
    ['1.5Gi', '1536Mi'],
    ['+1', ' 1 '],
    ['0.001u', '1n'],
    ['0', '-0Ki'],
    ['1e40', '10e39'],
  ];

  test.each(spellings)('is no difference and no effect: %s and %s', (one, two) => {
    expectNothing(planned({ live: limit(one), deployed: limit(one), base: limit(one), merge: limit(two) }));
    expectNothing(planned({ live: limit(two), deployed: limit(one), base: limit(two), merge: limit(one) }));
    expectNothing(planned({ live: limit(two), merge: limit(one) }));
  });

  test('is none with the dry-run either', () => {
    const prediction = applied(limit('1'));
    expectNothing(planned({ live: limit('1'), base: limit('1'), merge: limit('1000m'), prediction }));
  });

  test('is none inside a list that is one value', () => {
    expectNothing(planned({ live: metric('1'), deployed: metric('1000m'), base: metric('1'), merge: metric(1) }));
    const renamed = planned({ live: metric('1'), base: metric('1000m'), merge: metric('1', 'memory') });
    expect(renamed.effects).toHaveLength(1);
  });

  test('does not show beside what moves', () => {
    const two = (cpu: string, memory: string) =>
      manifest('Pod', { spec: { containers: [{ name: 'web', resources: { limits: { cpu, memory } } }] } });
    const plan = planned({ live: two('1', '1Gi'), base: two('1', '1Gi'), merge: two('1000m', '2048Mi') });
    expect(effectLines({ effects: plan.effects })).toEqual([
      'update spec.containers[name=web].resources.limits.memory: "1Gi" → "2048Mi"',
    ]);
    expect(plan.changes[0]?.diff?.hunks.flatMap(({ lines }) => lines).filter((line) => !line.startsWith(' '))).toEqual(
      ['-          memory: 1Gi', '+          memory: 2048Mi'].map((line) => `${line[0]}${line.slice(1).trimStart()}`),
    );
  });

  test('is an effect where the schema does not say that it is a quantity', () => {
    const effects = ['update spec.text: "1" → "1000m"'];
    expect(effectLines(planned({ live: textual('1'), base: textual('1'), merge: textual('1000m') }))).toEqual(effects);
    const unknown = planOf([facts({ live: textual('1'), merge: textual('1000m'), prediction: 'unasked' })]);
    expect(effectLines({ effects: unknown.effects })).toEqual(effects);
  });
});

describe('the approval of a quantity', () => {
  const approvalOf = (plan: Plan) => ({ personId: 1, effects: plan.effects });

  test('as it is rendered covers the live value that stands for it', () => {
    const shown = planned({ live: limit('1'), deployed: limit('1000m'), base: limit('1000m'), merge: limit('2') });
    expect(effectLines({ effects: shown.effects })).toEqual([`update ${path}: "1000m" → "2"`]);
    const deployed = planned({ live: limit('1'), merge: limit('2') });
    expect(effectLines({ moves: deployed.moves })).toEqual([`update ${path}: "1" → "2"`]);
    expect(coverage({ plan: deployed, approvals: [approvalOf(shown)], needed: 1 })).toEqual({ kind: 'covered' });
    expect(deployed.digest).toBe(shown.digest);
  });

  test('chains through a spelling that nobody had to approve', () => {
    const first = planned({ live: limit('1'), base: limit('1'), merge: limit('2') });
    const second = planned({ live: limit('2'), base: limit('2000m'), merge: limit('3') });
    const both = planned({ live: limit('1'), deployed: limit('1'), base: limit('1'), merge: limit('3') });
    expect(coverage({ plan: both, approvals: [approvalOf(first), approvalOf(second)], needed: 1 })).toEqual({
      kind: 'covered',
    });
    expect(coverage({ plan: both, approvals: [approvalOf(second)], needed: 1 })).toMatchObject({ kind: 'uncovered' });
  });

  test('of another amount does not cover it', () => {
    const shown = planned({ live: limit('1'), base: limit('1'), merge: limit('2') });
    const other = planned({ live: limit('1'), base: limit('1'), merge: limit('2m') });
    expect(coverage({ plan: other, approvals: [approvalOf(shown)], needed: 1 })).toMatchObject({ kind: 'uncovered' });
  });
});

describe('of any two spellings', () => {
  const suffixes: readonly (readonly [string, bigint, bigint])[] = [
    ...['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index) => {
      const power = 3n * BigInt(index - 3);
      return [suffix, power > 0n ? 10n ** power : 1n, power < 0n ? 10n ** -power : 1n] as const;
    }),
    ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index) => [suffix, 1024n ** BigInt(index + 1), 1n] as const),
    ...[-7, 0, 5, 19].map(
      (power) => [`e${power}`, 10n ** BigInt(Math.max(power, 0)), 10n ** BigInt(Math.max(-power, 0))] as const,
    ),
  ];
  /** A spelling with what it stands for as a fraction, worked out apart from the code in question. */
  const spelled = fc
    .record({
      negative: fc.boolean(),
      digits: fc.oneof(fc.bigInt(0n, 20n), fc.constantFrom(0n, 1n, 1000n, 1024n, 1_048_576n, 10n ** 18n)),
      fraction: fc.integer({ min: 0, max: 9 }),
      suffix: fc.constantFrom(...suffixes),
    })
    .map(({ negative, digits, fraction, suffix: [suffix, times, over] }) => {
      const all = String(digits).padStart(fraction + 1, '0');
      const number = fraction === 0 ? all : `${all.slice(0, -fraction)}.${all.slice(-fraction)}`;
      const numerator = digits * times * (negative ? -1n : 1n);
      return {
        text: `${negative ? '-' : ''}${number}${suffix}`,
        numerator,
        denominator: 10n ** BigInt(fraction) * over,
      };
    });

  /** The denominator is a power of ten. */
  const asExponent = ({ numerator, denominator }: { readonly numerator: bigint; readonly denominator: bigint }) => ({
    text: `${numerator}e-${String(denominator).length - 1}`,
    numerator,
    denominator,
  });
  const pair = fc.oneof(
    fc.tuple(spelled, spelled),
    spelled.map((one) => [one, asExponent(one)] as const),
  );

  test('equal amounts give no effect, and different ones give one', () => {
    const kinds = { equal: 0, different: 0 };
    fc.assert(
      fc.property(pair, ([one, two]) => {
        const isEqual = one.numerator * two.denominator === two.numerator * one.denominator;
        kinds[isEqual ? 'equal' : 'different'] += 1;
        const plan = planned({ live: limit(one.text), base: limit(one.text), merge: limit(two.text) });
        expect(plan.effects.map((effect) => effect.path)).toEqual(isEqual ? [] : [path]);
        expect(plan.moves).toHaveLength(isEqual ? 0 : 1);
      }),
      { numRuns: 600 },
    );
    expect(Math.min(kinds.equal, kinds.different)).toBeGreaterThan(100);
  });

  test('an amount moved to another scale stays the same', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.integer({ min: 0, max: 40 }), (amount, zeros) => {
        const [short, long] = [`${amount}e${zeros}`, `${amount}${'0'.repeat(zeros)}`];
        expectNothing(planned({ live: limit(short), base: limit(short), merge: limit(long) }));
      }),
      { numRuns: 300 },
    );
  });
});
