import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import { isJsonArray, isJsonObject, type Json } from '../../json.ts';
import type { FieldSchema, ValidationRule } from '../../plan/field-schema.ts';
import { pointerBelow, pointerText } from '../schema-check.ts';
import type { Findings } from '../validate-value.ts';
import { expressionCost, holdsBinding, takesTextsApart } from './expression-cost.ts';
import { addKubernetesFunctions, callLinearly, RuleFault } from './kubernetes-functions.ts';
import { isOrderless, type ListOrder, type ReadTime, ruleValue } from './rule-value.ts';

/** Steps of CEL are dear: this many of the budget's each. */
const stepCost = 4;
const maxRuleLength = 10_000;
const maxKept = 5_000;

/** Errors of a rule's evaluation that the API server has too; any other says only that the rule cannot be evaluated here. */
const faultsOfTheObject = new Set([
  'no_such_key',
  'index_out_of_bounds',
  'index_out_of_range',
  'division_by_zero',
  'modulo_by_zero',
  'numeric_overflow',
  'integer_overflow',
]);

/**
 * Evaluates the rules of a custom resource's definition (`x-kubernetes-validations`) on a new object; rules about a transition (`oldSelf`) have nothing to
 * say of one. What cannot be evaluated is told as unchecked, never taken as true. @throws CheckTooCostly
 */
export function checkRules(object: Json, schema: FieldSchema, into: Findings): void {
  function look(value: Json, at: FieldSchema, pointer: string): void {
    if (value === null) return;
    for (const rule of at.constraints?.rules ?? []) checkRule(rule, { value, schema: at, pointer }, into);
    if (isJsonArray(value)) {
      const { items } = at;
      if (items !== undefined) value.forEach((item, index) => void look(item, items, pointerBelow(pointer, index)));
    } else if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        const known = at.properties?.get(name) ?? at.additionalProperties;
        if (known !== undefined) look(member, known, pointerBelow(pointer, name));
      }
    }
  }
  look(object, schema, '');
}

interface RulePlace {
  readonly value: Json;
  readonly schema: FieldSchema;
  readonly pointer: string;
}

function checkRule(rule: ValidationRule, place: RulePlace, into: Findings): void {
  if (/\boldSelf\b/.test(rule.rule)) return;
  const verdict = verdictOf(rule.rule, place, into);
  if (verdict.kind === 'holds') return;
  if (verdict.kind === 'unknown') {
    into.unchecked.add(
      `the rule ${JSON.stringify(shortened(rule.rule))} of ${pointerText(place.pointer)} (${verdict.reason})`,
    );
    return;
  }
  const pointer = `${place.pointer}${pointerOf(rule.fieldPath ?? '')}`;
  into.violations.push({
    pointer,
    message: `${pointerText(pointer)}: ${rule.message ?? `breaks the rule ${shortened(rule.rule)}`}`,
  });
}

type Verdict = { readonly kind: 'holds' | 'broken' } | { readonly kind: 'unknown'; readonly reason: string };

function verdictOf(rule: string, place: RulePlace, into: Findings): Verdict {
  const program = programOf(rule);
  if (program.kind === 'invalid') return { kind: 'unknown', reason: program.reason };
  into.budget.spend(stepCost * expressionCost(program.ast, largestPart(place.value, charactersOfAPart(program.ast))));
  const verdict = evaluate(program, place, 'written');
  if (verdict.kind !== 'broken') return verdict;
  if (holdsSuch(place.schema, place.value, ({ keepsUnknown }) => keepsUnknown === true))
    return { kind: 'unknown', reason: 'it looks at fields that have no schema' };
  if (!holdsSuch(place.schema, place.value, isOrderless)) return verdict;
  // Such lists are equal in any order, which the library does not know.
  const others = (['reversed', 'sorted'] as const).map((order) => evaluate(program, place, order));
  return others.every(({ kind }) => kind === 'broken') && !program.adds
    ? verdict
    : { kind: 'unknown', reason: 'it compares lists whose order says nothing' };
}

function evaluate(
  program: Extract<Program, { kind: 'program' }>,
  { value, schema, pointer }: RulePlace,
  order: ListOrder,
): Verdict {
  try {
    const holdsObject = pointer === '' || schema.constraints?.embeddedResource === true;
    const answer: unknown = program.run({ self: ruleValue(value, schema, { read: readTime, order, holdsObject }) });
    if (answer === true) return { kind: 'holds' };
    return answer === false ? { kind: 'broken' } : { kind: 'unknown', reason: 'it gives neither true nor false' };
  } catch (error) {
    if (isFaultOfTheObject(error)) return { kind: 'broken' };
    return { kind: 'unknown', reason: reasonOf(error) };
  }
}

function isFaultOfTheObject(error: unknown): boolean {
  if (error instanceof RuleFault) return true;
  return error instanceof EvaluationError && faultsOfTheObject.has(error.code);
}

/** The first line; the others draw the expression. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

type Program =
  | {
      readonly kind: 'program';
      readonly ast: ASTNode;
      readonly run: (context: { readonly self: unknown }) => unknown;
      /** `+` of such lists is another one than of plain lists. */
      readonly adds: boolean;
    }
  | { readonly kind: 'invalid'; readonly reason: string };

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 5_000, maxDepth: 100 },
}).registerVariable('self', 'dyn');
addKubernetesFunctions(environment);
const programs = new Map<string, Program>();

function programOf(rule: string): Program {
  const known = programs.get(rule);
  if (known !== undefined) return known;
  if (programs.size >= maxKept) programs.clear();
  const program = compile(rule);
  programs.set(rule, program);
  return program;
}

function compile(rule: string): Program {
  if (rule.length > maxRuleLength) return { kind: 'invalid', reason: 'it is too long' };
  try {
    const run = environment.parse(rule);
    callLinearly(run.ast);
    if (holdsBinding(run.ast)) return { kind: 'invalid', reason: 'cel.bind is not evaluated' };
    return { kind: 'program', ast: run.ast, run, adds: rule.includes('+') };
  } catch (error) {
    return { kind: 'invalid', reason: reasonOf(error) };
  }
}

const readers = {
  timestamp: environment.parse('timestamp(self)'),
  duration: environment.parse('duration(self)'),
  bytes: environment.parse('bytes(self)'),
} as const;

const readTime: ReadTime = ({ kind, text }) => {
  if (kind === 'bytes') throw new Error('bytes are not evaluated');
  return readers[kind]({ self: text });
};

/** A step looks at so many characters of a text, unless it goes over them one by one. */
function charactersOfAPart(ast: ASTNode): number {
  return takesTextsApart(ast) ? 1 : 50;
}

function largestPart(value: Json, characters: number): number {
  if (typeof value === 'string') return Math.ceil((value.length + 1) / characters);
  const members = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  return members.reduce<number>(
    (largest, member) => Math.max(largest, largestPart(member, characters)),
    members.length,
  );
}

function holdsSuch(schema: FieldSchema, value: Json, isSuch: (schema: FieldSchema) => boolean): boolean {
  if (isSuch(schema)) return true;
  if (isJsonArray(value)) {
    const { items } = schema;
    return items !== undefined && value.some((item) => holdsSuch(items, item, isSuch));
  }
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, member]) => {
    const known = schema.properties?.get(name) ?? schema.additionalProperties;
    return known !== undefined && holdsSuch(known, member, isSuch);
  });
}

/** `.spec.ports['http.x'][0]` as a JSON pointer. */
function pointerOf(path: string): string {
  const names = [...path.matchAll(/\.([\w$-]+)|\['([^']+)'\]|\[(\d+)\]/g)];
  return names.map(([, name, quoted, index]) => pointerBelow('', name ?? quoted ?? index ?? '')).join('');
}

function shortened(rule: string): string {
  const line = rule.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
