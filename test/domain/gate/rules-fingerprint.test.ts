import { expect, test } from 'vitest';
import type { Condition, Rule } from '../../../src/domain/config/rule.ts';
import type { RulePull } from '../../../src/domain/gate/match-rules.ts';
import { rulesFingerprint } from '../../../src/domain/gate/rules-fingerprint.ts';

const pull: RulePull = {
  number: 7,
  title: 'A change',
  author: 'alice',
  branch: 'main',
  labels: ['one'],
  fork: false,
  draft: false,
};
const ruleWhen = (when: Condition | undefined, line = 1): Rule => ({
  name: 'rule',
  origin: 'repository',
  when,
  outcome: { kind: 'deny', reason: 'no' },
  override: [],
  position: { path: '.github/planwright.yml', line, column: 1 },
});
const moves = (when: Condition | undefined, changed: Partial<RulePull>) =>
  rulesFingerprint([ruleWhen(when)], pull) !== rulesFingerprint([ruleWhen(when)], { ...pull, ...changed });

test('the fingerprint of rules moves with what they ask of the pull request, and with nothing else of it', () => {
  const label: Condition = { kind: 'any', of: [{ kind: 'matches', key: 'label', values: ['x'] }] };
  expect(moves(label, { labels: ['two'] })).toBe(true);
  expect(moves(label, { labels: ['one', 'two'] })).toBe(true);
  expect(moves({ ...label, kind: 'all' }, { labels: ['two'] })).toBe(true);
  expect(moves(label, { title: 'Another' })).toBe(false);
  expect(moves(label, { branch: 'other' })).toBe(false);
  expect(moves({ kind: 'matches', key: 'branch', values: ['main'] }, { labels: ['two'] })).toBe(false);
  // An expression of an older version that reads nothing any more might have asked for anything.
  expect(moves({ kind: 'expression', text: '1 +' }, { draft: true })).toBe(true);
  expect(moves({ kind: 'matches', key: 'branch', values: ['main'] }, { branch: 'other' })).toBe(true);
  expect(moves({ kind: 'expression', text: 'pull.draft' }, { draft: true })).toBe(true);
  expect(moves({ kind: 'expression', text: "change.kind == 'Pod'" }, { draft: true, labels: [] })).toBe(false);
  expect(moves(undefined, { labels: [] })).toBe(false);
});

test('the fingerprint of rules is the same in whatever order GitHub lists the labels', () => {
  const rules = [ruleWhen({ kind: 'matches', key: 'label', values: ['x'] })];
  expect(rulesFingerprint(rules, { ...pull, labels: ['a', 'b'] })).toBe(
    rulesFingerprint(rules, { ...pull, labels: ['b', 'a'] }),
  );
});

test('the fingerprint of rules moves with what they say, and not with where they stand', () => {
  const kind: Condition = { kind: 'matches', key: 'kind', values: ['Pod'] };
  expect(rulesFingerprint([ruleWhen(kind)], pull)).toBe(rulesFingerprint([ruleWhen(kind, 9)], pull));
  expect(rulesFingerprint([ruleWhen(kind)], pull)).not.toBe(rulesFingerprint([ruleWhen(undefined)], pull));
});
