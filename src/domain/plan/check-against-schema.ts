import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { FieldSchema } from './field-schema.ts';

/** Something that the API server would refuse, found without asking it. */
export interface SchemaViolation {
  /** JSON pointer of the field. */
  readonly pointer: string;
  readonly message: string;
}

/**
 * Checks names and types of fields against the kind's schema: unknown fields and values of the wrong type. It says nothing about required fields,
 * formats or rules, which only the API server knows in full.
 */
export function checkAgainstSchema(object: JsonObject, schema: FieldSchema): readonly SchemaViolation[] {
  const violations: SchemaViolation[] = [];

  function check(value: Json, at: FieldSchema | undefined, pointer: string): void {
    if (at === undefined || value === null) return;
    const expected = typeProblem(value, at);
    if (expected !== undefined) {
      violations.push({ pointer, message: `${pointer.slice(1).replaceAll('/', '.')} must be ${expected}` });
      return;
    }
    if (isJsonArray(value)) for (const [index, item] of value.entries()) check(item, at.items, `${pointer}/${index}`);
    else if (isJsonObject(value))
      for (const [name, member] of Object.entries(value)) checkMember(name, member, at, pointer);
  }

  function checkMember(name: string, member: Json, at: FieldSchema, pointer: string): void {
    const next = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const known = at.properties?.get(name) ?? at.additionalProperties;
    if (known === undefined && at.keepsUnknown !== true && at.properties !== undefined && at.properties.size > 0) {
      violations.push({ pointer: next, message: `unknown field ${next.slice(1).replaceAll('/', '.')}` });
      return;
    }
    check(member, known, next);
  }

  check(object, schema, '');
  return violations;
}

function typeProblem(value: Json, schema: FieldSchema): string | undefined {
  if (schema.quantity === true) return typeof value === 'object' ? 'a quantity' : undefined;
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? undefined : 'a string';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'a boolean';
    case 'integer':
      return typeof value === 'bigint' || Number.isInteger(value) ? undefined : 'an integer';
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? undefined : 'a number';
    case 'array':
      return isJsonArray(value) ? undefined : 'a list';
    case 'object':
      return isJsonObject(value) ? undefined : 'a map';
    default:
      return undefined;
  }
}
