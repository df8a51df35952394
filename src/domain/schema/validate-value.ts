import { isJsonArray, isJsonObject, type Json, type JsonObject, sameJson } from '../json.ts';
import type { Constraints, FieldSchema } from '../plan/field-schema.ts';
import type { CheckBudget } from './check-budget.ts';
import { linearPattern } from './linear-pattern.ts';
import { pointerBelow, pointerText, type SchemaPlace, type SchemaViolation } from './schema-check.ts';
import { formatVerdict } from './string-formats.ts';

/** Saying what is wrong takes longer than finding that nothing is. */
const messageCost = 20;

/** Where what is found goes. */
export interface Findings {
  readonly violations: SchemaViolation[];
  readonly unchecked: Set<string>;
  readonly budget: CheckBudget;
}

/**
 * Checks a value as the API server checks a custom resource: JSON Schema as OpenAPI v3 has it, after defaults. Unknown fields, repeated items and
 * rules are looked for elsewhere. @throws CheckTooCostly
 */
export function validateValue({ value, schema, pointer }: SchemaPlace, into: Findings): void {
  const { constraints } = schema;
  // Each allowed value is compared, and each needed field looked for.
  into.budget.spend(1 + (constraints?.enum?.length ?? 0) + (constraints?.required?.length ?? 0));
  const refuse = (message: string, at = pointer) => {
    into.budget.spend(messageCost);
    into.violations.push({ pointer: at, message: `${pointerText(at)} ${message}` });
  };
  const expected = typeFault(value, schema);
  if (expected !== undefined) refuse(`must be ${expected}`);
  else {
    checkAlternatives({ value, schema, pointer }, into);
    if (
      constraints?.enum !== undefined &&
      !constraints.enum.some((allowed) => allowed !== null && sameJson(allowed, value))
    )
      refuse(`must be one of ${constraints.enum.map(shown).join(', ')}`);
  }
  if (value === null || (expected !== undefined && !isJsonObject(value) && !isJsonArray(value))) return;
  if (typeof value === 'string') for (const fault of textFaults(value, constraints, pointer, into)) refuse(fault);
  else if (typeof value === 'number' || typeof value === 'bigint')
    for (const fault of numberFaults(value, constraints)) refuse(fault);
  else if (isJsonArray(value)) {
    for (const fault of sizeFaults(value.length, 'items', constraints?.minItems, constraints?.maxItems)) refuse(fault);
    const { items } = schema;
    if (items !== undefined)
      for (const [index, item] of value.entries())
        validateValue({ value: item, schema: items, pointer: pointerBelow(pointer, index) }, into);
  } else if (isJsonObject(value)) checkMembers({ value, schema, pointer }, into, refuse);
}

function checkMembers(
  { value, schema, pointer }: SchemaPlace & { readonly value: JsonObject },
  into: Findings,
  refuse: (message: string, at?: string) => void,
): void {
  const { constraints } = schema;
  const names = Object.keys(value);
  for (const fault of sizeFaults(names.length, 'fields', constraints?.minProperties, constraints?.maxProperties))
    refuse(fault);
  for (const name of names) {
    const known = schema.properties?.get(name) ?? schema.additionalProperties;
    if (known !== undefined)
      validateValue({ value: value[name] ?? null, schema: known, pointer: pointerBelow(pointer, name) }, into);
  }
  const needed = constraints?.embeddedResource === true ? ['apiVersion', 'kind'] : [];
  for (const name of new Set([...needed, ...(constraints?.required ?? [])]))
    if (!Object.hasOwn(value, name)) refuse('is required', pointerBelow(pointer, name));
}

function checkAlternatives(place: SchemaPlace, into: Findings): void {
  const { constraints } = place.schema;
  if (constraints === undefined) return;
  const refuse = (message: string) =>
    into.violations.push({ pointer: place.pointer, message: `${pointerText(place.pointer)} ${message}` });
  const holds = (schema: FieldSchema) => {
    const found: Findings = { violations: [], unchecked: into.unchecked, budget: into.budget };
    validateValue({ ...place, schema }, found);
    return found.violations.length === 0;
  };
  for (const schema of constraints.allOf ?? []) validateValue({ ...place, schema }, into);
  if (constraints.anyOf !== undefined && constraints.anyOf.length > 0 && !constraints.anyOf.some(holds))
    refuse(`fits none of the forms that it may have${needs(constraints.anyOf)}`);
  if (constraints.oneOf !== undefined && constraints.oneOf.length > 0) {
    const fitting = constraints.oneOf.filter(holds).length;
    if (fitting === 0) refuse(`fits none of the forms of which it must have one${needs(constraints.oneOf)}`);
    if (fitting > 1) refuse(`fits ${fitting} of the forms of which it must have only one${needs(constraints.oneOf)}`);
  }
  if (constraints.not !== undefined && holds(constraints.not)) refuse('has a form that it must not have');
}

/** Forms mostly differ by the fields that they ask for. */
function needs(forms: readonly FieldSchema[]): string {
  const required = forms.map((form) => form.constraints?.required?.join(' and ') ?? '');
  return required.every((names) => names !== '') ? `: ${required.join('; ')}` : '';
}

function typeFault(value: Json, schema: FieldSchema): string | undefined {
  const either = schema.constraints?.intOrString === true;
  const type = either ? 'int-or-string' : schema.type;
  if (type === undefined || type === '') return undefined;
  if (value === null) return schema.constraints?.nullable === true ? undefined : `${article(type)}, not null`;
  return isOfType(value, type) ? undefined : article(type);
}

function isOfType(value: Json, type: string): boolean {
  const isInteger = typeof value === 'bigint' || Number.isInteger(value);
  switch (type) {
    case 'int-or-string':
      return isInteger || typeof value === 'string';
    case 'integer':
      return isInteger;
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'array':
      return isJsonArray(value);
    case 'object':
      return isJsonObject(value);
    default:
      return true;
  }
}

function article(type: string): string {
  const names = new Map([
    ['int-or-string', 'an integer or a string'],
    ['integer', 'an integer'],
    ['array', 'a list'],
    ['object', 'a map'],
  ]);
  return names.get(type) ?? `a ${type}`;
}

function* textFaults(
  text: string,
  constraints: Constraints | undefined,
  pointer: string,
  into: Findings,
): Generator<string> {
  if (constraints === undefined) return;
  const { format, maxLength, minLength, pattern } = constraints;
  if (format !== undefined) {
    const verdict = formatVerdict(format, text);
    if (verdict === 'fails') yield `is not of the format ${format}`;
    if (verdict === 'unknown') into.unchecked.add(`whether ${pointerText(pointer)} has the format ${format}`);
  }
  if (maxLength !== undefined || minLength !== undefined) {
    const length = codePoints(text);
    if (maxLength !== undefined && length > maxLength) return yield `may have at most ${maxLength} characters`;
    if (minLength !== undefined && length < minLength) return yield `must have at least ${minLength} characters`;
  }
  if (pattern === undefined || pattern === '') return;
  const compiled = linearPattern(pattern);
  if (compiled === undefined)
    into.unchecked.add(`whether ${pointerText(pointer)} matches its pattern, which is no regular expression of RE2`);
  else if (!compiled.found(text, into.budget)) yield `must match the pattern ${pattern}`;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function* numberFaults(value: number | bigint, constraints: Constraints | undefined): Generator<string> {
  if (constraints === undefined) return;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = constraints;
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum))
    yield `must be ${exclusiveMaximum === true ? 'less than' : 'at most'} ${maximum}`;
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum))
    yield `must be ${exclusiveMinimum === true ? 'more than' : 'at least'} ${minimum}`;
  if (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf))
    yield `must be a multiple of ${multipleOf}`;
}

/** Of an integer the API server takes the factor without its fraction, and 0 has no multiples. */
function isMultiple(value: number | bigint, factor: number): boolean {
  if (typeof value === 'bigint' || Number.isInteger(value)) {
    const whole = BigInt(Math.trunc(factor));
    return whole !== 0n && BigInt(value) % whole === 0n;
  }
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
}

function* sizeFaults(
  size: number,
  what: string,
  minimum: number | undefined,
  maximum: number | undefined,
): Generator<string> {
  if (minimum !== undefined && size < minimum) yield `must have at least ${minimum} ${what}`;
  if (maximum !== undefined && size > maximum) yield `may have at most ${maximum} ${what}`;
}

function shown(value: Json): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
