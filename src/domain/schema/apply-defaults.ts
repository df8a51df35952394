import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import type { CheckBudget } from './check-budget.ts';

/**
 * A custom resource with the schema's defaults filled in, also for a `null` that is not allowed. The object given is left as it is. A `null` without a
 * default stays, and is then refused: 1.35 does so under apply. Every field of every item may have one: what is filled in is more than what was written.
 * @throws CheckTooCostly
 */
export function withDefaults(value: Json, schema: FieldSchema | undefined, budget: CheckBudget): Json {
  if (schema === undefined) return value;
  budget.spend(1 + (isJsonObject(value) ? (schema.properties?.size ?? 0) : 0));
  if (isJsonArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(replaced(item, items), items, budget));
  }
  return isJsonObject(value) ? objectWithDefaults(value, schema, budget) : value;
}

function objectWithDefaults(value: JsonObject, schema: FieldSchema, budget: CheckBudget): JsonObject {
  const members: [string, Json][] = [];
  for (const [name, member] of Object.entries(value)) {
    const known = schema.properties?.get(name) ?? schema.additionalProperties;
    members.push([name, withDefaults(replaced(member, known), known, budget)]);
  }
  for (const [name, property] of schema.properties ?? [])
    if (property.default !== undefined && !Object.hasOwn(value, name))
      members.push([name, withDefaults(property.default, property, budget)]);
  return Object.fromEntries(members);
}

function replaced(value: Json, schema: FieldSchema | undefined): Json {
  if (value !== null || schema === undefined || schema.constraints?.nullable === true) return value;
  return schema.default ?? null;
}
