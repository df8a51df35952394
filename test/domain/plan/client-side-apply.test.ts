import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { clientSideApply } from '../../../src/domain/plan/client-side-apply.ts';
import type { ApplyAnswer } from '../../../src/domain/plan/prediction.ts';
import { applied, deployment, deploymentSchema, effectLines, facts, pattern, planOf } from './object-builder.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const status: JsonObject = {
  manager: 'kube-controller-manager',
  operation: 'Update',
  subresource: 'status',
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:status': { 'f:replicas': {} } },
};

const entry = (manager: string, fieldsV1: JsonObject, rest: JsonObject = {}): JsonObject => ({
  manager,
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2026-01-02T03:04:05Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...rest,
});

const container = (name: string): JsonObject => ({ name, image: `${name}:1` });
const spec = (replicas: number | undefined, ...names: readonly string[]): JsonObject => ({
  ...(replicas === undefined ? {} : { replicas }),
  template: { spec: { containers: names.map(container) } },
});
const item = (name: string): JsonObject => ({
  [`k:{"name":"${name}"}`]: { '.': {}, 'f:image': {}, 'f:name': {}, 'f:imagePullPolicy': {} },
});
const owned = (...names: readonly string[]): JsonObject => ({
  'f:metadata': { 'f:annotations': { '.': {}, [`f:${lastApplied}`]: {} } },
  'f:spec': {
    'f:progressDeadlineSeconds': {},
    'f:replicas': {},
    'f:template': { 'f:spec': { 'f:containers': Object.assign({}, ...names.map(item)) as JsonObject } },
  },
});

/** Three replicas of `web` and `gone`, as kubectl applied them and the API server filled them in. */
const live = (
  parts: { readonly entries?: readonly JsonObject[]; readonly annotations?: JsonObject } = {},
): JsonObject => {
  const containers = ['web', 'gone'].map((name) => ({ ...container(name), imagePullPolicy: 'IfNotPresent' }));
  return deployment(
    { replicas: 3, progressDeadlineSeconds: 600, template: { spec: { containers } } },
    {
      annotations: parts.annotations ?? { [lastApplied]: JSON.stringify(deployment(spec(3, 'web', 'gone'))) },
      managedFields: parts.entries ?? [status, entry('kubectl-client-side-apply', owned('web', 'gone'))],
    },
  );
};
const rendered = deployment(spec(undefined, 'web'));
const becoming = (object: JsonObject, ignored: readonly string[] = []) =>
  clientSideApply({ live: object, rendered, schema: deploymentSchema, ignored: ignored.map(pattern) });

describe('what kubectl applied client-side', () => {
  test('takes an annotation that is nested too deep to be read for none', () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    expect(becoming(live({ annotations: { [lastApplied]: deep } }))).toEqual(
      becoming(live({ annotations: { [lastApplied]: 'no JSON' } })),
    );
    const quoted = { [lastApplied]: JSON.stringify({ ...deployment(spec(3, 'web', 'gone')), note: '['.repeat(200) }) };
    expect(becoming(live({ annotations: quoted }))).toEqual(becoming(live()));
  });

  const ours = (fieldsV1: JsonObject) => entry('planwright', fieldsV1, { operation: 'Apply' });
  const recorded = (name: string): JsonObject => ({
    [`k:{"name":"${name}"}`]: { '.': {}, 'f:image': {}, 'f:name': {} },
  });
  const containers = (...names: readonly string[]): JsonObject => ({
    'f:spec': { 'f:containers': Object.assign({}, ...names.map(recorded)) as JsonObject },
  });

  test("becomes ours as far as kubectl wrote it down; what the API server filled in becomes nobody's", () => {
    expect(becoming(live())?.managedFields).toEqual([
      status,
      ours({
        'f:metadata': { 'f:annotations': { [`f:${lastApplied}`]: {} } },
        'f:spec': { 'f:replicas': {}, 'f:template': containers('web', 'gone') },
      }),
    ]);
  });

  test('is added to what is ours already', () => {
    const own = entry('planwright', { 'f:spec': { 'f:paused': {} } }, { operation: 'Apply' });
    const after = becoming(live({ entries: [own, entry('kubectl-client-side-apply', owned('web'))] }));
    expect(after?.managedFields).toHaveLength(1);
    expect(after?.managedFields[0]?.['fieldsV1']).toMatchObject({ 'f:spec': { 'f:paused': {}, 'f:replicas': {} } });
  });

  test('stays out of what is ignored', () => {
    expect(becoming(live(), ['spec.replicas', 'spec.template.spec.containers[name=gone]'])?.own).toEqual({
      'f:metadata': { 'f:annotations': { [`f:${lastApplied}`]: {} } },
      'f:spec': { 'f:template': containers('web') },
    });
  });

  test("is only what is rendered where kubectl's note of it is lost or cannot be read", () => {
    for (const annotations of [{ other: 'a' }, { [lastApplied]: '{' }, { [lastApplied]: '[]' }])
      expect(becoming(live({ annotations }))?.own).toEqual({ 'f:spec': { 'f:template': containers('web') } });
  });

  test.each([
    ['nobody applied it so', [status]],
    [
      'it was written in another version',
      [entry('kubectl-client-side-apply', owned('web'), { apiVersion: 'apps/v1beta1' })],
    ],
    ['it was applied server-side', [entry('kubectl-client-side-apply', owned('web'), { operation: 'Apply' })]],
    ['it was another resource', [entry('kubectl-client-side-apply', owned('web'), { subresource: 'scale' })]],
    ['somebody else wrote it', [entry('kubectl-edit', owned('web'))]],
  ])('is nothing where %s', (_, entries) => {
    expect(becoming(live({ entries }))).toBeUndefined();
  });
});

describe('the plan of an object that was applied client-side', () => {
  /** The dry-run leaves what kubectl still owns. */
  const forced: ApplyAnswer = applied(live());
  const conflict: ApplyAnswer = {
    kind: 'conflict',
    conflicts: [{ manager: 'kubectl-client-side-apply', field: '.spec.template' }],
    message: 'conflict',
  };
  const stages = { live: live(), merge: rendered, schema: deploymentSchema, member: false };
  const planned = (more: object = {}) =>
    planOf([facts({ ...stages, prediction: conflict, takenBack: forced, ...more })], { kind: 'adoption' });

  test('shows that the fields go which are rendered no more, and no default', () => {
    const plan = planned();
    expect(effectLines(plan)).toEqual([
      'update spec.replicas: 3 → absent',
      'update spec.template.spec.containers[name=gone].image: "gone:1" → absent',
      'update spec.template.spec.containers[name=gone].name: "gone" → absent',
    ]);
    expect(effectLines({ moves: plan.moves })).toEqual(effectLines(plan));
    expect(plan.changes[0]?.differences.map(({ path, origin }) => [path, origin.kind])).toEqual([
      ['spec.replicas', 'this'],
      ['spec.template.spec.containers[name=gone].image', 'this'],
      ['spec.template.spec.containers[name=gone].name', 'this'],
    ]);
    expect(plan.changes[0]?.notes[0]).toBe(
      "was applied client-side until now (kubectl-client-side-apply); its fields become Planwright's; what is no longer rendered goes: spec.replicas, spec.template.spec.containers[name=gone].image, spec.template.spec.containers[name=gone].name",
    );
    expect(plan.problems).toEqual([]);
  });

  test('keeps what another manager owns too', () => {
    const other = entry('helm', { 'f:spec': { 'f:replicas': {} } });
    const entries = [other, entry('kubectl-client-side-apply', owned('web', 'gone'))];
    expect(effectLines(planned({ live: live({ entries }) }))).not.toContain('update spec.replicas: 3 → absent');
  });

  test('is drift where it was deployed before', () => {
    const plan = planned({ deployed: rendered, base: rendered, member: true });
    expect(new Set(plan.changes[0]?.differences.map(({ origin }) => origin.kind))).toEqual(new Set(['drift']));
  });

  test('is written also where no field moves', () => {
    const merge = deployment(spec(3, 'web', 'gone'));
    const plan = planOf([facts({ ...stages, merge, member: true, prediction: forced })]);
    expect(plan.changes).toMatchObject([{ action: 'no-op', write: true }]);
    expect(effectLines(plan)).toEqual([]);
  });

  test('goes on after an interruption: what became ours already is shown to go all the same', () => {
    const own = becoming(live())?.managedFields ?? [];
    const after = deployment({ progressDeadlineSeconds: 600, ...spec(1, 'web') });
    const plan = planOf([facts({ ...stages, live: live({ entries: own }), prediction: applied(after) })]);
    expect(effectLines(plan)).toEqual(effectLines(planned()));
  });
});
