import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { load } from 'js-yaml';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { readConfiguration } from '../../../src/domain/config/read-configuration.ts';
import { conditionKeys } from '../../../src/domain/config/rule.ts';
import { decideGate } from '../../../src/domain/gate/decide-gate.ts';
import { matchRules, type RulePull } from '../../../src/domain/gate/match-rules.ts';
import { parseTargetName, targetParts } from '../../../src/domain/identity.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { EffectAction } from '../../../src/domain/plan/effect.ts';
import { effect, head, json, object, person, plan } from '../plan-builder.ts';
import { atSecond, review, reviewFacts, shown, shownDigest } from './review-builder.ts';
import { standings } from './rule-builder.ts';

/** One case of docs/rules.md. */
interface Case {
  readonly target?: string;
  readonly change: {
    readonly action: EffectAction;
    readonly kind: string;
    readonly group?: string;
    readonly namespace: string;
    readonly name: string;
    readonly fields?: readonly string[];
    readonly before?: JsonObject;
    readonly after?: JsonObject;
  };
  readonly pull?: Partial<RulePull>;
  /** Who approved, and what each of them is. */
  readonly approvals?: Readonly<Record<string, readonly string[]>>;
  /** Owners of the changed files. */
  readonly owners?: Readonly<Record<string, readonly string[]>>;
  readonly gate: 'open' | 'waiting' | 'blocked';
  readonly says?: string;
}

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/rules.md'), 'utf8');
const blocks = marked
  .lexer(page)
  .flatMap((token) => (token.type === 'code' ? [{ lang: token.lang, text: token.text }] : []));

function decided(rulesText: string, { change, ...of }: Case) {
  const text = `version: 1\nenvironments: {staging: , production: }\n${rulesText}`;
  const read = readConfiguration({ path: 'docs/rules.md', text }, { clusters: undefined });
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.problems));
  const name = parseTargetName(of.target ?? 'web@production');
  const { stack, environment } = targetParts(name);
  const { action, kind, group = '', namespace, fields = ['spec.example'], before, after } = change;
  const identity = object(`${group}/${kind}`, `${namespace}/${change.name}`);
  const moves = fields.map((path) => ({ path, before: json(1), after: json(2) }));
  const rules = matchRules({
    rules: read.configuration.rules,
    pull: {
      number: 1,
      title: 'A change',
      author: 'alice',
      branch: 'main',
      labels: [],
      fork: false,
      draft: false,
      ...of.pull,
    },
    target: { name, stack, environment, cluster: environment },
    changes: [
      {
        object: identity,
        action,
        moves,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
    ],
  });
  const approvers = Object.entries(of.approvals ?? {}).map(([login, roles]) => ({ who: person(login), roles }));
  const effects = moves.map((move) => effect({ target: name, object: identity, action, ...move }));
  const sources = new Set(['team:sre', 'team:platform', 'role:write', 'role:maintain', 'role:admin', 'user:ann']);
  return decideGate({
    head,
    plans: [
      {
        plan: plan({ name, digest: shownDigest, effects, owned: 10 }),
        environment: { name: environment, cluster: environment, approvals: 0, after: [] },
      },
    ],
    reviews: [
      reviewFacts(
        approvers.map(({ who }, at) => review(who, { submittedAtMs: atSecond(10 + at) })),
        { shown: [shown()] },
      ),
    ],
    pendingWork: [],
    shownEffects: new Map([[shownDigest, effects]]),
    pendingApprovals: new Map(),
    configurationChanged: false,
    offline: false,
    rules,
    standings: standings({
      sources: Object.fromEntries(
        [...sources].map((source) => [
          source,
          approvers
            .filter(({ who, roles }) => roles.includes(source) || source === `user:${who.login}`)
            .map(({ who }) => who),
        ]),
      ),
      files: Object.entries(of.owners ?? {}).map(([path, owners]) => ({
        path,
        owners: owners.map((owner) => `@${owner}`),
        people: new Set(owners.map((owner) => person(owner).id)),
      })),
    }),
  });
}

const examples = blocks.flatMap((block, at) => {
  const before = blocks[at - 1];
  if (block.lang !== 'yaml cases' || before === undefined) return [];
  return (load(block.text) as readonly Case[]).map((one, index) => ({
    rules: before.text as string,
    title: `${/name: (.*)/.exec(before.text)?.[1]}, case ${index + 1}`,
    one,
  }));
});

describe('docs/rules.md', () => {
  test.each(examples)('decides as it says: $title', ({ rules, one }) => {
    const decision = decided(rules, one);
    expect(decision.status).toBe(one.gate);
    const said = decision.requirements.flatMap(({ name, reason, who, evidence }) => [
      name,
      reason,
      ...who,
      ...evidence,
    ]);
    if (one.says !== undefined) expect(said.join('\n')).toContain(one.says);
  });

  test('has cases for every block of rules, every key and every source', () => {
    expect(blocks.map(({ lang }) => lang)).toEqual(blocks.map((_, at) => (at % 2 === 0 ? 'yaml rules' : 'yaml cases')));
    expect(examples.length).toBeGreaterThan(20);
    const rules = blocks
      .filter(({ lang }) => lang === 'yaml rules')
      .map(({ text }) => text)
      .join('\n');
    const wanted = [...conditionKeys, 'expression', 'any', 'all', 'require', 'deny', 'override', 'count'];
    for (const key of wanted) expect(rules).toContain(`${key}:`);
    for (const source of ['team:', 'user:', 'role:', 'codeowners']) expect(rules).toContain(source);
  });
});
