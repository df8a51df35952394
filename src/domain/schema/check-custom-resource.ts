import type { JsonObject } from '../json.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import { withDefaults } from './apply-defaults.ts';
import { checkRules } from './cel/validation-rules.ts';
import { CheckBudget, CheckTooCostly } from './check-budget.ts';
import { repeatedItems } from './repeated-items.ts';
import type { SchemaCheck } from './schema-check.ts';
import { unknownFields } from './unknown-fields.ts';
import { type Findings, validateValue } from './validate-value.ts';

/** A few hundred milliseconds at most; the largest definitions and objects of real repositories take a hundredth of it. */
const maxSteps = 2_000_000;

/**
 * Checks a custom resource against its definition's structural schema, in the order of the API server (1.35): unknown fields, defaults, values,
 * repeated items, rules. What a later step would say of an object that an earlier one refuses is not said, as there.
 */
export function checkCustomResource(object: JsonObject, schema: FieldSchema): SchemaCheck {
  const unknown = unknownFields(object, schema);
  if (unknown.length > 0) return { violations: unknown, unchecked: [] };
  const found: Findings = { violations: [], unchecked: new Set(), budget: new CheckBudget(maxSteps) };
  try {
    const value = withDefaults(object, schema, found.budget);
    validateValue({ value, schema, pointer: '' }, found);
    if (found.violations.length === 0)
      for (const repeated of repeatedItems(value, schema)) found.violations.push(repeated);
    if (found.violations.length === 0) checkRules(value, schema, found);
  } catch (error) {
    if (!(error instanceof CheckTooCostly)) throw error;
    found.unchecked.add(`all that its definition asks for: ${error.message}`);
  }
  return { violations: found.violations, unchecked: [...found.unchecked] };
}
