import { isJsonArray, isJsonObject, type Json, type JsonObject, sameJson } from '../json.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import { isDateTimeOfGo } from './date-time.ts';
import { repeatedItems } from './repeated-items.ts';
import { pointerText, pointerTo, type SchemaCheck, type SchemaViolation } from './schema-check.ts';

/**
 * Checks an object of a kind that the API server has as Go types, as a server-side apply decodes it: unknown fields, types, formats, keys of lists that are
 * there twice, and those required fields and enumerations that the schema says are enforced. `null` is a field that is not there. It never finds
 * what the API server would take; the rules that are written in Go only it knows.
 */
export function checkBuiltIn(object: JsonObject, schema: FieldSchema): SchemaCheck {
  const violations: SchemaViolation[] = [];
  /** To the value that is looked at. */
  const path: (string | number)[] = [];
  const refuse = (message: string) => {
    const pointer = pointerTo(path);
    violations.push({ pointer, message: `${pointerText(pointer)} ${message}` });
  };

  function check(value: Json, at: FieldSchema): void {
    if (value === null) return;
    const { constraints } = at;
    const expected = typeFault(value, at, constraints?.format);
    if (expected !== undefined) return void refuse(`must be ${expected}`);
    const allowed = constraints?.enum;
    // An empty text is what Go has for a field that is not there.
    if (allowed !== undefined && value !== '' && !allowed.some((one) => sameJson(one, value)))
      refuse(`must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`);
    if (typeof value !== 'object') return;
    if (isJsonArray(value)) checkItems(value, at.items);
    else checkMembers(value, at, constraints?.required);
  }

  function checkItems(list: readonly Json[], items: FieldSchema | undefined): void {
    if (items === undefined) return;
    for (let index = 0; index < list.length; index += 1) {
      path.push(index);
      check(list[index] ?? null, items);
      path.pop();
    }
  }

  function checkMembers(value: JsonObject, at: FieldSchema, required: readonly string[] = []): void {
    const { properties, additionalProperties } = at;
    const isClosed = at.keepsUnknown !== true && properties !== undefined && properties.size > 0;
    for (const name in value) {
      const known = properties?.get(name) ?? additionalProperties;
      path.push(name);
      if (known !== undefined) check(value[name] ?? null, known);
      else if (isClosed) {
        const pointer = pointerTo(path);
        violations.push({ pointer, message: `unknown field ${pointerText(pointer)}` });
      }
      path.pop();
    }
    for (const name of required) {
      if ((value[name] ?? null) !== null) continue;
      path.push(name);
      refuse('is required');
      path.pop();
    }
  }

  check(object, schema);
  return { violations: violations.length === 0 ? repeatedItems(object, schema) : violations, unchecked: [] };
}

const quantity = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function typeFault(value: Json, schema: FieldSchema, format: string | undefined): string | undefined {
  if (schema.quantity === true) return isQuantity(value) ? undefined : 'a quantity, as 500m or 1Gi';
  if (format === 'int-or-string')
    return isInteger(value) || typeof value === 'string' ? undefined : 'an integer or a string';
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? textFault(value, format) : 'a string';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'a boolean';
    case 'integer':
      return integerFault(value, format);
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

function textFault(text: string, format: string | undefined): string | undefined {
  if (format === 'byte') return base64.test(text.replace(/[\r\n]/g, '')) ? undefined : 'base64';
  if (format === 'date-time') return isDateTimeOfGo(text) ? undefined : 'a time, as 2006-01-02T15:04:05Z';
  return undefined;
}

function integerFault(value: Json, format: string | undefined): string | undefined {
  if (!isInteger(value)) return 'an integer';
  const bits = format === 'int32' ? 31n : 63n;
  if (typeof value === 'number' && bits === 63n) return undefined;
  const exact = BigInt(value);
  return exact >= -(2n ** bits) && exact < 2n ** bits ? undefined : `an integer of ${bits + 1n} bits`;
}

function isQuantity(value: Json): boolean {
  if (typeof value === 'string') return quantity.test(value.trim());
  return typeof value === 'number' || typeof value === 'bigint';
}

function isInteger(value: Json): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}
