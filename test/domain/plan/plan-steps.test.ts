import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pullNumber } from '../../../src/domain/identity.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { identityKey } from '../../../src/domain/manifest/rendered-object.ts';
import { storedLeaves } from '../../../src/domain/plan/steps.ts';
import {
  applied,
  configMap,
  deployment,
  deploymentSchema,
  effectLines,
  facts,
  identityOf,
  type ObjectStages,
  planOf,
  secretKey,
  unreadable,
} from './object-builder.ts';

const replicas = (count: number): JsonObject => deployment({ replicas: count });
const image = (tag: string): JsonObject =>
  deployment({ template: { spec: { containers: [{ name: 'web', image: tag }] } } });
const steps = (stages: ObjectStages, overrides: Parameters<typeof planOf>[1] = {}) => {
  const plan = planOf([facts({ schema: deploymentSchema, ...stages })], overrides);
  return {
    effects: effectLines({ effects: plan.effects }),
    moves: effectLines({ moves: plan.moves }),
    action: plan.changes[0]?.action,
    differences: plan.changes[0]?.differences ?? [],
  };
};

describe('the steps of a field', () => {
  test('go from live to the test merge at once when the object is adopted', () => {
    const { effects, action, differences } = steps(
      { live: replicas(5), merge: replicas(3), member: false },
      { kind: 'adoption' },
    );
    expect(effects).toEqual(['update spec.replicas: 5 → 3']);
    expect(action).toBe('update');
    expect(differences[0]?.origin).toEqual({ kind: 'this' });
  });

  test('are drift, pending and this pull request, each an effect of its own', () => {
    const { effects, moves, differences } = steps(
      { live: replicas(1), deployed: replicas(2), base: replicas(3), merge: replicas(4) },
      { pendingPulls: [pullNumber(7)] },
    );
    expect(effects).toEqual([
      'update spec.replicas: 1 → 2',
      'update spec.replicas: 2 → 3',
      'update spec.replicas: 3 → 4',
    ]);
    expect(moves).toEqual(['update spec.replicas: 1 → 4']);
    expect(differences.map((difference) => difference.origin)).toEqual([
      { kind: 'drift' },
      { kind: 'pending', pulls: [7] },
      { kind: 'this' },
    ]);
  });

  test('leave out stages that move nothing', () => {
    expect(steps({ live: replicas(2), deployed: replicas(2), base: replicas(2), merge: replicas(3) }).effects).toEqual([
      'update spec.replicas: 2 → 3',
    ]);
  });

  test('are all shown when they lead back to where they began, and nothing moves', () => {
    const { effects, moves, action } = steps({
      live: replicas(2),
      deployed: replicas(2),
      base: replicas(3),
      merge: replicas(2),
    });
    expect(effects).toEqual(['update spec.replicas: 2 → 3', 'update spec.replicas: 3 → 2']);
    expect(moves).toEqual([]);
    expect(action).toBe('no-op');
  });

  test('begin at live where the deployed commit does not render the field', () => {
    const before = deployment({});
    expect(steps({ live: replicas(5), deployed: before, base: before, merge: replicas(3) }).effects).toEqual([
      'update spec.replicas: 5 → 3',
    ]);
    expect(steps({ live: replicas(5), deployed: before, base: replicas(4), merge: replicas(3) }).effects).toEqual([
      'update spec.replicas: 5 → 4',
      'update spec.replicas: 4 → 3',
    ]);
  });

  test('do not speak of fields that no render names', () => {
    const stages = { deployed: image('a'), base: image('a'), merge: image('b') };
    expect(steps({ ...stages, live: { ...image('a'), extra: { field: 1 } } }).effects).toEqual([
      'update spec.template.spec.containers[name=web].image: "a" → "b"',
    ]);
  });

  test('remove a field that is no longer rendered', () => {
    const { effects } = steps({ live: replicas(2), deployed: replicas(2), base: replicas(2), merge: deployment({}) });
    expect(effects).toContain('update spec.replicas: 2 → absent');
  });

  test('do not speak of a map that gets its first key, or loses its last, beside the key', () => {
    const [empty, full] = [configMap({}), configMap({ a: '1' })];
    expect(steps({ live: empty, deployed: empty, base: empty, merge: full }).effects).toEqual([
      'update data.a: absent → "1"',
    ]);
    expect(steps({ live: full, deployed: full, base: full, merge: empty }).effects).toEqual([
      'update data.a: "1" → absent',
    ]);
  });

  test('take a rendered empty list for whatever others put into it', () => {
    const live = deployment({ template: { spec: { initContainers: [{ name: 'injected', image: 'x' }] } } });
    const none = deployment({ template: { spec: { initContainers: [] } } });
    expect(steps({ live, deployed: none, base: none, merge: none }).effects).toEqual([]);
  });

  test('tell an empty text from the map that it takes the place of', () => {
    const [map, text] = [deployment({ extra: { a: 1 } }), deployment({ extra: '' })];
    expect(steps({ live: map, deployed: map, base: map, merge: text }).effects).toEqual([
      'update spec.extra: absent → ""',
      'update spec.extra.a: 1 → absent',
    ]);
  });

  test('tell types apart, and let people see it', () => {
    const [number, text] = [deployment({ replicas: 5 }), deployment({ replicas: '5' })];
    const { effects, differences } = steps({ live: number, deployed: number, base: number, merge: text });
    expect(effects).toEqual(['update spec.replicas: 5 → "5"']);
    expect(differences[0]).toMatchObject({ before: { kind: 'text', text: '5' }, after: { kind: 'text', text: '"5"' } });
  });

  test('show integers beyond 2^53 in full, inside a list too', () => {
    const content = deployment({ list: [9007199254740993n] });
    expect(steps({ merge: content }).differences[0]?.after).toEqual({ kind: 'text', text: '[9007199254740993]' });
  });

  test('of an apiVersion that moves are one effect, whatever version the API answers in', () => {
    const old = { ...replicas(1), apiVersion: 'apps/v1beta1' };
    expect(steps({ live: replicas(1), deployed: old, base: old, merge: replicas(1) }).effects).toEqual([
      'update apiVersion: "apps/v1beta1" → "apps/v1"',
    ]);
  });
});

describe('a live value that is not as rendered', () => {
  const cpu = (text: string): JsonObject => deployment({ cpu: text });
  const stored = (leaves: ReturnType<typeof storedLeaves>) => ({
    stored: new Map([[identityKey(identityOf(cpu(''))), new Map(leaves.map(({ path, ...texts }) => [path, texts]))]]),
  });
  const thousand = { path: 'spec.cpu', live: 'json "1"', rendered: 'json "1000m"' };

  test('is no drift when our own last apply left it so', () => {
    const left = storedLeaves({
      identity: identityOf(cpu('')),
      rendered: cpu('1000m'),
      written: cpu('1'),
      schema: undefined,
      secretKey,
    });
    expect(left).toEqual([thousand]);
    const two = { ...cpu('1000m'), other: 'same' };
    expect(
      storedLeaves({
        identity: identityOf(two),
        rendered: two,
        written: { ...cpu('1'), other: 'same' },
        schema: undefined,
        secretKey,
      }),
    ).toEqual([thousand]);
    const same = { live: cpu('1'), deployed: cpu('1000m'), base: cpu('1000m'), prediction: 'unasked' as const };
    expect(steps({ ...same, merge: cpu('1000m') }, stored(left)).effects).toEqual([]);
    expect(steps({ ...same, merge: cpu('2') }, stored(left)).effects).toEqual(['update spec.cpu: "1000m" → "2"']);
  });

  test('is drift when it is another than our last apply left', () => {
    const { effects } = steps(
      { live: cpu('3'), deployed: cpu('1000m'), base: cpu('1000m'), merge: cpu('1000m') },
      stored([thousand]),
    );
    expect(effects).toEqual(['update spec.cpu: "3" → "1000m"']);
  });

  test('is drift when what was remembered stood for another commit', () => {
    const { effects } = steps(
      { live: cpu('1'), deployed: cpu('500m'), base: cpu('500m'), merge: cpu('500m') },
      stored([thousand]),
    );
    expect(effects).toEqual(['update spec.cpu: "1" → "500m"']);
  });

  test('counts as rendered when the API says that applying leaves it so', () => {
    const plan = steps({
      live: cpu('1'),
      deployed: cpu('1000m'),
      base: cpu('1000m'),
      merge: cpu('1000m'),
      prediction: applied(cpu('1')),
    });
    expect(plan).toMatchObject({ effects: [], moves: [], action: 'no-op' });
    expect(
      steps({ live: cpu('1'), merge: cpu('1000m'), prediction: applied(cpu('1')) }, { kind: 'adoption' }).effects,
    ).toEqual([]);
  });

  test('that an equal quantity replaces is no drift, only a new way to write it', () => {
    const now = { live: cpu('1'), prediction: applied(cpu('1')) };
    expect(steps({ ...now, deployed: cpu('1'), base: cpu('1'), merge: cpu('1000m') }).effects).toEqual([
      'update spec.cpu: "1" → "1000m"',
    ]);
    expect(
      steps({ ...now, deployed: cpu('1000m'), base: cpu('1000m'), merge: cpu('1') }, stored([thousand])).effects,
    ).toEqual(['update spec.cpu: "1000m" → "1"']);
  });

  test('set by hand to what the pull request asks for is drift there and back', () => {
    const { effects, moves } = steps({
      live: cpu('2'),
      deployed: cpu('1'),
      base: cpu('1'),
      merge: cpu('2'),
      prediction: applied(cpu('2')),
    });
    expect(effects).toEqual(['update spec.cpu: "2" → "1"', 'update spec.cpu: "1" → "2"']);
    expect(moves).toEqual([]);
  });

  test('never takes the predicted value for the rendered one', () => {
    const { effects } = steps({
      live: cpu('1'),
      deployed: cpu('1'),
      base: cpu('1'),
      merge: cpu('2'),
      prediction: applied(cpu('mutated')),
    });
    expect(effects).toEqual(['update spec.cpu: "1" → "2"']);
  });
});

describe('creating and deleting', () => {
  test('an object are the moves of its leaves from and to absent', () => {
    expect(steps({ merge: replicas(2) })).toMatchObject({
      action: 'create',
      effects: ['create apiVersion: absent → "apps/v1"', 'create spec.replicas: absent → 2'],
      moves: ['create apiVersion: absent → "apps/v1"', 'create spec.replicas: absent → 2'],
    });
    expect(steps({ live: replicas(2), deployed: replicas(2), base: replicas(2) })).toMatchObject({
      action: 'delete',
      effects: ['delete apiVersion: "apps/v1" → absent', 'delete spec.replicas: 2 → absent'],
    });
  });

  test('what was deleted by hand is made again as drift', () => {
    const { action, effects, differences } = steps({ deployed: replicas(2), base: replicas(2), merge: replicas(2) });
    expect(action).toBe('create');
    expect(effects).toEqual(['create apiVersion: absent → "apps/v1"', 'create spec.replicas: absent → 2']);
    expect(differences.map((difference) => difference.origin.kind)).toEqual(['drift']);
  });

  test('what was changed by hand shows both the drift and the end', () => {
    expect(steps({ live: replicas(9), deployed: replicas(2), base: replicas(2) }).effects).toEqual([
      'delete apiVersion: "apps/v1" → absent',
      'update spec.replicas: 9 → 2',
      'delete spec.replicas: 2 → absent',
    ]);
  });

  test('what is gone and not asked for is nothing to speak of', () => {
    expect(planOf([facts({ deployed: replicas(2), base: replicas(2) })])).toMatchObject({ changes: [], effects: [] });
  });

  test('an object that no commit renders any more is one effect, its existence', () => {
    const plan = planOf([facts({ live: replicas(2) })]);
    expect(effectLines(plan)).toEqual(['delete apiVersion: "apps/v1" → absent']);
    expect(effectLines({ moves: plan.moves })).toEqual(['delete apiVersion: "apps/v1" → absent']);
  });

  test('an object that is there already is an update that takes it over', () => {
    const plan = planOf([facts({ live: replicas(1), merge: replicas(2), member: false })]);
    expect(plan.changes[0]).toMatchObject({
      action: 'update',
      notes: [expect.stringContaining('adopted')],
      write: true,
    });
  });
});

describe('the order of a list', () => {
  const init = (...names: readonly string[]) =>
    deployment({ template: { spec: { initContainers: names.map((name) => ({ name })) } } });
  const orders = (lines: readonly string[]) => lines.filter((line) => line.includes('[*]'));

  test('is an effect when it moves', () => {
    const { effects, action } = steps({
      live: init('a', 'b'),
      deployed: init('a', 'b'),
      base: init('a', 'b'),
      merge: init('b', 'a'),
    });
    expect(effects).toEqual(['update spec.template.spec.initContainers[*]: ["a","b"] → ["b","a"]']);
    expect(action).toBe('update');
  });

  test('is an effect of creating, too', () => {
    expect(orders(steps({ merge: init('a', 'b') }).effects)).toEqual([
      'create spec.template.spec.initContainers[*]: absent → ["a","b"]',
    ]);
    expect(orders(steps({ merge: init('a') }).effects)).toEqual([]);
  });

  test('does not move when an item goes, or when others put theirs between', () => {
    expect(
      orders(
        steps({
          live: init('a', 'b', 'c'),
          deployed: init('a', 'b', 'c'),
          base: init('a', 'b', 'c'),
          merge: init('a', 'c'),
        }).effects,
      ),
    ).toEqual([]);
    expect(
      steps({
        live: init('istio', 'a', 'x', 'b'),
        deployed: init('a', 'b'),
        base: init('a', 'b'),
        merge: init('a', 'b'),
      }).effects,
    ).toEqual([]);
  });

  test('says where a new item stands; people are told unless it is the end', () => {
    const from = { live: init('a', 'b'), deployed: init('a', 'b'), base: init('a', 'b') };
    const [first, last] = [
      steps({ ...from, merge: init('c', 'a', 'b') }),
      steps({ ...from, merge: init('a', 'b', 'c') }),
    ];
    expect(orders(first.effects)).toHaveLength(1);
    expect(orders(last.effects)).toHaveLength(1);
    expect(orders(first.differences.map(({ path }) => path))).toHaveLength(1);
    expect(orders(last.differences.map(({ path }) => path))).toEqual([]);
  });
});

describe('an object that could not be read', () => {
  const refusal = { kind: 'unavailable', message: 'production: the API did not answer' } as const;

  test('makes the plan incomplete, and shows what the renders say', () => {
    const plan = planOf([unreadable(facts({ base: replicas(1), merge: replicas(2), prediction: 'unasked' }), refusal)]);
    expect(plan.complete).toBe(false);
    expect(effectLines(plan)).toEqual(['update spec.replicas: 1 → 2']);
    expect(plan.changes[0]).toMatchObject({
      action: 'update',
      confidence: { level: 'rendered', reason: expect.stringContaining('did not answer') },
    });
  });

  test('makes the plan incomplete where it is no longer rendered, whatever label it had', () => {
    const plan = planOf([unreadable(facts({ deployed: replicas(1), base: replicas(1) }), refusal)]);
    expect(plan.complete).toBe(false);
    expect(plan.changes[0]).toMatchObject({
      action: 'no-op',
      write: false,
      notes: [expect.stringContaining('cannot be said')],
    });
    expect(plan.effects).toEqual([]);
  });

  test('that nobody rendered before is created, as far as one can say', () => {
    const plan = planOf([unreadable(facts({ merge: replicas(1), prediction: 'unasked' }), refusal)]);
    expect(plan).toMatchObject({ complete: false, changes: [{ action: 'create' }] });
  });
});

describe('moves and effects', () => {
  const count = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
  const object = fc.option(
    fc.record({ replicas: count, names: fc.shuffledSubarray(['a', 'b', 'c']) }).map(({ replicas: number, names }) =>
      deployment({
        ...(number === undefined ? {} : { replicas: number }),
        template: { spec: { initContainers: names.map((name) => ({ name })) } },
      }),
    ),
    { nil: undefined },
  );

  test('lead from the same beginning to the same end', () => {
    fc.assert(
      fc.property(object, object, object, object, (live, deployed, base, merge) => {
        fc.pre(live !== undefined || deployed !== undefined || base !== undefined || merge !== undefined);
        const stages = { live, deployed, base, merge };
        const known = Object.fromEntries(Object.entries(stages).filter(([, content]) => content !== undefined));
        const plan = planOf([facts({ ...(known as ObjectStages), schema: deploymentSchema })]);
        for (const move of plan.moves.filter((candidate) => !candidate.path.endsWith('[*]'))) {
          const chain = plan.effects.filter((effect) => effect.path === move.path);
          expect(chain[0]?.before).toEqual(move.before);
          expect(chain.at(-1)?.after).toEqual(move.after);
        }
        for (const move of plan.moves) expect(plan.effects.map((effect) => effect.path)).toContain(move.path);
        expect(new Set(plan.moves.map((move) => move.path)).size).toBe(plan.moves.length);
      }),
      { numRuns: 500 },
    );
  });

  test('are none for an object that is everywhere the same', () => {
    fc.assert(
      fc.property(object, (content) => {
        fc.pre(content !== undefined);
        const plan = planOf([
          facts({ live: content, deployed: content, base: content, merge: content, schema: deploymentSchema }),
        ]);
        expect(plan).toMatchObject({ effects: [], moves: [], changes: [{ action: 'no-op', write: false }] });
      }),
    );
  });

  test('a plan counts what is rendered and what the target owns', () => {
    const [kept, gone] = [replicas(1), configMap({ a: '1' }, { name: 'gone' })];
    const objects = [
      facts({ live: kept, base: kept, merge: kept }),
      facts({ merge: configMap({ a: '1' }, { name: 'new' }) }),
      facts({ live: gone, base: gone }),
      facts({ live: configMap({}, { name: 'older' }) }),
    ];
    expect(planOf(objects)).toMatchObject({ rendered: 2, owned: 3 });
    expect(planOf(objects.slice(1))).toMatchObject({ rendered: 1, owned: 2 });
  });
});
