import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import { diffRows, isAfter, isBefore } from '../../../src/domain/plan/diff-rows.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import { nestFields } from '../../../src/domain/plan/nest-fields.ts';
import { objectDiff } from '../../../src/domain/plan/object-diff.ts';
import { objectLeaves } from '../../../src/domain/plan/object-leaves.ts';
import type { ObjectDiff } from '../../../src/domain/plan/plan.ts';
import { fieldSteps } from '../../../src/domain/plan/steps.ts';
import { json } from './arbitrary-json.ts';
import {
  configMap,
  deployment,
  deploymentSchema,
  facts,
  type ObjectStages,
  planOf,
  secretKey,
  serviceSchema,
} from './object-builder.ts';

const text = fc.oneof(
  fc.constantFrom('', '5', 'true', 'null', '~', 'a: b', '- a', '#x', 'x # y', ' a', 'a ', '|', '"', "it's"),
  fc.string({ maxLength: 6 }),
);
const line = fc.oneof(fc.constantFrom('', 'a = 1', '  indented', '\ttab', '- a', '# b'), fc.string({ maxLength: 5 }));
const file = fc
  .tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom('', '\n', '\n\n'))
  .map(([lines, end]) => lines.join('\n') + end);
const value: fc.Arbitrary<Json> = fc.oneof(fc.integer(), fc.boolean(), text, file);
const labels = fc.dictionary(fc.constantFrom('app', 'team', 'a/b', 'x.y', 'on', ''), text, {
  maxKeys: 4,
  noNullPrototype: true,
});
const env = fc
  .shuffledSubarray(['A', 'B', 'C', 'D', '5'])
  .chain((names) =>
    fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), value: text }, { requiredKeys: ['name'] }))),
  );
const container = fc.record({ image: text, args: fc.array(text, { maxLength: 4 }), env }, { requiredKeys: [] });
const workload = fc
  .record(
    {
      replicas: fc.integer({ min: 0, max: 3 }),
      selector: fc.record({ matchLabels: labels }),
      extra: fc.oneof(
        value,
        fc.dictionary(fc.constantFrom('a', 'b'), value, { noNullPrototype: true }),
        fc.array(value),
      ),
      containers: fc
        .shuffledSubarray(['web', 'proxy', 'log'])
        .chain((names) => fc.tuple(...names.map((name) => container.map((rest) => ({ name, ...rest }))))),
    },
    { requiredKeys: [] },
  )
  .chain(({ containers, ...spec }) =>
    labels.map((own) =>
      deployment(
        { ...spec, ...(containers === undefined ? {} : { template: { spec: { containers } } }) },
        { labels: own },
      ),
    ),
  );
const files = fc
  .dictionary(fc.constantFrom('a.ini', 'b', 'c'), file, { noNullPrototype: true })
  .map((data) => configMap(data));
const service = fc
  .uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 4 }), name: text }, { requiredKeys: ['port'] }), {
    selector: ({ port }) => port,
  })
  .map((ports) => deployment({ ports }));
const anything = fc
  .dictionary(fc.constantFrom('a', 'b', 'c'), json, { noNullPrototype: true })
  .map((spec) => deployment(spec));

const kinds: readonly (readonly [fc.Arbitrary<JsonObject>, FieldSchema | undefined])[] = [
  [workload, deploymentSchema],
  [service, serviceSchema],
  [files, undefined],
  [anything, undefined],
];

const stages: fc.Arbitrary<ObjectStages> = fc
  .constantFrom(...kinds)
  .chain(([object, schema]) => {
    const maybe = fc.option(object, { nil: undefined, freq: 6 });
    return fc
      .record({ live: maybe, deployed: maybe, base: maybe, merge: maybe, schema: fc.constant(schema), same: fc.nat(7) })
      .map(({ same, live, deployed, base, merge, schema: of }) => {
        // Mostly little has moved: stages agree with the one before them.
        const at = { live: same & 1 ? deployed : live, deployed, base: same & 2 ? deployed : base };
        return defined({ ...at, merge: same & 4 ? at.base : merge, schema: of });
      });
  })
  .filter(({ live, deployed, base, merge }) => [live, deployed, base, merge].some((stage) => stage !== undefined));

function defined(given: { readonly [Stage in keyof ObjectStages]: ObjectStages[Stage] | undefined }): ObjectStages {
  return Object.fromEntries(Object.entries(given).filter(([, stage]) => stage !== undefined));
}

/** The whole pictures that the diff lies between, beside the diff itself. */
function pictures(of: ObjectStages): {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly diff: ObjectDiff;
} {
  const known = facts(of);
  const leaves = objectLeaves(known);
  const fields = fieldSteps(known, leaves, { stored: new Map(), secretKey, isImmutable: () => false });
  const renders = [leaves.merge, leaves.base, leaves.deployed];
  const rows = diffRows(nestFields(fields, renders));
  const lineOf = (row: (typeof rows)[number]) => (row.text === '' ? '' : ' '.repeat(row.indent) + row.text);
  return {
    before: rows.filter(isBefore).map(lineOf),
    after: rows.filter(isAfter).map(lineOf),
    diff: objectDiff({ fields, renders, originOf: () => ({ kind: 'this' }) }),
  };
}

function patched(before: readonly string[], diff: ObjectDiff): readonly string[] {
  const result: string[] = [];
  let at = 0;
  for (const { start, indent, lines } of diff.hunks) {
    result.push(...before.slice(at, start));
    at = start;
    for (const hunkLine of lines) {
      const [sign, rest] = [hunkLine.slice(0, 1), hunkLine.slice(1)];
      const whole = rest === '' ? '' : ' '.repeat(indent) + rest;
      if (sign !== '+') {
        expect(before[at]).toBe(whole);
        at += 1;
      }
      if (sign !== '-') result.push(whole);
    }
  }
  return [...result, ...before.slice(at)];
}

/** What of an object a picture shows. */
function pictured(object: JsonObject | undefined): Json {
  if (object === undefined) return {};
  const { kind: _kind, metadata, ...rest } = object;
  const { name: _name, namespace: _namespace, ...own } = metadata as JsonObject;
  return Object.keys(own).length === 0 ? rest : { ...rest, metadata: own };
}

function read(picture: readonly string[]): unknown {
  return picture.length === 0 ? {} : load(`${picture.join('\n')}\n`);
}

const runs = { numRuns: 500 };

describe('the diff of an object', () => {
  test('applied to the picture before gives the picture after', () => {
    fc.assert(
      fc.property(stages, (of) => {
        const { before, after, diff } = pictures(of);
        expect(diff.hidden).toBeUndefined();
        expect(patched(before, diff)).toEqual(after);
      }),
      runs,
    );
  }, 60_000);

  test('lies between pictures that are YAML: the one after reads as what is rendered', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(...kinds.slice(0, 3))
          .chain(([object, schema]) => fc.tuple(object, object, fc.constant(schema))),
        ([live, merge, schema]) => {
          const { before, after } = pictures({
            live,
            deployed: live,
            base: live,
            merge,
            ...(schema === undefined ? {} : { schema }),
          });
          expect(read(after)).toEqual(pictured(merge));
          expect(read(before)).toEqual(pictured(live));
        },
      ),
      runs,
    );
  }, 60_000);

  test('has no line when nothing moves', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds).chain(([object, schema]) => fc.tuple(object, fc.constant(schema))),
        ([object, schema]) => {
          const same = { live: object, deployed: object, base: object, merge: object };
          const [change] = planOf([facts({ ...same, ...(schema === undefined ? {} : { schema }) })]).changes;
          expect(change?.diff?.hunks ?? []).toEqual([]);
          expect(change?.differences ?? []).toEqual([]);
        },
      ),
    );
  });

  test('shows every field that applying moves, under a path at or above its own', () => {
    fc.assert(
      fc.property(stages, (of) => {
        const { changes, moves } = planOf([facts(of)]);
        const [change] = changes;
        const hunks = change?.diff?.hunks ?? [];
        const topics = hunks
          .filter(({ lines }) => lines.some((each) => /^[-+!]/.test(each)))
          .flatMap(({ paths }) => paths);
        fc.pre(hunks.every(({ morePaths }) => morePaths === 0));
        for (const { path } of moves) {
          // The line that names a created or deleted object stands for its apiVersion.
          if (path === 'apiVersion' && change?.action !== 'update') continue;
          const place = path.replace(/\[\*\]$/, '');
          expect(
            topics.some((topic) => place.startsWith(topic) || (place !== path && topic.startsWith(place))),
            path,
          ).toBe(true);
        }
      }),
      runs,
    );
  }, 60_000);

  test('is bounded in lines and characters, whatever the object holds', () => {
    const large = fc.record({
      lines: fc.integer({ min: 0, max: 6_000 }),
      width: fc.integer({ min: 0, max: 5_000 }),
      keys: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(large, fc.boolean(), ({ lines, width, keys }, isCreated) => {
        const some = Math.min(lines, Math.ceil(400_000 / (width + 1)));
        const content = (seed: string) =>
          configMap(
            Object.fromEntries(
              Array.from({ length: keys }, (_, key) => [
                `k${key}`,
                Array.from(
                  { length: Math.ceil(some / keys) },
                  (_each, index) => `${seed}${index}${'x'.repeat(width)}`,
                ).join('\n'),
              ]),
            ),
          );
        const before = content('a');
        const [change] = planOf([
          facts(
            isCreated ? { merge: content('b') } : { live: before, deployed: before, base: before, merge: content('b') },
          ),
        ]).changes;
        const all = change?.diff?.hunks.flatMap((hunk) => hunk.lines) ?? [];
        expect(all.length).toBeLessThanOrEqual(2_000);
        expect(all.every((each) => each.length <= 2_100)).toBe(true);
        expect(JSON.stringify(change?.diff).length).toBeLessThan(260_000);
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
