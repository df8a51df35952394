import type { Position, Problem } from '../manifest/rendered-object.ts';
import type { YamlNode } from '../manifest/yaml-tree.ts';
import { readFieldPattern } from '../plan/field-pattern.ts';
import { readExpression } from '../schema/cel/rule-expression.ts';
import type { ApproversShape, ConditionShape, ConfigurationShape, RuleShape } from './configuration-shape.ts';
import { globFault } from './glob.ts';
import { suggestion } from './nearest-key.ts';
import { findPlaced, type Place } from './placed-node.ts';
import {
  type ApprovalSource,
  type Condition,
  type ConditionKey,
  conditionKeys,
  type Rule,
  type RuleOrigin,
  type RuleOutcome,
} from './rule.ts';

/** Where rules are read, and what of them can be checked there. */
export interface RuleSurroundings {
  readonly root: YamlNode;
  readonly place: Place;
  readonly origin: RuleOrigin;
  /** Names that `when.environment` may hold; undefined where the file does not say which there are. */
  readonly environments: readonly string[] | undefined;
}

/** By this `/override` names the approvals of an environment. */
const reservedName = 'approvals';

/** The `rules` of a file, and what no schema can say of them: names, globs, field paths, expressions, counts that nobody can reach. */
export function readRules(
  shape: Pick<ConfigurationShape, 'rules'>,
  surroundings: RuleSurroundings,
): { readonly rules: readonly Rule[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const at = (path: readonly (string | number)[]) => findPlaced(surroundings.root, ['rules', ...path])?.node;
  const report: Report = (path, message) =>
    problems.push({ severity: 'error', message, position: positionOf(surroundings, at(path)) });
  const names = new Map<string, Position>();
  const rules = (shape.rules ?? []).map((rule, index): Rule => {
    const position = positionOf(surroundings, at([index]));
    checkName(rule.name, names, (message) => report([index, 'name'], message));
    names.set(rule.name, names.get(rule.name) ?? position);
    return {
      name: rule.name,
      origin: surroundings.origin,
      when: rule.when === undefined ? undefined : readCondition(rule.when, [index, 'when'], surroundings, report),
      outcome: readOutcome(rule, (message) => report([index, 'require', 'count'], message)),
      override: readApprovers(rule.override?.from),
      position,
    };
  });
  return { rules, problems };
}

/** Whom a list of `from` names. */
export function readApprovers(from: ApproversShape | undefined): readonly ApprovalSource[] {
  return (from ?? []).map(readApprover);
}

function readApprover(text: string): ApprovalSource {
  const [kind, name = ''] = [text.split(':')[0], text.slice(text.indexOf(':') + 1)];
  switch (kind) {
    case 'team':
      return { kind: 'team', slug: name };
    case 'user':
      return { kind: 'user', login: name };
    case 'role':
      if (name === 'write' || name === 'maintain' || name === 'admin') return { kind: 'role', role: name };
      break;
    case 'codeowners':
      return { kind: 'codeowners' };
  }
  throw new Error(`the schema let ${JSON.stringify(text)} through, which names nobody`);
}

type Report = (path: readonly (string | number)[], message: string) => void;

function positionOf({ root, place }: RuleSurroundings, node: YamlNode | undefined): Position {
  return place(node?.start ?? root.start);
}

function checkName(name: string, names: ReadonlyMap<string, Position>, report: (message: string) => void): void {
  const earlier = names.get(name);
  if (name === reservedName)
    report(`"${reservedName}" is the name by which an environment's approvals are overridden: name the rule otherwise`);
  else if (earlier !== undefined)
    report(`another rule is named ${JSON.stringify(name)} (on line ${earlier.line}): give each its own name`);
  else if (/["\p{Cc}]/u.test(name) || name.trim() !== name)
    report('the name of a rule must not hold quotes or control characters, nor begin or end with a blank');
}

/** Without `from`: everybody whose approval counts at all. */
const anybody: ApprovalSource = { kind: 'role', role: 'write' };

function readOutcome({ deny, require }: RuleShape, report: (message: string) => void): RuleOutcome {
  if (deny !== undefined) return { kind: 'deny', reason: deny };
  const count = require?.count ?? 1;
  const from = require?.from === undefined ? [anybody] : readApprovers(require.from);
  const people = new Set(from.map((source) => (source.kind === 'user' ? source.login.toLowerCase() : undefined)));
  if (!people.has(undefined) && people.size < count)
    report(`${count} people are asked for, and "from" names ${people.size}: nobody could ever meet that`);
  return { kind: 'require', count, from };
}

function readCondition(
  shape: ConditionShape,
  path: readonly (string | number)[],
  surroundings: RuleSurroundings,
  report: Report,
): Condition {
  const conditions: Condition[] = [];
  for (const key of conditionKeys) {
    const written = shape[key];
    if (written === undefined) continue;
    const values = [written].flat();
    values.forEach((value, index) => {
      const fault = valueFault(key, value, surroundings);
      if (fault !== undefined) report(Array.isArray(written) ? [...path, key, index] : [...path, key], fault);
    });
    conditions.push({ kind: 'matches', key, values });
  }
  for (const kind of ['any', 'all'] as const) {
    const below = shape[kind];
    if (below === undefined) continue;
    const of = below.map((each, index) => readCondition(each, [...path, kind, index], surroundings, report));
    conditions.push({ kind, of });
  }
  // Last, because it costs most.
  if (shape.expression !== undefined) {
    const read = readExpression(shape.expression);
    if (read.kind === 'invalid') report([...path, 'expression'], `the expression is not valid: ${read.message}`);
    conditions.push({ kind: 'expression', text: shape.expression });
  }
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { kind: 'all', of: conditions };
}

/** What is wrong with one value of a key; what can never match is wrong too, for the rule would not protect what it seems to. */
function valueFault(key: ConditionKey, value: string, { environments }: RuleSurroundings): string | undefined {
  switch (key) {
    case 'environment':
      return environments === undefined || environments.includes(value)
        ? undefined
        : `"environment" names an unknown environment ${JSON.stringify(value)}${suggestion(value, environments)}`;
    case 'kind':
      return /^[A-Z][A-Za-z0-9]{0,62}$/.test(value)
        ? undefined
        : `${JSON.stringify(value)} is no kind: write it as objects do, such as Deployment`;
    case 'group':
      return /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$/.test(value)
        ? undefined
        : `${JSON.stringify(value)} is no API group: write it without a version, such as apps; "" is the core group`;
    case 'author':
      return /^[A-Za-z0-9_-]{1,100}(\[bot\])?$/.test(value)
        ? undefined
        : `${JSON.stringify(value)} is no login of GitHub`;
    case 'field': {
      const read = readFieldPattern(value);
      return read.kind === 'invalid' ? read.message : undefined;
    }
    case 'stack':
    case 'namespace':
    case 'name':
    case 'branch':
    case 'label': {
      const fault = globFault(value);
      return fault === undefined ? undefined : `${JSON.stringify(value)}: ${fault}`;
    }
    case 'action':
      return undefined;
  }
}
