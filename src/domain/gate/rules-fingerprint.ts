import { sha256Text } from '../audit/content-digest.ts';
import type { Condition, Rule } from '../config/rule.ts';
import { readExpression } from '../schema/cel/rule-expression.ts';
import type { RulePull } from './match-rules.ts';

/** What matching depends on beside the plans: equal texts, equal matches. Of the pull request only what a rule asks for. */
export function rulesFingerprint(rules: readonly Rule[], pull: RulePull): string {
  const conditions = rules.flatMap(({ when }) => (when === undefined ? [] : leavesOf(when)));
  const readsAll = conditions.some((leaf) => {
    if (leaf.kind !== 'expression') return false;
    const read = readExpression(leaf.text);
    return read.kind === 'invalid' || read.expression.readsPull;
  });
  const asks = (key: string) => conditions.some((leaf) => leaf.kind === 'matches' && leaf.key === key);
  const asked = readsAll
    ? pull
    : {
        ...(asks('label') ? { labels: pull.labels.toSorted() } : {}),
        ...(asks('branch') ? { branch: pull.branch } : {}),
      };
  return sha256Text(JSON.stringify([rules.map(({ position, ...rule }) => rule), asked]));
}

type Leaf = Extract<Condition, { readonly kind: 'matches' | 'expression' }>;

function leavesOf(condition: Condition): readonly Leaf[] {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.flatMap(leavesOf);
    case 'matches':
    case 'expression':
      return [condition];
  }
}
