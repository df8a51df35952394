import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Condition, type ConditionKey, conditionKeys, type Rule } from '../../../src/domain/config/rule.ts';
import { joinMatchedRules, matchRules, type RulePull } from '../../../src/domain/gate/match-rules.ts';
import type { RuleChange } from '../../../src/domain/gate/rule-change.ts';
import { parseTargetName } from '../../../src/domain/identity.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { json, object } from '../plan-builder.ts';
import { platform } from './rule-builder.ts';

const target = {
  name: parseTargetName('web@production'),
  stack: 'web',
  environment: 'production',
  cluster: 'eu-1',
};
const pull: RulePull = {
  number: 7,
  title: 'More replicas',
  author: 'Alice',
  branch: 'release/2026',
  labels: ['risk/High', 'area'],
  fork: false,
  draft: false,
};
const content: JsonObject = { kind: 'Deployment', spec: { replicas: 3, paused: true } };
const absent = { kind: 'absent' } as const;

function change(overrides: Partial<RuleChange> = {}): RuleChange {
  return {
    object: object('apps/Deployment', 'shop/frontend'),
    action: 'update',
    moves: [{ path: 'spec.template.spec.containers[name=web].image', before: json('web:1'), after: json('web:2') }],
    before: { ...content, spec: { replicas: 2 } },
    after: content,
    ...overrides,
  };
}

function ruleWhen(when: Condition | undefined, name = 'rule'): Rule {
  return {
    name,
    origin: 'repository',
    when,
    outcome: { kind: 'deny', reason: 'no' },
    override: [platform],
    position: { path: '.github/planwright.yml', line: 1, column: 1 },
  };
}

function matched(when: Condition | undefined, of: RuleChange = change()) {
  return matchRules({ rules: [ruleWhen(when)], pull, target, changes: [of] });
}

const key = (name: ConditionKey, ...values: readonly string[]): Condition => ({ kind: 'matches', key: name, values });
const expression = (text: string): Condition => ({ kind: 'expression', text });
const claim = change({ object: object('PersistentVolumeClaim', 'shop/data'), action: 'delete' });
const cluster = change({ object: object('rbac.authorization.k8s.io/ClusterRole', 'admin') });
const namespace = change({ object: object('Namespace', 'shop'), action: 'delete' });
const field = (path: string, before: unknown, after: unknown) =>
  change({ moves: [{ path, before: json(before), after: json(after) }] });

describe('a rule matches', () => {
  test('every change, when it has no condition', () => {
    expect(matched(undefined)).toEqual([
      {
        name: 'rule',
        origin: 'repository',
        outcome: { kind: 'deny', reason: 'no' },
        override: [platform],
        targets: ['web@production'],
        objects: ['Deployment shop/frontend'],
      },
    ]);
    expect(matchRules({ rules: [ruleWhen(undefined)], pull, target, changes: [] })).toEqual([]);
  });

  test.each<readonly [Condition, RuleChange, boolean]>([
    [key('environment', 'staging', 'production'), change(), true],
    [key('environment', 'prod*'), change(), false],
    [key('stack', 'w?b'), change(), true],
    [key('stack', 'api'), change(), false],
    [key('stack', 'api', 'web'), change(), true],
    [key('action', 'delete', 'replace'), claim, true],
    [key('action', 'create'), claim, false],
    [key('kind', 'PersistentVolumeClaim'), claim, true],
    [key('kind', 'Deployment'), claim, false],
    [key('group', 'apps'), change(), true],
    [key('group', ''), claim, true],
    [key('group', ''), change(), false],
    [key('namespace', 'sh*'), claim, true],
    [key('namespace', '*'), cluster, false],
    [key('namespace', 'shop'), namespace, true],
    [key('namespace', 'shop'), change({ object: object('example.com/Namespace', 'shop') }), false],
    [key('name', 'front*'), change(), true],
    [key('name', 'back*'), change(), false],
    [key('author', 'alice'), change(), true],
    [key('author', 'bob'), change(), false],
    [key('author', 'bob', 'alice'), change(), true],
    [key('branch', 'release/*'), change(), true],
    [key('branch', '*'), change(), false],
    [key('branch', 'main', 'release/*'), change(), true],
    [key('label', 'RISK/*'), change(), true],
    [key('label', 'risk'), change(), false],
    [key('label', 'risk', 'area'), change(), true],
    [key('field', 'spec.template.spec.containers[*].image'), change(), true],
    [key('field', 'spec.template'), change(), true],
    [key('field', '**.image'), change(), true],
    [key('field', 'spec.replicas'), change(), false],
    [key('field', 'spec.replicas', '**.image'), change(), true],
    [key('field', 'spec.a.x'), field('spec.a', { x: 1, y: 1 }, { x: 2, y: 2 }), true],
    [key('field', 'spec.rules[*].host'), field('spec.rules', [{ host: 'a', x: 1 }], [{ host: 'b', x: 1 }]), true],
    [key('field', 'spec.rules[*].host'), field('spec.rules', [{ host: 'a', x: 1 }], [{ host: 'a', x: 2 }]), false],
    [key('field', 'metadata.annotations["a.b/c"]'), field('metadata.annotations["a.b/c"]', 1, 2), true],
    [
      expression("change.kind == 'Deployment' && change.after.spec.replicas > change.before.spec.replicas"),
      change(),
      true,
    ],
    [expression("'area' in pull.labels && pull.number == 7 && target.cluster == 'eu-1'"), change(), true],
    [expression("change.fields.exists(f, f.endsWith('.image'))"), change(), true],
    [expression("change.namespace.matches('^s.*p$')"), change(), true],
    [expression('!has(change.after.spec.paused)'), change(), false],
  ])('%j', (condition, of, matches) => {
    expect(matched(condition, of)).toHaveLength(matches ? 1 : 0);
    expect(matched(condition, of)[0]?.problem).toBeUndefined();
  });

  test('a secret that moves below what nobody can see', () => {
    const secret = change({
      moves: [{ path: 'data', before: { kind: 'secret', hmac: 'a' }, after: { kind: 'secret', hmac: 'b' } }],
    });
    expect(matched(key('field', 'data.password'), secret)).toHaveLength(1);
    expect(matched(key('field', 'stringData.password'), secret)).toEqual([]);
  });

  test('by all, by any, and nested', () => {
    const [yes, no] = [key('kind', 'Deployment'), key('kind', 'Pod')];
    expect(matched({ kind: 'all', of: [yes, no] })).toEqual([]);
    expect(matched({ kind: 'any', of: [no, { kind: 'all', of: [yes, yes] }] })).toHaveLength(1);
    expect(matched({ kind: 'any', of: [no, no] })).toEqual([]);
  });

  test('once, however many objects it speaks of', () => {
    const changes = Array.from({ length: 30 }, (_, index) => change({ object: object('Pod', `shop/p${index}`) }));
    const [one] = matchRules({ rules: [ruleWhen(undefined)], pull, target, changes });
    expect(one?.objects).toHaveLength(10);
    const other = { ...target, name: parseTargetName('web@staging') };
    const [second] = matchRules({ rules: [ruleWhen(undefined)], pull, target: other, changes });
    if (one === undefined || second === undefined) throw new Error('both match');
    const joined = joinMatchedRules([one, { ...second, problem: 'unknown' }, { ...one, name: 'other' }]);
    expect(joined.map(({ name, targets, problem }) => [name, targets, problem])).toEqual([
      ['rule', ['web@production', 'web@staging'], 'unknown'],
      ['other', ['web@production'], undefined],
    ]);
  });

  test('once in several targets, with the first objects and the first problem of them', () => {
    const [one] = matched(undefined);
    const [two] = matched(undefined, change({ object: object('Pod', 'shop/a') }));
    if (one === undefined || two === undefined) throw new Error('both match');
    expect(joinMatchedRules([one, two])).toEqual([
      { ...one, objects: ['Deployment shop/frontend', 'Pod shop/a'], targets: ['web@production'] },
    ]);
    const many = { ...two, objects: Array.from({ length: 10 }, (_, index) => `Pod shop/p${index}`) };
    expect(joinMatchedRules([one, many])[0]?.objects).toHaveLength(10);
    const [both] = joinMatchedRules([{ ...one, problem: 'first' }, { ...two, problem: 'second' }, one]);
    expect(both?.problem).toBe('first');
    const shared = { ...two, origin: 'organization' as const };
    expect(joinMatchedRules([one, shared])).toEqual([one, shared]);
  });

  test('anything where what an older version took for a pattern or an expression is none any more', () => {
    expect(matched(key('field', '['))).toHaveLength(1);
    expect(matched(key('field', '['))[0]?.problem).toBeUndefined();
    expect(matched(expression('1 +'))[0]?.problem).toMatch(/^it cannot be decided for Deployment shop\/frontend: ./);
  });

  test('nothing where a plan that was kept cannot be read: that is a fault, and no answer', () => {
    const torn = change({ moves: [{ path: 'data', before: absent, after: { kind: 'json', json: '{' } }] });
    expect(() => matched(key('field', 'data'), torn)).toThrow(SyntaxError);
  });
});

describe('an expression', () => {
  const created = change({ action: 'create', before: undefined as never });
  const { before: _, ...withoutBefore } = created;

  test('that reads a side which does not exist does not match', () => {
    expect(matched(expression('change.before.spec.replicas > 1'), withoutBefore)).toEqual([]);
    expect(matched(expression('!(change.before.spec.replicas > 1)'), withoutBefore)).toEqual([]);
    expect(matched(expression("change.before.kind == 'x' || change.kind == 'Deployment'"), withoutBefore)).toHaveLength(
      1,
    );
    expect(matched(expression('!has(change.before)'), withoutBefore)).toHaveLength(1);
  });

  test.each([
    ['change.after.spec.foo == 1', 'it reads a field that is not there (No such key: foo); ask with has() first'],
    ['change.after.spec.replicas / 0 == 1', 'it cannot be evaluated (division by zero)'],
    ['change.after.spec.replicas', 'it is neither true nor false'],
    ["'a'.matches('(')", 'the regular expression is invalid'],
    [
      'change.fields.all(a, change.fields.all(b, change.fields.all(c, change.fields.all(d, change.fields.all(e, a + b + c + d + e != "")))))',
      'it would take too long on so large an object',
    ],
  ])('that nobody can decide blocks: %s', (text, reason) => {
    const many = change({
      moves: Array.from({ length: 30 }, (_each, index) => ({ path: `data.k${index}`, before: absent, after: json(1) })),
    });
    expect(matched(expression(text), many)[0]?.problem).toContain(
      `it cannot be decided for Deployment shop/frontend: ${reason}`,
    );
  });

  const over = (text: string, loop: string) => `change.after.data.x.split('').${loop}(${text}, `;
  test.each([
    ['a text', `${over('a', 'exists')}${over('b', 'exists')}${over('c', 'exists')}c == '!')))`],
    [
      'a text that was taken apart once',
      "[change.after.data.x.split('')].exists(l, l.exists(a, l.exists(b, l.exists(c, c == '!'))))",
    ],
    [
      'a text of its own',
      `['${'a'.repeat(300)}'.split('')].exists(l, l.exists(a, l.exists(b, l.exists(c, c == '!'))))`,
    ],
  ])('that goes over the characters of %s again and again blocks, and is not evaluated', (_of, text) => {
    const long = change({ after: { kind: 'ConfigMap', data: { x: 'a'.repeat(300) } } });
    expect(matched(expression(text), long)[0]?.problem).toContain('it would take too long on so large an object');
  });

  test('tells of what it reads nothing that looks like a credential', () => {
    const holding = change({ after: { kind: 'ConfigMap', data: { url: 'postgres://user:hunter2@db/x' } } });
    const { problem } = matched(expression('change.after[change.after.data.url] == 1'), holding)[0] ?? {};
    expect(problem).toContain('it reads a field that is not there');
    expect(problem).not.toContain('hunter2');
  });

  test('may take the short texts of an object apart', () => {
    const registry = "change.after.spec.containers.all(c, c.image.split('/')[0] == 'registry.acme')";
    const pod = { kind: 'Pod', spec: { containers: [{ image: 'registry.acme/web:2' }] } };
    expect(matched(expression(registry), change({ after: pod }))).toHaveLength(1);
    const annotated = { ...pod, metadata: { annotations: { note: 'a'.repeat(2_000) } } };
    expect(matched(expression(registry), change({ after: annotated }))[0]?.problem).toBeUndefined();
  });

  test('decides nothing where another condition decides', () => {
    const bad = expression('change.after.spec.foo == 1');
    expect(matched({ kind: 'all', of: [bad, key('kind', 'Pod')] })).toEqual([]);
    expect(matched({ kind: 'any', of: [bad, key('kind', 'Deployment')] })[0]?.problem).toBeUndefined();
    expect(matched({ kind: 'all', of: [bad, key('kind', 'Deployment')] })[0]?.problem).toBeDefined();
  });

  test('sees no side of what neither is nor will be, and no namespace of what has none', () => {
    const { after: __, ...bare } = { ...withoutBefore, object: object('Namespace', 'shop') };
    expect(
      matched(expression("!has(change.before) && !has(change.after) && change.namespace == ''"), bare),
    ).toHaveLength(1);
  });

  test('is told each path once, and what the change is', () => {
    const path = 'data.a';
    const twice = change({
      object: object('ConfigMap', 'shop/settings'),
      moves: [
        { path, before: json(1), after: json(2) },
        { path, before: json(2), after: json(3) },
      ],
    });
    const text =
      "change.fields == ['data.a'] && change.action == 'update' && change.kind == 'ConfigMap' && change.group == '' && change.name == 'settings'";
    expect(matched(expression(text), twice)).toHaveLength(1);
  });

  const password = 'hunter2';
  const secret = change({
    object: object('Secret', 'shop/login'),
    before: undefined as never,
    after: {
      kind: 'Secret',
      type: 'Opaque',
      metadata: { annotations: { copy: `it is ${password}`, note: 'fine' } },
      data: { password: 'aHVudGVyMg==' },
      stringData: { plain: password },
    },
  });

  test.each([
    "change.after.data.password == 'aHVudGVyMg=='",
    "change.after.data['password'].startsWith('a')",
    "change.after.stringData == {'plain': 'hunter2'}",
    "{'plain': 'hunter2'} == change.after.stringData",
    "change.after.data.map(k, change.after.data[k]) == ['aHVudGVyMg==']",
    "change.after.data.?password.orValue('') == ''",
    "change.after.metadata.annotations.copy.contains('hunter2')",
  ])('never sees a secret: %s', (text) => {
    expect(matched(expression(text), secret)[0]?.problem).toContain(
      'it reads a secret value, which no expression can see',
    );
  });

  test('sees what a secret is called, and everything beside it', () => {
    const seen =
      "change.after.type == 'Opaque' && change.after.data.exists(k, k == 'password') && size(change.after.data) == 1";
    expect(matched(expression(`${seen} && change.after.metadata.annotations.note == 'fine'`), secret)).toHaveLength(1);
    const variable = change({
      after: {
        spec: {
          env: [
            { name: 'DB_PASSWORD', value: password },
            { name: 'A', value: 'b' },
          ],
        },
      },
    });
    expect(
      matched(expression("change.after.spec.env.exists(e, e.name == 'A' && e.value == 'b')"), variable),
    ).toHaveLength(1);
    expect(matched(expression("change.after.spec.env.all(e, e.value != 'x')"), variable)[0]?.problem).toContain(
      'secret',
    );
  });

  test('does not see the bookkeeping of a live object', () => {
    const live = change({
      before: {
        metadata: {
          managedFields: [],
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', own: 'x' },
        },
      },
    });
    const text = "!has(change.before.metadata.managedFields) && change.before.metadata.annotations.all(k, k == 'own')";
    expect(matched(expression(text), live)).toHaveLength(1);
  });
});

describe('what all rules may compare together', () => {
  const wild = (length: number) => `${'b'.repeat(length - 1)}*`;
  const named = (length: number) => change({ object: object('ConfigMap', `shop/${'a'.repeat(length)}`) });
  const problems = (rules: readonly Rule[], changes: readonly RuleChange[]) =>
    matchRules({ rules, pull, target, changes }).map(({ name, problem }) => [name, problem]);
  const tooMuch = expect.stringContaining(
    'it compares more than a rule may; name kinds or environments in it, or split the pull request',
  );

  test('is divided in equal parts, so that no rule takes from another', () => {
    const [long, other] = [ruleWhen(key('name', wild(30_000)), 'long'), ruleWhen(key('name', 'x'), 'short')];
    // 900 million of 1,000 million steps.
    expect(problems([long], [named(30_000)])).toEqual([]);
    expect(problems([long, other], [named(30_000)])).toEqual([['long', tooMuch]]);
  });

  test('is counted over all changes and all values, and says at which object it was too much', () => {
    const half = ruleWhen(key('name', wild(24_000)));
    expect(problems([half], [named(24_000)])).toEqual([]);
    expect(problems([half], [named(24_000), claim, named(24_000)])).toEqual([
      ['rule', expect.stringMatching(/^it cannot be decided for ConfigMap shop\/a+: it compares more/)],
    ]);
    expect(problems([ruleWhen(key('name', wild(24_000), wild(24_000)))], [named(24_000)])).toHaveLength(1);
  });

  test('is spent by wildcards, and hardly by whole names', () => {
    expect(problems([ruleWhen(key('name', 'b'.repeat(60_000)))], [named(60_000)])).toEqual([]);
    expect(problems([ruleWhen(key('name', `${'b'.repeat(60_000)}?`))], [named(60_000)])).toHaveLength(1);
  });

  test('is spent by fields and by expressions, whether or not they say yes', () => {
    const deep = change({ moves: [{ path: `data.${'a'.repeat(60_000)}`, before: absent, after: json(1) }] });
    expect(problems([ruleWhen(key('field', `data.${wild(30_000)}`))], [deep])).toHaveLength(1);
    const moves = Array.from({ length: 300 }, (_, index) => ({
      path: `data.k${index}`,
      before: absent,
      after: json(1),
    }));
    const loops = expression("change.kind == 'Pod' && change.fields.all(a, change.fields.all(b, a != b))");
    const changes = (count: number) => Array.from({ length: count }, () => change({ moves }));
    expect(problems([ruleWhen(loops)], changes(100))).toEqual([]);
    expect(problems([ruleWhen(loops)], changes(4_000))).toEqual([['rule', tooMuch]]);
  });

  test('ends a rule at its first problem: one is enough to block', () => {
    const bad = ruleWhen(expression('change.after.spec.foo == 1'));
    const changes = ['a', 'b'].map((name) => change({ object: object('Pod', `shop/${name}`) }));
    expect(matchRules({ rules: [bad], pull, target, changes })).toMatchObject([
      { objects: ['Pod shop/a'], problem: expect.stringContaining('for Pod shop/a: ') },
    ]);
  });
});

describe('matching', () => {
  test('matches more with every alternative, and less with every further condition', () => {
    const leaf = fc
      .tuple(
        fc.constantFrom(...conditionKeys),
        fc.constantFrom('*', 'web', 'shop', 'Deployment', 'apps', 'update', 'spec.**'),
      )
      .map(([name, value]) => key(name, value));
    fc.assert(
      fc.property(leaf, leaf, (one, other) => {
        const count = (when: Condition) => matched(when).length;
        expect(count({ kind: 'any', of: [one, other] })).toBe(Math.max(count(one), count(other)));
        expect(count({ kind: 'all', of: [one, other] })).toBe(Math.min(count(one), count(other)));
      }),
    );
  });
});
