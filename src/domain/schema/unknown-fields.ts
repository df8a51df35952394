import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import { pointerBelow, pointerText, type SchemaViolation } from './schema-check.ts';

/** Every object has these, and so has an embedded one; what metadata holds is not the definition's to say. */
const ownFields = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * The fields of a custom resource that its definition does not know, which an apply refuses. Below `x-kubernetes-preserve-unknown-fields` it refuses
 * none, also where fields beside it are known (1.35): what those do not know is dropped without a word.
 */
export function unknownFields(object: Json, schema: FieldSchema): readonly SchemaViolation[] {
  const violations: SchemaViolation[] = [];

  function look(value: Json, at: FieldSchema | undefined, pointer: string): void {
    if (at?.keepsUnknown === true) return;
    if (isJsonArray(value)) {
      for (const [index, item] of value.entries()) look(item, at?.items, pointerBelow(pointer, index));
      return;
    }
    if (!isJsonObject(value)) return;
    const holdsObject = pointer === '' || at?.constraints?.embeddedResource === true;
    for (const [name, member] of Object.entries(value)) {
      if (holdsObject && ownFields.has(name)) continue;
      const known = at?.properties?.get(name) ?? at?.additionalProperties;
      const next = pointerBelow(pointer, name);
      if (known === undefined) violations.push({ pointer: next, message: `unknown field ${pointerText(next)}` });
      else look(member, known, next);
    }
  }

  look(object, schema, '');
  return violations;
}
