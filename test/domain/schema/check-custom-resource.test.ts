import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { checkCustomResource } from '../../../src/domain/schema/check-custom-resource.ts';
import { readStructuralSchema } from '../../../src/domain/schema/read-open-api.ts';
import { pointerText } from '../../../src/domain/schema/schema-check.ts';
import { caseDefinition, caseObject, fieldCases } from './custom-resource-cases.ts';

const group = 'cases.example.com';
const schema = readStructuralSchema(structuralSchemaOf(caseDefinition(group)));
const refused = (object: JsonObject) => [
  ...new Set(checkCustomResource(object, schema).violations.map(({ pointer }) => pointerText(pointer))),
];

const manyNames = Array.from({ length: 2_000 }, (_, index) => `name${index}`);

describe('a custom resource checked against its definition', () => {
  const takes = Object.entries(fieldCases).flatMap(([field, { takes = [] }]) =>
    takes.map((value) => [field, value] as const),
  );
  it.each(takes)('may have %s %j', (field, value) => {
    expect(checkCustomResource(caseObject(group, field, value), schema)).toEqual({ violations: [], unchecked: [] });
  });

  const refuses = Object.entries(fieldCases).flatMap(([field, { refuses = [] }]) =>
    refuses.map(([value, at]) => [field, value, `spec.${field}${at}`] as const),
  );
  it.each(refuses)('may not have %s %j', (field, value, at) => {
    expect(refused(caseObject(group, field, value))).toEqual([at]);
  });

  it('says what a field has to be, and never what it is', () => {
    const { violations } = checkCustomResource(caseObject(group, 'choice', 'hunter2'), schema);
    expect(violations).toEqual([{ pointer: '/spec/choice', message: 'spec.choice must be one of "Always", "Never"' }]);
  });

  it.each([
    [
      'defaults',
      {
        items: {
          type: 'object',
          properties: Object.fromEntries(manyNames.map((name) => [name, { type: 'string', default: '' }])),
        },
      },
      {},
    ],
    ['allowed values', { items: { type: 'string', enum: manyNames } }, 'x'],
    ['needed fields', { items: { type: 'object', required: manyNames } }, {}],
  ])('gives up where many items have many %s each', (_, list, item) => {
    const asked = readStructuralSchema({ properties: { list: { type: 'array', ...list } } });
    const before = process.cpuUsage();
    const { unchecked } = checkCustomResource({ list: Array.from({ length: 100_000 }, () => item) }, asked);
    const { user, system } = process.cpuUsage(before);
    expect(unchecked).toEqual(['all that its definition asks for: checking it would take too long']);
    expect((user + system) / 1000).toBeLessThan(3000);
  });

  it('finds every repeated item, however many there are', () => {
    const asked = readStructuralSchema({
      properties: { set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer' } } },
    });
    const { violations } = checkCustomResource({ set: Array.from({ length: 300_000 }, () => 0) }, asked);
    expect(violations).toHaveLength(299_999);
  });

  it('says what could not be checked', () => {
    const asked = readStructuralSchema({ properties: { mail: { type: 'string', format: 'email' } } });
    expect(checkCustomResource({ mail: 'x' }, asked)).toEqual({
      violations: [],
      unchecked: ['whether mail has the format email'],
    });
  });

  it('does not evaluate values that double with every binding', () => {
    const doubling = Array.from({ length: 20 }).reduce<string>((body) => `cel.bind(x, x + x, ${body})`, 'size(x) > 0');
    const rule = `cel.bind(x, self, ${doubling})`;
    const asked = readStructuralSchema({
      properties: { text: { type: 'string', 'x-kubernetes-validations': [{ rule }] } },
    });
    const { violations, unchecked } = checkCustomResource({ text: 'a'.repeat(1_000) }, asked);
    expect(violations).toEqual([]);
    expect(unchecked.join()).toContain('cel.bind is not evaluated');
  });

  it('gives up on work that would take too long, and says so', () => {
    const pattern = `^${'(a?){900}'.repeat(40)}$`;
    const asked = readStructuralSchema({ properties: { text: { type: 'string', pattern } } });
    const startedMs = performance.now();
    expect(checkCustomResource({ text: 'a'.repeat(1_000_000) }, asked).unchecked).toHaveLength(1);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('never takes a rule for true that it cannot evaluate', () => {
    const asked = readStructuralSchema({
      properties: { address: { type: 'string', 'x-kubernetes-validations': [{ rule: "url(self).getHost() == 'a'" }] } },
    });
    const { violations, unchecked } = checkCustomResource({ address: 'https://a' }, asked);
    expect(violations).toEqual([]);
    expect(unchecked.join()).toContain(`the rule "url(self).getHost() == 'a'" of address`);
  });

  it('does not start on a rule whose loops would take too long', () => {
    const rule = 'self.all(a, self.all(b, self.all(c, a + b + c >= 0)))';
    const asked = readStructuralSchema({
      properties: { list: { type: 'array', items: { type: 'integer' }, 'x-kubernetes-validations': [{ rule }] } },
    });
    const list = Array.from({ length: 1_000 }, (_, index) => index);
    const startedMs = performance.now();
    expect(checkCustomResource({ list }, asked).unchecked).toHaveLength(1);
    expect(checkCustomResource({ list: list.slice(0, 20) }, asked)).toEqual({ violations: [], unchecked: [] });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('is in no danger from names that objects inherit', () => {
    const object = JSON.parse('{"spec":{"__proto__":{"a":1},"constructor":{},"map":{"toString":1}}}') as JsonObject;
    expect(refused(object)).toEqual(['spec.__proto__', 'spec.constructor']);
    expect(refused({ spec: { fields: {} } })).toEqual(['spec.fields.a']);
  });
});

function structuralSchemaOf(definition: JsonObject): JsonObject {
  const { spec } = definition as { spec: { versions: readonly { schema: { openAPIV3Schema: JsonObject } }[] } };
  const [version] = spec.versions;
  if (version === undefined) throw new Error('a definition has versions');
  return version.schema.openAPIV3Schema;
}
