import { compileGlob, matchName } from '../config/glob.ts';
import type { Condition, ConditionKey, Rule } from '../config/rule.ts';
import type { TargetName } from '../identity.ts';
import { identityText } from '../manifest/rendered-object.ts';
import { type FieldPattern, readFieldPattern } from '../plan/field-pattern.ts';
import { expressionObject } from '../schema/cel/expression-object.ts';
import { type ExpressionFacts, maxExpressionCost, readExpression } from '../schema/cel/rule-expression.ts';
import { CheckBudget, CheckTooCostly } from '../schema/check-budget.ts';
import type { MatchedRule } from './matched-rule.ts';
import { type MovedField, movedFields, namesField, namingCost } from './moved-fields.ts';
import type { RuleChange } from './rule-change.ts';

/** What rules may know of the pull request. */
export type RulePull = ExpressionFacts['pull'];

export interface RuleTarget {
  readonly name: TargetName;
  readonly stack: string;
  readonly environment: string;
  readonly cluster: string;
}

export interface MatchQuestion {
  readonly rules: readonly Rule[];
  readonly pull: RulePull;
  readonly target: RuleTarget;
  readonly changes: readonly RuleChange[];
}

/** Shared by all rules, in equal parts: comparing takes bounded time, whatever the rules and the changes hold. */
const stepsOfAllRules = 1_000_000_000;
/** A step of CEL takes a tenth of a microsecond, so that all rules of a target have ten seconds at most. */
const stepsOfExpressionStep = 10;
const shownObjects = 10;

/** The rules that speak of some of a target's changes, with those that nobody could decide, which block. */
export function matchRules(question: MatchQuestion): readonly MatchedRule[] {
  const steps = matchInSteps(question);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** As `matchRules`, with a pause after each rule of each change. */
export function* matchInSteps({
  rules,
  pull,
  target,
  changes,
}: MatchQuestion): Generator<void, readonly MatchedRule[]> {
  const matchings = rules.map((rule) => new Matching(rule, { pull, target, steps: stepsOfAllRules / rules.length }));
  for (const change of changes) {
    const seen = new SeenChange(change, { pull, target });
    for (const matching of matchings) {
      matching.look(seen);
      yield;
    }
  }
  return matchings.flatMap((matching) => matching.result(target.name));
}

/** What was matched target by target, a rule once. */
export function joinMatchedRules(matched: readonly MatchedRule[]): readonly MatchedRule[] {
  const joined = new Map<string, MatchedRule>();
  for (const rule of matched) {
    const key = `${rule.origin} ${rule.name}`;
    const known = joined.get(key);
    const problem = known?.problem ?? rule.problem;
    joined.set(
      key,
      known === undefined
        ? rule
        : {
            ...known,
            targets: [...new Set([...known.targets, ...rule.targets])],
            objects: [...known.objects, ...rule.objects].slice(0, shownObjects),
            ...(problem === undefined ? {} : { problem }),
          },
    );
  }
  return [...joined.values()];
}

/** A change with what conditions ask of it, made once when the first one asks. */
class SeenChange {
  readonly change: RuleChange;
  readonly #around: Pick<MatchQuestion, 'pull' | 'target'>;
  #fields: readonly MovedField[] | undefined;
  #facts: ExpressionFacts | undefined;

  constructor(change: RuleChange, around: Pick<MatchQuestion, 'pull' | 'target'>) {
    this.change = change;
    this.#around = around;
  }

  get fields(): readonly MovedField[] {
    this.#fields ??= movedFields(this.change);
    return this.#fields;
  }

  get facts(): ExpressionFacts {
    const { object, action, moves, before, after } = this.change;
    this.#facts ??= {
      ...this.#around,
      change: {
        action,
        kind: object.kind,
        group: object.group,
        namespace: object.namespace ?? '',
        name: object.name,
        fields: [...new Set(moves.map(({ path }) => path))],
        before: before === undefined ? undefined : expressionObject(before),
        after: after === undefined ? undefined : expressionObject(after),
      },
    };
    return this.#facts;
  }
}

type Verdict = { readonly kind: 'yes' | 'no' } | { readonly kind: 'undecided'; readonly reason: string };
type Asked = (seen: SeenChange, budget: CheckBudget) => Verdict;

const yes: Verdict = { kind: 'yes' };
const no: Verdict = { kind: 'no' };
const verdict = (matches: boolean): Verdict => (matches ? yes : no);

/** One rule on its way through the changes of a target. */
class Matching {
  readonly #rule: Rule;
  readonly #asked: Asked;
  readonly #budget: CheckBudget;
  readonly #objects: string[] = [];
  #matches = false;
  #problem: string | undefined;

  constructor(rule: Rule, at: Pick<MatchQuestion, 'pull' | 'target'> & { readonly steps: number }) {
    this.#rule = rule;
    this.#budget = new CheckBudget(at.steps);
    this.#asked = rule.when === undefined ? () => yes : asked(rule.when, at);
  }

  look(seen: SeenChange): void {
    // One problem is enough to block.
    if (this.#problem !== undefined) return;
    const object = identityText(seen.change.object);
    const answer = this.#ask(seen);
    if (answer.kind === 'undecided') this.#problem = `it cannot be decided for ${object}: ${answer.reason}`;
    if (answer.kind === 'no') return;
    this.#matches = true;
    if (this.#objects.length < shownObjects) this.#objects.push(object);
  }

  #ask(seen: SeenChange): Verdict {
    try {
      return this.#asked(seen, this.#budget);
    } catch (error) {
      if (!(error instanceof CheckTooCostly)) throw error;
      const reason = 'it compares more than a rule may; name kinds or environments in it, or split the pull request';
      return { kind: 'undecided', reason };
    }
  }

  result(target: TargetName): readonly MatchedRule[] {
    if (!this.#matches) return [];
    const { name, origin, outcome, override } = this.#rule;
    return [
      {
        name,
        origin,
        outcome,
        override,
        targets: [target],
        objects: this.#objects,
        ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      },
    ];
  }
}

function asked(condition: Condition, around: Pick<MatchQuestion, 'pull' | 'target'>): Asked {
  switch (condition.kind) {
    case 'all':
      return joined(condition.of, around, 'no');
    case 'any':
      return joined(condition.of, around, 'yes');
    case 'matches':
      return askedOfKey(condition.key, condition.values, around);
    case 'expression':
      return askedOfExpression(condition.text);
  }
}

/** Ends at the first answer that decides; what nobody can say decides nothing, and stays unsaid only where another answer decides. */
function joined(
  of: readonly Condition[],
  around: Pick<MatchQuestion, 'pull' | 'target'>,
  decides: 'yes' | 'no',
): Asked {
  const parts = of.map((part) => asked(part, around));
  return (seen, budget) => {
    let unsaid: Verdict | undefined;
    for (const part of parts) {
      const answer = part(seen, budget);
      if (answer.kind === decides) return answer;
      if (answer.kind === 'undecided') unsaid ??= answer;
    }
    return unsaid ?? verdict(decides === 'no');
  };
}

function askedOfExpression(text: string): Asked {
  const read = readExpression(text);
  // Rules that were read are valid; those of an older version may not be any more.
  if (read.kind === 'invalid') return () => ({ kind: 'undecided', reason: read.message });
  const { expression } = read;
  return ({ facts }, budget) => {
    budget.spend(stepsOfExpressionStep * Math.min(expression.cost(facts), maxExpressionCost));
    const answer = expression.answer(facts);
    return answer.kind === 'undecided' ? answer : verdict(answer.kind === 'matches');
  };
}

function askedOfKey(
  key: ConditionKey,
  values: readonly string[],
  { pull, target }: Pick<MatchQuestion, 'pull' | 'target'>,
): Asked {
  switch (key) {
    case 'environment':
      return always(values.includes(target.environment));
    case 'stack':
      return always(values.some((glob) => matchName(glob, target.stack)));
    case 'author':
      return always(values.some((login) => sameIgnoringCase(login, pull.author)));
    case 'branch':
      return always(values.some((glob) => compileGlob(glob)(pull.branch)));
    case 'label':
      return always(
        values.some((glob) => pull.labels.some((label) => matchName(glob.toLowerCase(), label.toLowerCase()))),
      );
    case 'action':
      return exactly(values, ({ change }) => change.action);
    case 'kind':
      return exactly(values, ({ change }) => change.object.kind);
    case 'group':
      return exactly(values, ({ change }) => change.object.group);
    case 'namespace':
      return byGlob(values, namespaceOf);
    case 'name':
      return byGlob(values, ({ change }) => change.object.name);
    case 'field':
      return byField(values);
  }
}

function always(matches: boolean): Asked {
  return () => verdict(matches);
}

function exactly(values: readonly string[], textOf: (seen: SeenChange) => string): Asked {
  const wanted = new Set(values);
  return (seen, budget) => {
    budget.spend(1);
    return verdict(wanted.has(textOf(seen)));
  };
}

/** A Namespace counts as being in the namespace that it is; what has none is in no namespace, not even in `*`. */
function namespaceOf({ change: { object } }: SeenChange): string | undefined {
  return object.group === '' && object.kind === 'Namespace' ? object.name : object.namespace;
}

function byGlob(globs: readonly string[], textOf: (seen: SeenChange) => string | undefined): Asked {
  return (seen, budget) => {
    const text = textOf(seen);
    if (text === undefined) return no;
    const matches = globs.some((glob) => {
      budget.spend(1 + (/[*?]/.test(glob) ? glob.length * text.length : 0));
      return matchName(glob, text);
    });
    return verdict(matches);
  };
}

function byField(values: readonly string[]): Asked {
  const patterns = values.map((value): FieldPattern => {
    const read = readFieldPattern(value);
    // Rules that were read are valid; what was valid in an older version may match anything.
    return read.kind === 'pattern' ? read.pattern : { text: value, names: ['**'] };
  });
  return ({ fields }, budget) =>
    verdict(
      patterns.some((pattern) =>
        fields.some((field) => {
          budget.spend(namingCost(pattern, field));
          return namesField(pattern, field);
        }),
      ),
    );
}

function sameIgnoringCase(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
