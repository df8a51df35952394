import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { apiFieldPath, fieldPath, type PathSegment } from '../../../src/domain/plan/field-path.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import { leavesOf } from '../../../src/domain/plan/leaves.ts';
import { jsonObject, shuffled } from './arbitrary-json.ts';
import {
  configMap,
  containers,
  deployment,
  deploymentSchema,
  fields,
  keyed,
  manifest,
  serviceSchema,
  textField,
} from './object-builder.ts';

function paths(object: JsonObject, schema?: FieldSchema): readonly string[] {
  return [...leavesOf(object, schema).byPath.keys()].sort();
}

function valuesOf(object: JsonObject, schema?: FieldSchema): Record<string, Json> {
  return Object.fromEntries([...leavesOf(object, schema).byPath].map(([path, leaf]) => [path, leaf.value]));
}

function apiPaths(object: JsonObject, schema?: FieldSchema): readonly string[] {
  return [...leavesOf(object, schema).byPath.values()].map((leaf) => apiFieldPath(leaf.segments));
}

const web = { name: 'web', image: 'acme/web:1', env: [{ name: 'LOG', value: 'info' }] };
const podSpec = (list: readonly Json[]): JsonObject => deployment({ template: { spec: { containers: list } } });
const service = (ports: readonly Json[]): JsonObject => manifest('Service', { spec: { ports } });

describe('the leaves of an object', () => {
  test('are its scalars, with items of keyed lists named by their keys', () => {
    expect(valuesOf(podSpec([web]), deploymentSchema)).toEqual({
      apiVersion: 'apps/v1',
      'spec.template.spec.containers[*]': ['web'],
      'spec.template.spec.containers[name=web].env[*]': ['LOG'],
      'spec.template.spec.containers[name=web].env[name=LOG].name': 'LOG',
      'spec.template.spec.containers[name=web].env[name=LOG].value': 'info',
      'spec.template.spec.containers[name=web].image': 'acme/web:1',
      'spec.template.spec.containers[name=web].name': 'web',
    });
  });

  test('name items by every key, with the default of one that is left out', () => {
    const both = service([{ port: 80 }, { port: 80, protocol: 'UDP' }]);
    expect(valuesOf(both, serviceSchema)).toMatchObject({
      'spec.ports[port=80,protocol=TCP].port': 80,
      'spec.ports[port=80,protocol=UDP].port': 80,
      'spec.ports[*]': ['port=80,protocol=TCP', 'port=80,protocol=UDP'],
    });
  });

  test("leave a key without default out of an item's name, as the API does", () => {
    const schema = fields({
      spec: fields({ hosts: keyed(['ip', 'zone'], fields({ ip: textField, zone: textField })) }),
    });
    const object = manifest('Thing', { spec: { hosts: [{ ip: '10.0.0.1' }, { zone: '10.0.0.1' }] } });
    expect(paths(object, schema)).toEqual(
      expect.arrayContaining(['spec.hosts[ip=10.0.0.1].ip', 'spec.hosts[zone=10.0.0.1].zone', 'spec.hosts[*]']),
    );
  });

  test('name items of a set by their values', () => {
    const object = manifest('Pod', {}, { finalizers: ['acme.io/a', 'acme.io/b'] });
    expect(valuesOf(object)).toMatchObject({
      'metadata.finalizers[=acme.io/a]': 'acme.io/a',
      'metadata.finalizers[=acme.io/b]': 'acme.io/b',
      'metadata.finalizers[*]': ['acme.io/a', 'acme.io/b'],
    });
  });

  test('know owner references by their uid, in every kind', () => {
    const object = manifest('Pod', {}, { ownerReferences: [{ uid: 'u-1', kind: 'ReplicaSet', name: 'web' }] });
    expect(paths(object)).toContain('metadata.ownerReferences[uid=u-1].name');
  });

  test('take atomic lists and maps as one value', () => {
    const schema = fields({
      spec: fields({
        args: { type: 'array', listType: 'atomic', items: textField },
        selector: { type: 'object', mapType: 'atomic', additionalProperties: textField },
      }),
    });
    const object = manifest('Thing', { spec: { args: ['a', 'b'], selector: { app: 'web', tier: 'front' } } });
    expect(valuesOf(object, schema)).toEqual({
      apiVersion: 'v1',
      'spec.args': ['a', 'b'],
      'spec.selector': { app: 'web', tier: 'front' },
    });
  });

  test('without a schema, maps are granular and lists are one value', () => {
    expect(valuesOf(podSpec([web]))).toEqual({ apiVersion: 'apps/v1', 'spec.template.spec.containers': [web] });
  });

  test('keep empty maps and lists, and nulls', () => {
    const object = manifest('Thing', { spec: { a: {}, b: [], c: null } });
    expect(valuesOf(object)).toMatchObject({ 'spec.a': {}, 'spec.b': [], 'spec.c': null });
    expect(valuesOf(podSpec([]), deploymentSchema)).toMatchObject({ 'spec.template.spec.containers': [] });
  });

  test.each<[string, readonly Json[]]>([
    ['a key twice', [web, { ...web, image: 'other' }]],
    ['an item without key', [web, { image: 'nameless' }]],
    ['an item that is no map', [web, 'text']],
    ['a key that is no scalar', [{ name: { first: 'web' } }]],
  ])('take a keyed list with %s as one value, because the API refuses it', (_what, list) => {
    expect(valuesOf(podSpec(list), deploymentSchema)['spec.template.spec.containers']).toEqual(list);
  });

  test('take a set with the same value twice, or with maps in it, as one value', () => {
    expect(valuesOf(manifest('Pod', {}, { finalizers: ['a', 'a'] }))['metadata.finalizers']).toEqual(['a', 'a']);
    expect(valuesOf(manifest('Pod', {}, { finalizers: [{ a: 1 }] }))['metadata.finalizers']).toEqual([{ a: 1 }]);
  });

  test('leave out what names the object and what only the server writes', () => {
    const object = manifest(
      'Pod',
      { status: { phase: 'Running' } },
      {
        uid: 'u',
        resourceVersion: '7',
        generation: 3,
        creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: [{ manager: 'planwright' }],
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' },
        labels: { 'applyset.kubernetes.io/part-of': 'applyset-x-v1', app: 'web' },
      },
    );
    expect(paths(object)).toEqual(['apiVersion', 'metadata.annotations.kept', 'metadata.labels.app']);
  });

  test('keep fields of those names where they belong to the author', () => {
    const object = deployment({ template: { metadata: { name: 'x', labels: { uid: 'u' } }, status: 'mine' } });
    expect(paths(object)).toEqual([
      'apiVersion',
      'spec.template.metadata.labels.uid',
      'spec.template.metadata.name',
      'spec.template.status',
    ]);
  });

  test('point to where they stand', () => {
    const leaves = leavesOf(service([{ port: 80 }]), serviceSchema).byPath;
    expect(leaves.get('spec.ports[port=80,protocol=TCP].port')?.pointer).toBe('/spec/ports/0/port');
    const data = leavesOf(configMap({ 'a/b~c': '1' }), undefined).byPath;
    expect(data.get('data["a/b~c"]')?.pointer).toBe('/data/a~1b~0c');
  });

  test('of lists whose items a secret names show no secret in their paths', () => {
    const schema = fields({
      spec: fields({
        tokens: keyed(['token'], fields({ token: textField })),
        token: { type: 'array', listType: 'set', items: textField },
      }),
    });
    const object = manifest('Thing', { spec: { tokens: [{ token: 'canary' }], token: ['canary'] } });
    expect(paths(object, schema)).toEqual(['apiVersion', 'spec.token', 'spec.tokens']);
    const several = fields({ spec: fields({ users: keyed(['name', 'password'], fields({})) }) });
    const users = manifest('Thing', { spec: { users: [{ name: 'a', password: 'canary' }] } });
    expect(paths(users, several)).toEqual(['apiVersion', 'spec.users']);
  });

  test('do not depend on the order of keys', () => {
    fc.assert(
      fc.property(jsonObject, fc.nat(), (spec, seed) => {
        const object = manifest('Thing', { spec });
        expect(valuesOf(shuffled(object, seed) as JsonObject)).toEqual(valuesOf(object));
      }),
    );
  });

  test('say everything that an object says', () => {
    fc.assert(
      fc.property(jsonObject, jsonObject, (left, right) => {
        const [one, other] = [manifest('Thing', { spec: left }), manifest('Thing', { spec: right })];
        const text = (object: JsonObject) =>
          [...leavesOf(object, undefined).byPath].map(([path, { value }]) => `${path} ${canonicalJson(value)}`).sort();
        expect(canonicalJson(text(one)) === canonicalJson(text(other))).toBe(
          canonicalJson(left) === canonicalJson(right),
        );
      }),
    );
  });
});

describe('the path of a field', () => {
  const field = (name: string): PathSegment => ({ kind: 'field', name });
  const item = (keys: Record<string, Json>): PathSegment => ({
    kind: 'item',
    keys: Object.entries(keys).map(([name, value]) => [name, canonicalJson(value)] as const),
  });
  const value = (json: Json): PathSegment => ({ kind: 'value', json: canonicalJson(json) });

  test.each<[readonly PathSegment[], string, string]>([
    [[field('spec'), field('replicas')], 'spec.replicas', '.spec.replicas'],
    [[field('data'), field('app.conf')], 'data["app.conf"]', '.data.app.conf'],
    [[field('data'), field('')], 'data[""]', '.data.'],
    [[field('l'), item({ name: 'web' }), field('image')], 'l[name=web].image', '.l[name="web"].image'],
    [[field('p'), item({ port: 80, protocol: 'TCP' })], 'p[port=80,protocol=TCP]', '.p[port=80,protocol="TCP"]'],
    [[field('l'), item({ name: '80' })], 'l[name="80"]', '.l[name="80"]'],
    [[field('l'), item({ name: 'a,b=c]' })], 'l[name="a,b=c]"]', '.l[name="a,b=c]"]'],
    [[field('l'), item({ on: true })], 'l[on=true]', '.l[on=true]'],
    [[field('l'), item({ on: 'true' })], 'l[on="true"]', '.l[on="true"]'],
    [[field('f'), value('x/y')], 'f[=x/y]', '.f[="x/y"]'],
    [[field('f'), value('1e-7')], 'f[="1e-7"]', '.f[="1e-7"]'],
    [[field('f'), value(1e-7)], 'f[=1e-7]', '.f[=1e-7]'],
    [[field('f'), field('x[*]')], 'f["x[*]"]', '.f.x[*]'],
  ])('%j is %s for people and %s for the API', (segments, forPeople, forApi) => {
    expect(fieldPath(segments)).toBe(forPeople);
    expect(apiFieldPath(segments)).toBe(forApi);
  });

  test('names one field only', () => {
    const scalar = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom('1', 'true', '*', '1e-7', 'a"b', 'null'),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    const segment: fc.Arbitrary<PathSegment> = fc.oneof(
      fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('a.b', '[*]', '[=x]', 'a')).map(field),
      fc.dictionary(fc.constantFrom('name', 'port'), scalar, { minKeys: 1, noNullPrototype: true }).map(item),
      scalar.map(value),
    );
    const path = fc
      .tuple(fc.constant(field('spec')), fc.array(segment, { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest]);
    fc.assert(
      fc.property(path, path, (left, right) => {
        expect(fieldPath(left) === fieldPath(right)).toBe(canonicalJson(sorted(left)) === canonicalJson(sorted(right)));
      }),
      { numRuns: 2000 },
    );
  });

  test("of a keyed item is the API's, whichever key comes first", () => {
    expect(apiPaths(service([{ protocol: 'TCP', port: 443 }]), serviceSchema)).toContain(
      '.spec.ports[port=443,protocol="TCP"].port',
    );
    expect(
      apiPaths(podSpec([web]), fields({ spec: fields({ template: fields({ spec: fields({ containers }) }) }) })),
    ).toContain('.spec.template.spec.containers[name="web"].env[name="LOG"].value');
  });

  function sorted(segments: readonly PathSegment[]): Json {
    return segments.map((segment) => ({ ...segment }) as unknown as Json);
  }
});
