import { expect, test } from 'vitest';
import type { Condition, ConditionKey, Rule } from '../../../src/domain/config/rule.ts';
import { matchRules } from '../../../src/domain/gate/match-rules.ts';
import type { RuleChange } from '../../../src/domain/gate/rule-change.ts';
import { parseTargetName } from '../../../src/domain/identity.ts';
import { json, object } from '../plan-builder.ts';

const pull = { number: 7, title: 'T', author: 'alice', branch: 'main', labels: [], fork: false, draft: false };
const target = { name: parseTargetName('web@production'), stack: 'web', environment: 'production', cluster: 'eu-1' };
const key = (name: ConditionKey, ...values: readonly string[]): Condition => ({ kind: 'matches', key: name, values });

test('matching takes bounded time for any configuration, and blocks where that is not enough', () => {
  const stars = `${'*a'.repeat(10)}b`;
  const text = 'change.fields.all(a, change.fields.all(b, a != b + "x"))';
  const loops: Condition = { kind: 'expression', text };
  const rules = Array.from(
    { length: 200 },
    (_, index): Rule => ({
      name: `r${index}`,
      origin: 'repository',
      when: {
        kind: 'any',
        of: [key('name', ...Array.from({ length: 50 }, () => stars)), key('field', `**.${stars}`), loops],
      },
      outcome: { kind: 'deny', reason: 'no' },
      override: [],
      position: { path: '.github/planwright.yml', line: 1, column: 1 },
    }),
  );
  const changes = Array.from(
    { length: 5_000 },
    (_, index): RuleChange => ({
      object: object('ConfigMap', `shop/${'a'.repeat(240)}${index}`),
      action: 'update',
      moves: Array.from({ length: 20 }, (_each, at) => ({
        path: `data.${'a'.repeat(100)}${at}`,
        before: { kind: 'absent' },
        after: json(1),
      })),
      before: { kind: 'ConfigMap' },
      after: { kind: 'ConfigMap' },
    }),
  );
  const startMs = performance.now();
  const result = matchRules({ rules, pull, target, changes });
  expect(performance.now() - startMs).toBeLessThan(20_000);
  expect(result).toHaveLength(200);
  expect(result[0]?.problem).toContain('it compares more than a rule may');
}, 60_000);
