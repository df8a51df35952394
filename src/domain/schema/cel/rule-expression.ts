import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import { maskCredentials } from '../../plan/mask-credentials.ts';
import { CheckBudget, CheckTooCostly } from '../check-budget.ts';
import { expressionCost, holdsBinding, holdsNode, takesTextsApart } from './expression-cost.ts';
import { type ExpressionObject, SecretRead } from './expression-object.ts';
import { addKubernetesFunctions, callLinearly, RuleFault } from './kubernetes-functions.ts';

/** What an expression of a rule can speak of. */
export interface ExpressionFacts {
  readonly change: {
    readonly action: string;
    readonly kind: string;
    readonly group: string;
    readonly namespace: string;
    readonly name: string;
    /** Paths of the fields that move. */
    readonly fields: readonly string[];
    /** Live, and rendered; undefined on the side where the object does not exist. */
    readonly before: ExpressionObject | undefined;
    readonly after: ExpressionObject | undefined;
  };
  readonly target: {
    readonly name: string;
    readonly stack: string;
    readonly environment: string;
    readonly cluster: string;
  };
  readonly pull: {
    readonly number: number;
    readonly title: string;
    readonly author: string;
    readonly branch: string;
    readonly labels: readonly string[];
    readonly fork: boolean;
    readonly draft: boolean;
  };
}

export type ExpressionAnswer =
  | { readonly kind: 'matches' | 'does-not-match' }
  /** Nobody can say; `reason` is half a sentence (`it reads …`). */
  | { readonly kind: 'undecided'; readonly reason: string };

export interface RuleExpression {
  /** It asks for something of the pull request that may change while its head stays. */
  readonly readsPull: boolean;
  /** Steps that answering takes at most. */
  cost(facts: ExpressionFacts): number;
  /** An expression that reads a side of the change that does not exist does not match. */
  answer(facts: ExpressionFacts): ExpressionAnswer;
}

export type ExpressionRead =
  | { readonly kind: 'expression'; readonly expression: RuleExpression }
  | { readonly kind: 'invalid'; readonly message: string };

/** Of one evaluation; a step is about a tenth of a microsecond. */
export const maxExpressionCost = 1_000_000;
/** What regular expressions of one evaluation may take together. */
const patternSteps = 1_000_000;
/** One step may compare or copy this much of an object. */
const charactersOfAStep = 1_000;
const maxKept = 1_000;

/** Regular expressions of the evaluation at hand share one budget; evaluations do not overlap. */
let patternBudget = new CheckBudget(0);

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 1_000, maxDepth: 50 },
})
  .registerVariable({
    name: 'change',
    schema: {
      action: 'string',
      kind: 'string',
      group: 'string',
      namespace: 'string',
      name: 'string',
      fields: 'list<string>',
      before: 'dyn',
      after: 'dyn',
    },
  })
  .registerVariable({
    name: 'target',
    schema: { name: 'string', stack: 'string', environment: 'string', cluster: 'string' },
  })
  .registerVariable({
    name: 'pull',
    schema: {
      number: 'int',
      title: 'string',
      author: 'string',
      branch: 'string',
      labels: 'list<string>',
      fork: 'bool',
      draft: 'bool',
    },
  });
addKubernetesFunctions(environment, () => patternBudget);

const kept = new Map<string, ExpressionRead>();

/** Parses and type-checks an expression; the same text is read once. */
export function readExpression(text: string): ExpressionRead {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (kept.size >= maxKept) kept.clear();
  const read = compile(text);
  kept.set(text, read);
  return read;
}

function compile(text: string): ExpressionRead {
  try {
    const run = environment.parse(text);
    callLinearly(run.ast);
    if (holdsBinding(run.ast)) return { kind: 'invalid', message: 'cel.bind is not available in rules' };
    const checked = run.check();
    if (!checked.valid) return { kind: 'invalid', message: faultText(checked.error, text) };
    if (checked.type !== 'bool' && checked.type !== 'dyn')
      return { kind: 'invalid', message: `it must be true or false, and is of type ${checked.type}` };
    return {
      kind: 'expression',
      expression: {
        readsPull: holdsNode(run.ast, (node) => node.op === 'id' && node.args === 'pull'),
        cost: (facts) => costOf({ ast: run.ast, text }, facts),
        answer: (facts) => answerOf({ run, text }, facts),
      },
    };
  } catch (error) {
    return { kind: 'invalid', message: faultText(error, text) };
  }
}

interface Written {
  readonly text: string;
  readonly ast: ASTNode;
}

function costOf({ ast, text }: Written, facts: ExpressionFacts): number {
  const { change, pull } = facts;
  const sides = [change.before, change.after].filter((side) => side !== undefined);
  const lists = Math.max(change.fields.length, pull.labels.length, ...sides.map((side) => side.largest));
  const largest = takesTextsApart(ast) ? Math.max(lists, longestText(facts) + 1) : lists;
  const characters = sides.reduce((sum, side) => sum + side.characters, text.length);
  return expressionCost(ast, largest) * Math.ceil(1 + characters / charactersOfAStep);
}

function longestText({ change, target, pull }: ExpressionFacts): number {
  const { before, after, fields, ...names } = change;
  const { number, fork, draft, labels, ...words } = pull;
  const texts = [...fields, ...labels, ...Object.values(names), ...Object.values(words), ...Object.values(target)];
  return texts.reduce(
    (longest, { length }) => Math.max(longest, length),
    Math.max(before?.longest ?? 0, after?.longest ?? 0),
  );
}

function answerOf(
  { run, text }: { readonly run: ReturnType<Environment['parse']>; readonly text: string },
  facts: ExpressionFacts,
): ExpressionAnswer {
  if (costOf({ ast: run.ast, text }, facts) > maxExpressionCost) return { kind: 'undecided', reason: tooCostly };
  patternBudget = new CheckBudget(patternSteps);
  try {
    const answer: unknown = run(contextOf(facts));
    if (typeof answer === 'boolean') return { kind: answer ? 'matches' : 'does-not-match' };
    return { kind: 'undecided', reason: 'it is neither true nor false' };
  } catch (error) {
    if (readsMissingSide(error, facts)) return { kind: 'does-not-match' };
    return { kind: 'undecided', reason: evaluationFault(error) };
  }
}

const tooCostly =
  'it would take too long on so large an object; keys beside the expression (kind, name, …) spare it the others';

function contextOf({ change, target, pull }: ExpressionFacts): Record<string, unknown> {
  const { before, after, ...rest } = change;
  return {
    change: new Map<string, unknown>([
      ...Object.entries(rest),
      ...(before === undefined ? [] : [['before', before.value] as const]),
      ...(after === undefined ? [] : [['after', after.value] as const]),
    ]),
    target: new Map(Object.entries(target)),
    pull: new Map<string, unknown>([...Object.entries(pull), ['number', BigInt(pull.number)]]),
  };
}

function readsMissingSide(error: unknown, { change }: ExpressionFacts): boolean {
  if (!(error instanceof EvaluationError) || error.code !== 'no_such_key') return false;
  const { node } = error;
  if (node?.op !== '.' && node?.op !== '[]') return false;
  const [receiver, key] = node.args;
  if (receiver.op !== 'id' || receiver.args !== 'change') return false;
  const side = typeof key === 'string' ? key : key.op === 'value' ? key.args : undefined;
  return (side === 'before' && change.before === undefined) || (side === 'after' && change.after === undefined);
}

/** The library's words may quote what the object holds; what they quote is bounded, and a secret is never among it. */
function evaluationFault(error: unknown): string {
  if (error instanceof SecretRead || error instanceof RuleFault) return error.message;
  if (error instanceof CheckTooCostly) return tooCostly;
  if (!(error instanceof EvaluationError)) return 'it cannot be evaluated';
  if (error.code === 'no_such_key') return `it reads a field that is not there (${told(error)}); ask with has() first`;
  return `it cannot be evaluated (${told(error)})`;
}

/** What a value holds may look like a credential without being named like one. */
function told({ summary }: EvaluationError): string {
  return shortened(maskCredentials(summary));
}

function faultText(error: unknown, text: string): string {
  if (!(error instanceof Error)) return 'it cannot be read';
  const { summary, range } = error as { readonly summary?: string; readonly range?: { readonly start: number } };
  const place = range === undefined ? '' : ` at character ${Math.min(range.start, text.length) + 1}`;
  return `${shortened(summary ?? error.message.split('\n')[0] ?? '')}${place}`;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
