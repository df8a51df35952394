import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import { countChanges, planFails } from '../../../src/domain/plan/plan.ts';
import type { Pruning } from '../../../src/domain/plan/plan-object.ts';
import type { ApplyAnswer, Refusal } from '../../../src/domain/plan/prediction.ts';
import {
  applied,
  configMap,
  deployment,
  deploymentSchema,
  effectLines,
  facts,
  manifest,
  type ObjectStages,
  placed,
  planOf,
  rendered,
  serviceSchema,
} from './object-builder.ts';

const replicas = (count: number, metadata: JsonObject = {}): JsonObject => deployment({ replicas: count }, metadata);
const update = { live: replicas(1), deployed: replicas(1), base: replicas(1), merge: replicas(2) };
const planned = (stages: ObjectStages, overrides: Parameters<typeof planOf>[1] = {}) => {
  const plan = planOf([facts({ schema: deploymentSchema, ...stages })], overrides);
  const [change] = plan.changes;
  if (change === undefined) throw new Error('the plan says nothing of the object');
  return { plan, change };
};

describe('replacing', () => {
  const selector = (app: string): JsonObject => deployment({ replicas: 1, selector: { matchLabels: { app } } });
  const immutable = (...fields: readonly string[]): Refusal => ({
    kind: 'immutable',
    fields,
    message: 'staging: spec.selector: field is immutable',
  });
  const from = { live: selector('a'), deployed: selector('a'), base: selector('a') };

  test('happens when the API says that the field is immutable, and only that field needs it', () => {
    const merge = deployment({ replicas: 2, selector: { matchLabels: { app: 'b' } } });
    const { plan, change } = planned({ ...from, merge, prediction: immutable('spec.selector') });
    expect(change).toMatchObject({ action: 'replace', confidence: { level: 'server' }, write: true });
    expect(change.danger).toBe('deletes it and creates it anew, because spec.selector cannot be changed');
    expect(effectLines(plan)).toEqual([
      'update spec.replicas: 1 → 2',
      'replace spec.selector: {"matchLabels":{"app":"a"}} → {"matchLabels":{"app":"b"}}',
    ]);
    expect(effectLines({ moves: plan.moves })).toEqual(effectLines(plan));
    expect(planFails(plan)).toBe(false);
  });

  test('has to be approved also where the field that the API names is none of ours', () => {
    const { plan } = planned({ ...update, prediction: immutable('spec.clusterIPs[0]') });
    expect(effectLines(plan)).toEqual(['update spec.replicas: 1 → 2', 'replace apiVersion: "apps/v1" → "apps/v1"']);
    expect(effectLines({ moves: plan.moves })).toEqual(effectLines(plan));
  });

  test('has to be approved also where no rendered field moves', () => {
    const { plan, change } = planned({ ...from, merge: selector('a'), prediction: immutable('spec.selector') });
    expect(change.action).toBe('replace');
    expect(effectLines(plan)).toEqual(['replace apiVersion: "apps/v1" → "apps/v1"']);
    expect(plan.moves).toHaveLength(1);
  });

  test('is of the whole spec where the API names no field', () => {
    const { plan, change } = planned({ ...update, prediction: immutable() });
    expect(effectLines(plan)).toEqual(['replace spec.replicas: 1 → 2']);
    expect(change.danger).toContain('because spec cannot be changed');
  });

  test('is said to lose data where it does', () => {
    const claim = (size: string) => manifest('PersistentVolumeClaim', { spec: { size } });
    const stages = { live: claim('1Gi'), deployed: claim('1Gi'), base: claim('1Gi'), merge: claim('2Gi') };
    expect(planned({ ...stages, prediction: immutable('spec') }).change.danger).toBe(
      'deletes it and the data in it and creates it anew, because spec cannot be changed',
    );
  });

  test('is refused where the live object says never', () => {
    const live = deployment(
      { selector: { matchLabels: { app: 'a' } } },
      { annotations: { 'planwright.dev/replace': 'never' } },
    );
    const { plan } = planned({ ...from, live, merge: selector('b'), prediction: immutable('spec.selector') });
    expect(plan.problems).toEqual([
      expect.objectContaining({ severity: 'error', message: expect.stringContaining('planwright.dev/replace: never') }),
    ]);
  });
});

describe('an object that is no longer rendered', () => {
  const gone = (metadata: JsonObject = {}): ObjectStages => ({
    live: replicas(1, metadata),
    deployed: replicas(1),
    base: replicas(1),
  });

  test('is deleted, and that is called destructive', () => {
    const { plan, change } = planned(gone());
    expect(change).toMatchObject({
      action: 'delete',
      danger: 'deletes it',
      write: true,
      confidence: { level: 'server' },
    });
    expect(countChanges(plan)).toEqual({ create: 0, update: 0, replace: 0, delete: 1 });
  });

  test.each(['PersistentVolumeClaim', 'Namespace', 'apiextensions.k8s.io/v1 CustomResourceDefinition'])(
    'is said to hold data if it is a %s',
    (kind) => {
      const object = manifest(kind, { spec: {} });
      expect(planned({ live: object, base: object }).change.danger).toBe('deletes it and the data in it');
    },
  );

  test.each<[string, ObjectStages, { kind?: 'adoption'; prune?: Pruning }, string]>([
    ['the target was never deployed', gone(), { kind: 'adoption' }, 'an adoption deletes nothing'],
    ['the files have errors', gone(), { prune: 'unsure' }, 'while the files have errors'],
    ['the stack says so', gone(), { prune: 'disabled' }, '`prune: false`'],
    ["it is not this target's", { ...gone(), member: false }, {}, 'ownership label'],
    ['a controller owns it', gone({ ownerReferences: [{ uid: 'u', controller: true }] }), {}, 'a controller owns it'],
    [
      'its annotation says so',
      gone({ annotations: { 'planwright.dev/prune': 'disabled' } }),
      {},
      'planwright.dev/prune: disabled',
    ],
  ])('stays when %s', (_why, stages, overrides, reason) => {
    const { plan, change } = planned(stages, overrides);
    expect(change).toMatchObject({ action: 'no-op', write: false, notes: [expect.stringContaining(reason)] });
    expect(plan).toMatchObject({ effects: [], moves: [], complete: true });
    expect(plan.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test.each<[string, JsonObject]>([
    ['an owner that does not control it', { ownerReferences: [{ uid: 'u' }, { uid: 'v', controller: false }] }],
    ['an annotation with another value', { annotations: { 'planwright.dev/prune': 'enabled' } }],
    ['an annotation that only the files had', {}],
  ])('goes in spite of %s', (_what, metadata) => {
    const stages = gone(metadata);
    const base = replicas(1, { annotations: { 'planwright.dev/prune': 'disabled' } });
    expect(planned({ ...stages, base, deployed: base }).change.action).toBe('delete');
  });

  test('stays while any file or place of the render is in error', () => {
    const broken = { severity: 'error', message: 'the cluster does not serve Ingress as v1beta1' } as const;
    expect(planned(gone(), { problems: [broken] }).change.action).toBe('no-op');
    expect(planned(gone(), { problems: [{ ...broken, severity: 'warning' }] }).change.action).toBe('delete');
  });
});

describe('what the API answers to the dry-run', () => {
  const answers = (prediction: ApplyAnswer | 'unasked', stages: ObjectStages = update) =>
    planned({ ...stages, prediction });
  const message = 'production: dry-run of Deployment web/frontend: no';

  test('is the confidence of the change', () => {
    expect(answers(applied(replicas(2))).change.confidence).toEqual({ level: 'server' });
  });

  test('that it owns the object already, with the same values, is no write', () => {
    const owned = (fieldsV1: JsonObject, apiVersion = 'apps/v1') =>
      replicas(1, {
        managedFields: [
          { manager: 'planwright', operation: 'Apply', apiVersion, fieldsType: 'FieldsV1', fieldsV1, time: 'now' },
        ],
      });
    const same = { ...update, live: owned({ 'f:spec': {} }), merge: replicas(1) };
    const plan = (predicted: JsonObject) => planned({ ...same, prediction: applied(predicted) }).change;
    expect(plan(owned({ 'f:spec': {} }))).toMatchObject({ action: 'no-op', write: false });
    expect(plan(owned({ 'f:spec': { 'f:replicas': {} } }))).toMatchObject({ action: 'no-op', write: true });
    expect(planned({ ...same, live: replicas(1), prediction: applied(owned({ 'f:spec': {} })) }).change).toMatchObject({
      action: 'no-op',
      write: true,
    });
  });

  test("of an object with the same values and another owner's label is a write without effect", () => {
    const { plan, change } = planned({ ...update, merge: replicas(1), member: false });
    expect(change).toMatchObject({ action: 'no-op', write: true, notes: [expect.stringContaining('adopted')] });
    expect(plan.effects).toEqual([]);
  });

  test('fields that only the server adds are shown and are no effects', () => {
    const { plan, change } = answers(applied(deployment({ replicas: 2, defaulted: 'yes' })));
    expect(change.differences).toContainEqual({
      path: 'spec.defaulted',
      before: { kind: 'absent' },
      after: { kind: 'text', text: 'yes' },
      origin: { kind: 'server' },
    });
    expect(effectLines(plan)).toEqual(['update spec.replicas: 1 → 2']);
  });

  test("defaults of an item that comes are the item's own", () => {
    const pod = (...list: readonly Json[]) => deployment({ template: { spec: { containers: list } } });
    const [one, two] = [
      { name: 'web', image: 'a' },
      { name: 'log', image: 'b' },
    ];
    const stages = { live: pod(one), deployed: pod(one), base: pod(one), merge: pod(one, two) };
    const { change } = planned({ ...stages, prediction: applied(pod(one, { ...two, pullPolicy: 'Always' })) });
    expect(change.differences.filter((difference) => difference.origin.kind === 'server')).toEqual([]);
  });

  test('a conflict names who owns what, and fails the plan', () => {
    const conflicts = [
      { manager: 'helm', field: '.spec.replicas' },
      { manager: 'kubectl', field: '.metadata.labels.app' },
      { manager: 'helm', field: '.spec.paused' },
    ];
    const { plan } = answers({ kind: 'conflict', conflicts, message });
    expect(plan.problems).toEqual([
      expect.objectContaining({
        severity: 'error',
        message:
          "Deployment web/frontend: helm owns spec.paused, spec.replicas; kubectl owns metadata.labels.app; take the fields out of the manifest, list them under the stack's `ignore`, or take them over with `force_conflicts: [helm, kubectl]`",
        position: { path: 'apps/web/frontend.yaml', line: 1, column: 1 },
      }),
    ]);
    expect(planFails(plan)).toBe(true);
  });

  test('a conflict over our own drift is taken back, and said', () => {
    const conflict: Refusal = {
      kind: 'conflict',
      conflicts: [{ manager: 'kubectl', field: '.spec.replicas' }],
      message,
    };
    const drifted = {
      ...update,
      live: replicas(9),
      merge: replicas(1),
      prediction: conflict,
      takenBack: applied(replicas(1)),
    };
    const { plan, change } = planned(drifted);
    expect(planFails(plan)).toBe(false);
    expect(change).toMatchObject({
      action: 'update',
      confidence: { level: 'server' },
      notes: [expect.stringContaining('changed by hand')],
    });
    expect(effectLines(plan)).toEqual(['update spec.replicas: 9 → 1']);
  });

  test('a missing namespace is an error, unless the same change makes it', () => {
    const absent: Refusal = { kind: 'namespace-absent', namespace: 'web', message };
    const created = { live: undefined, merge: replicas(1), prediction: absent };
    const { live: _none, ...creating } = created;
    expect(planned(creating).plan.problems[0]?.message).toContain('namespace web does not exist');
    const namespace = facts({ merge: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } } });
    const both = planOf([facts({ ...creating, schema: deploymentSchema }), namespace]);
    expect(both.problems).toEqual([]);
    for (const apiVersion of ['v1', 'acme.io/v1']) {
      const kind = apiVersion === 'v1' ? 'ConfigMap' : 'Namespace';
      const other = facts({ merge: { apiVersion, kind, metadata: { name: 'web' } } });
      expect(planOf([facts({ ...creating, schema: deploymentSchema }), other]).problems).toHaveLength(1);
    }
    expect(confidenceOf(both, 'Deployment')).toEqual({
      level: 'schema',
      reason: 'its namespace is created by the same change',
    });
  });

  test.each<Refusal['kind'] & ('forbidden' | 'webhook-without-dry-run')>(['forbidden', 'webhook-without-dry-run'])(
    "%s leaves the schema's word, with the reason",
    (kind) => {
      const { plan, change } = answers({ kind, message });
      expect(change.confidence).toEqual({ level: 'schema', reason: message });
      expect(planFails(plan)).toBe(false);
    },
  );

  test('without a schema only the render is left', () => {
    const stages = { live: replicas(1), merge: replicas(2), prediction: { kind: 'forbidden', message } as const };
    expect(planOf([facts(stages)]).changes[0]?.confidence).toEqual({ level: 'rendered', reason: message });
  });

  test('a kind that nobody serves is as sure as its definition', () => {
    expect(answers('unasked').change.confidence).toMatchObject({
      level: 'schema',
      reason: expect.stringContaining('no CustomResourceDefinition'),
    });
    const incoming = {
      ...facts({ ...update, prediction: 'unasked', schema: deploymentSchema }),
      merge: placed(replicas(2), { incoming: true, served: undefined }),
    };
    expect(planOf([incoming]).changes[0]?.confidence).toMatchObject({
      reason: 'its CustomResourceDefinition is part of the same change',
    });
  });

  test('the schema finds unknown fields and wrong types, each on its line', () => {
    const merge = deployment({ replicas: 'two', replica: 1 });
    const object = facts({ merge, schema: deploymentSchema, prediction: 'unasked' });
    const positioned = {
      ...object,
      merge: { ...placed(merge), rendered: rendered(merge, { '/spec/replicas': 7, '/spec/replica': 8 }) },
    };
    expect(planOf([positioned]).problems.map(({ message: text, position }) => [text, position?.line])).toEqual([
      ['Deployment web/frontend: spec.replicas must be an integer', 7],
      ['Deployment web/frontend: unknown field spec.replica', 8],
    ]);
  });

  test.each<'unavailable'>(['unavailable'])('%s makes the plan incomplete and keeps the others', (kind) => {
    const other = configMap({ a: '1' }, { name: 'other' });
    const plan = planOf([
      facts({ ...update, schema: deploymentSchema, prediction: { kind, message } }),
      facts({ merge: other }),
    ]);
    expect(plan).toMatchObject({ complete: false, problems: [] });
    expect(planFails(plan)).toBe(true);
    expect(confidenceOf(plan, 'Deployment')).toEqual({ level: 'rendered', reason: message });
    expect(confidenceOf(plan, 'ConfigMap')).toEqual({ level: 'server' });
  });

  test.each<[string, string, number]>([
    ['spec.ports[1].port', 'an index', 12],
    ['.spec.ports[port=80,protocol="UDP"].name', 'keys', 11],
    ['spec.ports[0].nodePort', 'a field that the file does not have', 10],
    ['spec.type', 'a field that the file does not have at all', 2],
    ['metadata.annotations[acme.io/x]', 'a name with dots', 14],
    ['metadata.annotations.acme.io/x', 'a name with dots, unquoted', 14],
    ['status', 'something else', 1],
  ])('an error at %s (%s) stands on its line', (field, _what, line) => {
    const merge = manifest(
      'Service',
      { spec: { ports: [{ port: 80 }, { port: 80, protocol: 'UDP', name: 'dns' }] } },
      { annotations: { 'acme.io/x': 'y' } },
    );
    const positions = {
      '/spec': 2,
      '/spec/ports/0': 10,
      '/spec/ports/0/port': 10,
      '/spec/ports/1': 12,
      '/spec/ports/1/port': 12,
      '/spec/ports/1/name': 11,
      '/metadata/annotations/acme.io~1x': 14,
    };
    const object = facts({
      merge,
      schema: serviceSchema,
      prediction: { kind: 'invalid', status: 422, fields: [field], message },
    });
    const plan = planOf([{ ...object, merge: { ...placed(merge), rendered: rendered(merge, positions) } }]);
    expect(plan.problems).toEqual([
      {
        severity: 'error',
        message: `Service web/frontend: ${message}`,
        position: { path: 'apps/web/frontend.yaml', line, column: 1 },
      },
    ]);
  });

  test.each<Refusal>([
    { kind: 'invalid', status: 422, fields: [], message },
    { kind: 'stale', message },
  ])("$kind is an error on the object's line", (refusal) => {
    expect(answers(refusal).plan.problems).toEqual([
      {
        severity: 'error',
        message: `Deployment web/frontend: ${message}`,
        position: { path: 'apps/web/frontend.yaml', line: 1, column: 1 },
      },
    ]);
  });
});

describe('what the API server says of an object', () => {
  const said = { message: 'production: dry-run of Deployment web/frontend: Deployment.apps "frontend" is invalid: no' };
  const merge = deployment({ replicas: 1 });
  const planned = (prediction: Refusal) =>
    planOf([facts({ merge, live: merge, prediction, schema: deploymentSchema })]);

  test.each<Refusal>([
    { kind: 'invalid', status: 422, fields: [], ...said, reason: 'no' },
    { kind: 'stale', ...said, reason: 'no' },
  ])('names it once ($kind)', (refusal) => {
    expect(planned(refusal).problems.map(({ message }) => message)).toEqual(['Deployment web/frontend: no']);
  });

  test('stands alone beside its change', () => {
    const { changes } = planned({ kind: 'forbidden', ...said, reason: 'no' });
    expect(changes[0]?.confidence).toEqual({ level: 'schema', reason: 'no' });
  });
});

describe('a plan', () => {
  test('puts the most dangerous first', () => {
    const named = (name: string, a: string) => configMap({ a }, { name });
    const plan = planOf([
      facts({ merge: named('created', '1') }),
      facts({ live: named('same', '1'), base: named('same', '1'), merge: named('same', '1') }),
      facts({ live: named('updated', '1'), base: named('updated', '1'), merge: named('updated', '2') }),
      facts({ live: named('deleted', '1'), base: named('deleted', '1') }),
      facts({
        live: named('replaced', '1'),
        base: named('replaced', '1'),
        merge: named('replaced', '2'),
        prediction: { kind: 'immutable', fields: ['data'], message: 'no' },
      }),
    ]);
    expect(plan.changes.map((change) => change.object.name)).toEqual([
      'deleted',
      'replaced',
      'updated',
      'created',
      'same',
    ]);
  });

  test('of an object as large as Kubernetes stores costs no more than its size', () => {
    const count = 8000;
    const env = (value: string, order: 1 | -1) =>
      Array.from({ length: count }, (_, index) => ({ name: `E${order === 1 ? index : count - index}`, value }));
    const pod = (list: readonly JsonObject[]) =>
      deployment({ template: { spec: { containers: [{ name: 'web', env: list }] } } });
    const live = pod(env('a', 1));
    const started = process.cpuUsage();
    const { plan } = planned({
      live,
      deployed: live,
      base: live,
      merge: pod(env('b', -1)),
      prediction: applied(pod(env('c', 1).map((variable) => ({ ...variable, defaulted: true })))),
    });
    expect(plan.effects.length).toBeGreaterThan(count);
    // Quadratic it would take minutes; time of the processor, because others may be busy too.
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1_000).toBeLessThan(10_000);
  });

  test('passes the notes of placing on', () => {
    const object = facts({ merge: replicas(1) });
    expect(planOf([{ ...object, merge: placed(replicas(1), { notes: ['a note'] }) }]).changes[0]?.notes).toEqual([
      'a note',
    ]);
  });
});

function confidenceOf(plan: Plan, kind: string) {
  return plan.changes.find((change) => change.object.kind === kind)?.confidence;
}

describe('a stack that renders nothing', () => {
  const live = configMap({ a: '1' });
  const warnings = (...[objects, overrides]: Parameters<typeof planOf>) =>
    planOf(objects, overrides).problems.map(({ severity, message }) => `${severity}: ${message}`);

  test('says so where it is adopted, and deletes nothing', () => {
    expect(warnings([], { kind: 'adoption' })).toEqual([
      'warning: the stack renders no objects: there is nothing to adopt',
    ]);
  });

  test('says so where the target owns something', () => {
    expect(warnings([facts({ live, deployed: live, base: live })])).toEqual([
      'warning: the stack renders no objects any more: what the target owns would go',
    ]);
  });

  test.each<[string, Parameters<typeof planOf>[0], Parameters<typeof planOf>[1]]>([
    ['where the whole target is removed', [facts({ live, deployed: live, base: live })], { kind: 'removal' }],
    ['where the target owns nothing', [], {}],
    [
      'where its files have errors, which say more',
      [],
      { kind: 'adoption', problems: [{ severity: 'error', message: 'x' }] },
    ],
  ])('needs no such words %s', (_, objects, overrides) => {
    expect(warnings(objects, overrides).filter((text) => text.startsWith('warning'))).toEqual([]);
  });
});
