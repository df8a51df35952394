import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import { provesNoOp } from '../../../src/domain/plan/prove-no-op.ts';

const map = (entries: Record<string, FieldSchema>): FieldSchema => ({
  type: 'object',
  properties: new Map(Object.entries(entries)),
});
const list = (of: Partial<FieldSchema>): FieldSchema => ({ type: 'array', ...of });
const ports = list({
  listType: 'map',
  listMapKeys: ['containerPort', 'protocol'],
  items: map({ containerPort: {}, protocol: { default: 'TCP' }, name: {} }),
});
const containers = list({
  listType: 'map',
  listMapKeys: ['name'],
  items: map({ name: {}, image: {}, args: list({}), ports, env: list({ listType: 'map', listMapKeys: ['name'] }) }),
});
const schema = map({
  metadata: map({ labels: { additionalProperties: {} }, annotations: { additionalProperties: {} } }),
  spec: map({
    replicas: {},
    selector: { mapType: 'atomic', ...map({}) },
    groups: list({ listType: 'set' }),
    containers,
    strategy: map({ type: {}, limits: { additionalProperties: {} } }),
  }),
});

const sent: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web', tier: 'front' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    groups: ['b', 'a'],
    containers: [
      {
        name: 'web',
        image: 'web:1',
        args: ['-v', '-x'],
        ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }],
      },
      { name: 'side', image: 'side:1' },
    ],
    strategy: {},
  },
};

/** `managedFields` of `sent`, as kube-apiserver 1.35 writes them. */
const owned: JsonObject = {
  'f:metadata': { 'f:labels': { 'f:app': {}, 'f:tier': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:selector': {},
    'f:groups': { 'v:"a"': {}, 'v:"b"': {} },
    'f:containers': {
      'k:{"name":"side"}': { '.': {}, 'f:image': {}, 'f:name': {} },
      'k:{"name":"web"}': {
        '.': {},
        'f:args': {},
        'f:image': {},
        'f:name': {},
        'f:ports': {
          'k:{"containerPort":53,"protocol":"UDP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
          'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
        },
      },
    },
    'f:strategy': {},
  },
};

interface LiveParts {
  readonly fields?: Json;
  readonly entry?: JsonObject;
  readonly more?: readonly JsonObject[];
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
}

/** What the server keeps of `sent`: defaults are filled in, and others have added what is theirs. */
function live({ fields = owned, entry = {}, more = [], metadata = {}, spec = {} }: LiveParts = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '7',
      labels: { app: 'web', tier: 'front', theirs: 'x' },
      managedFields: [
        {
          manager: 'planwright',
          operation: 'Apply',
          apiVersion: 'apps/v1',
          fieldsType: 'FieldsV1',
          fieldsV1: fields,
          ...entry,
        },
        { manager: 'planwright', operation: 'Apply', subresource: 'status', apiVersion: 'apps/v1', fieldsV1: {} },
        ...more,
      ],
      ...metadata,
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      groups: ['b', 'theirs', 'a'],
      containers: [
        { name: 'injected', image: 'mesh:1' },
        {
          name: 'web',
          image: 'web:1',
          imagePullPolicy: 'IfNotPresent',
          args: ['-v', '-x'],
          ports: [
            { containerPort: 80, protocol: 'TCP' },
            { containerPort: 53, protocol: 'UDP' },
          ],
        },
        { name: 'side', image: 'side:1' },
      ],
      strategy: {},
      progressDeadlineSeconds: 600,
      ...spec,
    },
    status: { replicas: 2 },
  };
}

const spec = (parts: JsonObject): JsonObject => ({ ...sent, spec: { ...(sent['spec'] as JsonObject), ...parts } });
const metadata = (parts: JsonObject): JsonObject => ({
  ...sent,
  metadata: { ...(sent['metadata'] as JsonObject), ...parts },
});
const [web, side] = (sent['spec'] as { containers: readonly JsonObject[] }).containers as [JsonObject, JsonObject];
const proven = (of: { sent?: JsonObject; live?: JsonObject; schema?: FieldSchema | undefined }) =>
  provesNoOp({ sent, live: live(), schema, ...of });

test('an object whose every leaf is ours and as it is sent is proven, whatever others have added', () => {
  expect(proven({})).toBe(true);
});

describe('nothing is proven', () => {
  test.each<[string, JsonObject]>([
    ['another value', spec({ replicas: 3 })],
    ['a value of another type', spec({ replicas: '2' })],
    ['a field more', spec({ paused: false })],
    ['a field that is null', spec({ replicas: null })],
    ['an empty map where there is none', spec({ template: {} })],
    ['another value inside a map that is one', spec({ selector: { matchLabels: { app: 'web', x: 'y' } } })],
    ['a label less', metadata({ labels: { app: 'web' } })],
    ['no labels at all', metadata({ labels: {} })],
    ['finalizers', metadata({ finalizers: ['example.com/x'] })],
    ['an item less', spec({ containers: [web] })],
    ['an item more', spec({ containers: [web, side, { name: 'new' }] })],
    ['items in another order', spec({ containers: [side, web] })],
    ['an item twice', spec({ containers: [web, web] })],
    ['another item of a set', spec({ groups: ['a', 'c'] })],
    ['a set in another order', spec({ groups: ['a', 'b'] })],
    ['a list that is one value in another order', spec({ containers: [{ ...web, args: ['-x', '-v'] }, side] })],
    ['an item that is no map', spec({ containers: ['web', 'side'] })],
    [
      'a key that was left out until now',
      spec({
        containers: [
          {
            ...web,
            ports: [
              { containerPort: 80, protocol: 'TCP' },
              { containerPort: 53, protocol: 'UDP' },
            ],
          },
          side,
        ],
      }),
    ],
    [
      'a key left out that was said until now',
      spec({ containers: [{ ...web, ports: [{ containerPort: 80 }, { containerPort: 53 }] }, side] }),
    ],
    ['another version of the kind', { ...sent, apiVersion: 'apps/v1beta1' }],
  ])('for %s', (_case, changed) => {
    expect(proven({ sent: changed })).toBe(false);
  });

  test.each<[string, JsonObject]>([
    ['that is being deleted', live({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
    ['that was read in another version', { ...live(), apiVersion: 'apps/v1beta1' }],
    ['applied in another version', live({ entry: { apiVersion: 'apps/v1beta1' } })],
    ['written by an update, not an apply', live({ entry: { operation: 'Update' } })],
    ['applied by somebody else', live({ entry: { manager: 'helm' } })],
    ['whose ownership has another form', live({ entry: { fieldsType: 'FieldsV2' } })],
    ['whose ownership is empty', live({ fields: {} })],
    ['whose ownership cannot be read', live({ fields: 'all' })],
    ['of which we own more than we send', live({ fields: { ...owned, 'f:data': { 'f:x': {} } }, metadata: {} })],
    [
      'with two entries of ours',
      live({
        more: [
          { manager: 'planwright', operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: owned },
        ],
      }),
    ],
    ['somebody changed by hand', live({ spec: { replicas: 5 } })],
    ['whose empty map has been filled', live({ spec: { strategy: { type: 'Recreate' } } })],
    ['without its managed fields', live({ metadata: { managedFields: null } })],
    ['with an item twice', live({ spec: { groups: ['b', 'a', 'a'] } })],
  ])('of a live object %s', (_case, object) => {
    expect(proven({ live: object })).toBe(false);
  });

  test('without a schema where lists are owned by item', () => {
    expect(proven({ schema: undefined })).toBe(false);
  });

  test.each<[string, FieldSchema]>([
    ['a keyed list is one value today', map({ spec: map({ containers: list({}) }) })],
    ['a keyed list is a set today', map({ spec: map({ containers: list({ listType: 'set' }) }) })],
    [
      'the keys of a list are others today',
      map({ spec: map({ containers: list({ listType: 'map', listMapKeys: ['image'] }) }) }),
    ],
    ['a map is one value today', map({ spec: { mapType: 'atomic' } })],
  ])('when %s', (_case, changed) => {
    expect(proven({ schema: changed })).toBe(false);
  });

  const lone = (value: Json) => ({
    sent: { apiVersion: 'v1', kind: 'Kind', metadata: { name: 'a' }, spec: { value } },
    live: {
      apiVersion: 'v1',
      kind: 'Kind',
      metadata: {
        name: 'a',
        managedFields: [
          {
            manager: 'planwright',
            operation: 'Apply',
            apiVersion: 'v1',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:spec': { 'f:value': {} } },
          },
        ],
      },
      spec: { value },
    },
  });

  test('when a list or map that was one value is taken apart today', () => {
    const today = (value: FieldSchema) => map({ spec: map({ value }) });
    expect(
      provesNoOp({ ...lone([{ name: 'a' }]), schema: today(list({ listType: 'map', listMapKeys: ['name'] })) }),
    ).toBe(false);
    expect(provesNoOp({ ...lone(['a']), schema: today(list({ listType: 'set' })) })).toBe(false);
    expect(provesNoOp({ ...lone({ a: 'b' }), schema: today(map({ a: {} })) })).toBe(false);
    expect(provesNoOp({ ...lone([{ name: 'a' }]), schema: today(list({})) })).toBe(true);
    expect(provesNoOp({ ...lone({ a: 'b' }), schema: today({ mapType: 'atomic' }) })).toBe(true);
  });

  test('when the default of a key is another today, or none', () => {
    const keyed = (protocol: FieldSchema) => {
      const items = map({ containerPort: {}, protocol, name: {} });
      const port = list({ listType: 'map', listMapKeys: ['containerPort', 'protocol'], items });
      return map({
        metadata: map({}),
        spec: map({
          containers: list({ ...containers, items: map({ name: {}, image: {}, args: list({}), ports: port }) }),
          selector: { mapType: 'atomic' },
          groups: list({ listType: 'set' }),
        }),
      });
    };
    expect(proven({ schema: keyed({ default: 'TCP' }) })).toBe(true);
    expect(proven({ schema: keyed({ default: 'UDP' }) })).toBe(false);
    expect(proven({ schema: keyed({}) })).toBe(false);
  });
});

test('without a schema maps are taken apart and lists are one value', () => {
  const resource = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'a', labels: { x: 'y' } },
    spec: { sizes: [1, 2n ** 60n], nested: { on: true } },
  };
  const fieldsV1 = {
    'f:metadata': { 'f:labels': { 'f:x': {} } },
    'f:spec': { 'f:sizes': {}, 'f:nested': { 'f:on': {} } },
  };
  const entry = {
    manager: 'planwright',
    operation: 'Apply',
    apiVersion: 'example.com/v1',
    fieldsType: 'FieldsV1',
    fieldsV1,
  };
  const object = { ...resource, metadata: { ...resource.metadata, managedFields: [entry] } };
  expect(provesNoOp({ sent: resource, live: object, schema: undefined })).toBe(true);
  const other = { ...resource, spec: { ...resource.spec, sizes: [1, 2n ** 60n + 1n] } };
  expect(provesNoOp({ sent: other, live: object, schema: undefined })).toBe(false);
});
