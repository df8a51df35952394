import type { Json, JsonObject } from '../../../src/domain/json.ts';

/** A field of one definition, values that the API server takes, and values that it refuses with the field that it blames. */
export interface FieldCase {
  readonly schema: JsonObject;
  readonly takes?: readonly Json[];
  /** `named`: how the API server names the field, where it names another one. */
  readonly refuses?: readonly (readonly [value: Json, field: string, named?: string])[];
}

const text = { type: 'string' };
const number = { type: 'integer' };
const map = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const list = (items: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'array', items, ...more });

/** Each is the field `spec.NAME` of one kind. `test/contracts` holds the real API server to the same table. */
export const fieldCases: Readonly<Record<string, FieldCase>> = {
  text: {
    schema: text,
    takes: ['', 'a'],
    refuses: [
      [null, ''],
      [1, ''],
      [true, ''],
      [{}, ''],
      [['a'], ''],
    ],
  },
  integer: {
    schema: number,
    takes: [0, -5, 3_000_000_000],
    refuses: [
      ['1', ''],
      [1.5, ''],
      [false, ''],
    ],
  },
  int32: { schema: { type: 'integer', format: 'int32' }, takes: [1, 3_000_000_000], refuses: [['1', '']] },
  number: { schema: { type: 'number' }, takes: [1, 1.5], refuses: [['1.5', '']] },
  flag: { schema: { type: 'boolean' }, takes: [true], refuses: [['true', '']] },
  either: {
    schema: { 'x-kubernetes-int-or-string': true },
    takes: [1, '80%', ''],
    refuses: [
      [1.5, ''],
      [true, ''],
      [{}, ''],
    ],
  },
  eitherMatching: {
    schema: { 'x-kubernetes-int-or-string': true, pattern: '^[0-9]+%$', maximum: 10 },
    takes: [1, '80%'],
    refuses: [
      ['80', ''],
      [11, ''],
    ],
  },
  choice: { schema: { type: 'string', enum: ['Always', 'Never'] }, takes: ['Never'], refuses: [['never', '']] },
  numberChoice: { schema: { type: 'integer', enum: [1, 2] }, takes: [2], refuses: [[3, '']] },
  nullableChoice: {
    schema: { type: 'string', nullable: true, enum: ['a'] },
    takes: ['a'],
    refuses: [[null, '']],
  },
  nullable: { schema: { type: 'string', nullable: true }, takes: [null, 'a'] },
  pattern: {
    schema: { type: 'string', pattern: '^a+$' },
    takes: ['aaa'],
    refuses: [
      ['b', ''],
      ['a\n', ''],
    ],
  },
  unanchored: { schema: { type: 'string', pattern: 'b' }, takes: ['abc'], refuses: [['acd', '']] },
  posix: { schema: { type: 'string', pattern: '^[[:alpha:]]+\\z' }, takes: ['abc'], refuses: [['a1', '']] },
  length: {
    schema: { type: 'string', minLength: 2, maxLength: 3 },
    takes: ['ab', '👑👑👑'],
    refuses: [
      ['a', ''],
      ['abcd', ''],
      ['👑', ''],
    ],
  },
  range: {
    schema: { type: 'integer', minimum: 1, maximum: 5, exclusiveMaximum: true },
    takes: [1, 4],
    refuses: [
      [0, ''],
      [5, ''],
    ],
  },
  multiple: { schema: { type: 'integer', multipleOf: 5 }, takes: [10], refuses: [[11, '']] },
  fraction: {
    schema: { type: 'number', multipleOf: 0.1 },
    takes: [0.3],
    refuses: [
      [0.25, ''],
      [2, ''],
    ],
  },
  items: {
    schema: list(text, { minItems: 1, maxItems: 2 }),
    takes: [['a']],
    refuses: [
      [[], ''],
      [['a', 'b', 'c'], ''],
      [['a', 1], '[1]'],
      [{}, ''],
      ['a', ''],
    ],
  },
  set: {
    schema: list(text, { 'x-kubernetes-list-type': 'set' }),
    takes: [['a', 'b']],
    refuses: [[['a', 'b', 'a'], '[2]', '']],
  },
  keyed: {
    schema: list(map({ name: text, port: number }, { required: ['name'] }), {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }),
    takes: [[{ name: 'a' }, { name: 'b' }]],
    refuses: [
      [[{ name: 'a', port: 'x' }], '[0].port', '[name="a"].port'],
      [[{ name: 'a' }, { name: 'a' }], '[1]', ''],
      [[{ port: 1 }], '[0].name', ''],
    ],
  },
  fields: {
    schema: map({ a: text, b: map({ c: number }, { required: ['c'] }) }, { required: ['a'], maxProperties: 2 }),
    takes: [{ a: '' }, { a: 'x', b: { c: 1 } }],
    refuses: [
      [{}, '.a'],
      [{ a: null }, '.a'],
      [{ a: 'x', b: {} }, '.b.c'],
      [{ a: 'x', d: 1 }, '.d'],
      [{ a: 'x', b: { c: 1, d: { e: 1 } } }, '.b.d'],
      ['a', ''],
    ],
  },
  map: {
    schema: { type: 'object', additionalProperties: number },
    takes: [{}, { 'any/key.x': 1 }],
    refuses: [[{ a: 'x' }, '.a']],
  },
  nullInMap: {
    schema: { type: 'object', additionalProperties: number },
    refuses: [[{ a: null }, '.a']],
  },
  nullInList: { schema: list(number), refuses: [[[null], '[0]']] },
  anything: { schema: { 'x-kubernetes-preserve-unknown-fields': true }, takes: [1, 'a', { b: [null] }, [{}]] },
  open: {
    schema: map({ a: number, deep: map({ b: text }) }, { 'x-kubernetes-preserve-unknown-fields': true }),
    takes: [{ a: 1, z: { y: 1 } }, { deep: { c: 1 } }],
    refuses: [[{ a: 'x' }, '.a']],
  },
  embedded: {
    schema: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
    takes: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { x: 1 } }],
    refuses: [[{ kind: 'Pod' }, '.apiVersion']],
  },
  defaulted: {
    schema: map(
      { size: { type: 'integer', default: 3 }, tier: map({ name: text }, { default: { name: 'a' } }) },
      {
        required: ['size', 'tier'],
      },
    ),
    takes: [{}, { size: null }],
    refuses: [[{ size: 'x' }, '.size']],
  },
  any: {
    schema: map({ a: text, b: text }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }),
    takes: [{ a: 'x' }, { a: 'x', b: 'x' }],
    refuses: [[{}, '']],
  },
  one: {
    schema: map({ a: text, b: text }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
    takes: [{ a: 'x' }],
    refuses: [
      [{}, ''],
      [{ a: 'x', b: 'x' }, ''],
    ],
  },
  all: {
    schema: map(
      { a: number },
      { allOf: [{ properties: { a: { minimum: 1 } } }, { properties: { a: { maximum: 3 } } }] },
    ),
    takes: [{ a: 2 }],
    refuses: [
      [{ a: 0 }, '.a'],
      [{ a: 4 }, '.a'],
    ],
  },
  not: { schema: { type: 'string', not: { enum: ['x'] } }, takes: ['y'], refuses: [['x', '']] },
  date: {
    schema: { type: 'string', format: 'date' },
    takes: ['2024-02-29'],
    refuses: [
      ['2023-02-29', ''],
      ['x', ''],
    ],
  },
  dateTime: {
    schema: { type: 'string', format: 'date-time' },
    takes: ['2024-01-01T00:00:00Z', '2024-01-01t00:00:00.5+01:00'],
    refuses: [
      ['2024-01-01', ''],
      ['2024-01-01T24:00:00Z', ''],
      ['2024-01-01T00:00:00', ''],
    ],
  },
  duration: {
    schema: { type: 'string', format: 'duration' },
    takes: ['1h30m', '-1.5s', '3 days', '0', 'about 3 days'],
    refuses: [
      ['1', ''],
      ['', ''],
      ['3 fortnights', ''],
    ],
  },
  ipv4: {
    schema: { type: 'string', format: 'ipv4' },
    takes: ['10.0.0.1', '010.0.0.1'],
    refuses: [
      ['10.0.0', ''],
      ['::1', ''],
      ['10.0.0.256', ''],
    ],
  },
  ipv6: {
    schema: { type: 'string', format: 'ipv6' },
    takes: ['::1', 'fe80::1', '::ffff:10.0.0.1'],
    refuses: [
      ['10.0.0.1', ''],
      [':::', ''],
      ['fe80::1%eth0', ''],
    ],
  },
  cidr: {
    schema: { type: 'string', format: 'cidr' },
    takes: ['10.0.0.0/8', '10.0.0.1/8', 'fd00::/8'],
    refuses: [
      ['10.0.0.0', ''],
      ['10.0.0.0/33', ''],
      ['fd00::/129', ''],
    ],
  },
  mac: {
    schema: { type: 'string', format: 'mac' },
    takes: ['00:00:5e:00:53:01', '0000.5e00.5301', '00-00-5E-00-53-01'],
    refuses: [
      ['00:00:5e', ''],
      ['x', ''],
    ],
  },
  uuid: {
    schema: { type: 'string', format: 'uuid' },
    takes: ['123e4567-e89b-12d3-a456-426614174000', '123E4567E89B12D3A456426614174000'],
    refuses: [['123', '']],
  },
  hostname: {
    schema: { type: 'string', format: 'hostname' },
    takes: ['a', 'example.com', 'a-b.c-d.example'],
    refuses: [
      ['-a', ''],
      ['a b', ''],
      ['', ''],
    ],
  },
  uri: {
    schema: { type: 'string', format: 'uri' },
    takes: ['https://example.com/a?b', '/path', 'urn:a:b'],
    refuses: [
      ['example', ''],
      ['', ''],
      ['http://a b', ''],
    ],
  },
  byte: {
    schema: { type: 'string', format: 'byte' },
    takes: ['YQ==', 'YWJj'],
    refuses: [
      ['YQ', ''],
      ['*', ''],
      ['', ''],
    ],
  },
  shortName: {
    schema: { type: 'string', format: 'k8s-short-name' },
    takes: ['a-b'],
    refuses: [
      ['A', ''],
      ['a.b', ''],
    ],
  },
  rule: {
    schema: map(
      { min: number, max: number },
      { 'x-kubernetes-validations': [{ rule: 'self.min <= self.max', message: 'min is above max' }] },
    ),
    takes: [{ min: 1, max: 1 }],
    refuses: [
      [{ min: 2, max: 1 }, ''],
      [{ min: 1 }, ''],
    ],
  },
  ruleWithField: {
    schema: map(
      { size: number },
      {
        'x-kubernetes-validations': [{ rule: 'self.size % 2 == 0', fieldPath: '.size', reason: 'FieldValueForbidden' }],
      },
    ),
    takes: [{ size: 2 }],
    refuses: [[{ size: 3 }, '.size']],
  },
  ruleOfItems: {
    schema: list(
      map(
        { name: { type: 'string', maxLength: 20 }, port: number },
        {
          required: ['name'],
          'x-kubernetes-validations': [{ rule: "!has(self.port) || self.port > 0 || self.name == 'any'" }],
        },
      ),
      {
        maxItems: 8,
        'x-kubernetes-list-type': 'atomic',
        'x-kubernetes-validations': [
          { rule: 'self.all(one, self.exists_one(two, one.name == two.name))', message: 'names repeat' },
        ],
      },
    ),
    takes: [[{ name: 'a' }, { name: 'b', port: 1 }], [{ name: 'any', port: 0 }]],
    refuses: [
      [[{ name: 'a' }, { name: 'a' }], ''],
      [[{ name: 'a', port: 0 }], '[0]'],
    ],
  },
  ruleOfTexts: {
    schema: {
      type: 'string',
      maxLength: 40,
      'x-kubernetes-validations': [
        { rule: "self.matches('^(a+)+$') || self.find('[0-9]+') == '42' || self.charAt(0) == 'z'" },
        { rule: "!self.startsWith('x') && self.replace('b', '').size() > 0" },
      ],
    },
    takes: ['aaa', 'b42', 'z'],
    refuses: [
      ['c', ''],
      ['', ''],
      [`${'a'.repeat(39)}!`, ''],
    ],
  },
  ruleOfQuantities: {
    schema: map(
      { request: { 'x-kubernetes-int-or-string': true }, limit: { 'x-kubernetes-int-or-string': true } },
      {
        'x-kubernetes-validations': [
          {
            rule: 'isQuantity(string(self.request)) && quantity(string(self.request)).compareTo(quantity(string(self.limit))) <= 0',
          },
        ],
      },
    ),
    takes: [
      { request: '500m', limit: 1 },
      { request: '1Gi', limit: '1073741824' },
    ],
    refuses: [
      [{ request: '2', limit: '1' }, ''],
      [{ request: 'x', limit: '1' }, ''],
    ],
  },
  ruleOfLists: {
    schema: list(number, {
      maxItems: 5,
      'x-kubernetes-validations': [
        { rule: 'self.sum() < 10 && self.isSorted() && self.max() < 8 && sets.contains([1, 2, 3, 4, 5, 6, 7], self)' },
      ],
    }),
    takes: [[1, 2], [7]],
    refuses: [
      [[2, 1], ''],
      [[4, 7], ''],
      [[0], ''],
    ],
  },
  ruleOfTimes: {
    schema: map(
      { from: { type: 'string', format: 'date-time' }, every: { type: 'string', format: 'duration' } },
      {
        'x-kubernetes-validations': [
          { rule: "self.from > timestamp('2020-01-01T00:00:00Z')" },
          { rule: "self.every <= duration('1h')" },
        ],
      },
    ),
    takes: [{ from: '2024-01-01T00:00:00Z', every: '30m' }],
    refuses: [
      [{ from: '2019-01-01T00:00:00Z', every: '30m' }, ''],
      [{ from: '2024-01-01T00:00:00Z', every: '2h' }, ''],
    ],
  },
  transition: {
    schema: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
    takes: ['a'],
  },
  unknownFormat: { schema: { type: 'string', format: 'semver' }, takes: ['whatever'] },
};

/** The definition that has them all. */
export function caseDefinition(group: string): JsonObject {
  const properties = Object.fromEntries(Object.entries(fieldCases).map(([name, { schema }]) => [name, schema]));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `cases.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'cases', singular: 'case', kind: 'Case' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: map({ spec: map(properties) }) },
        },
      ],
    },
  };
}

export function caseObject(group: string, field: string, value: Json): JsonObject {
  return { apiVersion: `${group}/v1`, kind: 'Case', metadata: { name: 'one' }, spec: { [field]: value } };
}
