import { describe, expect, test } from 'vitest';
import { readConfiguration } from '../../../src/domain/config/read-configuration.ts';

const server = { clusters: ['staging', 'production'] };
const top = 'version: 1\nenvironments: {staging: , production: }\n';
const path = '.github/planwright.yml';

function read(text: string) {
  return readConfiguration({ path, text: `${top}${text}` }, server);
}

function rulesOf(text: string) {
  const result = read(text);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.configuration.rules;
}

/** `line:column message` of every problem. */
function problems(text: string): readonly string[] {
  const result = read(text);
  return result.kind === 'read'
    ? []
    : result.problems.map(({ position, message }) => `${position?.line}:${position?.column} ${message}`);
}

describe('rules', () => {
  test('are read with everything that they say', () => {
    expect(
      rulesOf(`rules:
  - name: destroying data
    when: {action: [delete, replace], kind: PersistentVolumeClaim}
    require: {count: 2, from: ["team:sre", "user:bob", "role:admin", codeowners]}
    override: {from: ["team:platform"]}
  - name: no public load balancers
    when: {expression: "change.after.kind == 'Service'"}
    deny: Use an Ingress instead.
  - name: everything
    require: {}
`),
    ).toEqual([
      {
        name: 'destroying data',
        origin: 'repository',
        when: {
          kind: 'all',
          of: [
            { kind: 'matches', key: 'action', values: ['delete', 'replace'] },
            { kind: 'matches', key: 'kind', values: ['PersistentVolumeClaim'] },
          ],
        },
        outcome: {
          kind: 'require',
          count: 2,
          from: [
            { kind: 'team', slug: 'sre' },
            { kind: 'user', login: 'bob' },
            { kind: 'role', role: 'admin' },
            { kind: 'codeowners' },
          ],
        },
        override: [{ kind: 'team', slug: 'platform' }],
        position: { path, line: 4, column: 5 },
      },
      {
        name: 'no public load balancers',
        origin: 'repository',
        when: { kind: 'expression', text: "change.after.kind == 'Service'" },
        outcome: { kind: 'deny', reason: 'Use an Ingress instead.' },
        override: [],
        position: { path, line: 8, column: 5 },
      },
      {
        name: 'everything',
        origin: 'repository',
        when: undefined,
        outcome: { kind: 'require', count: 1, from: [{ kind: 'role', role: 'write' }] },
        override: [],
        position: { path, line: 11, column: 5 },
      },
    ]);
  });

  test('nest their conditions', () => {
    const [rule] = rulesOf(`rules:
  - name: nested
    deny: no
    when:
      environment: production
      any:
        - {name: "db-*", namespace: shop}
        - all: [{field: "spec.**"}, {label: risky}, {branch: "release/*"}, {author: "bot[bot]"}, {group: ""}, {stack: web}]
`);
    expect(rule?.when).toEqual({
      kind: 'all',
      of: [
        { kind: 'matches', key: 'environment', values: ['production'] },
        {
          kind: 'any',
          of: [
            {
              kind: 'all',
              of: [
                { kind: 'matches', key: 'namespace', values: ['shop'] },
                { kind: 'matches', key: 'name', values: ['db-*'] },
              ],
            },
            {
              kind: 'all',
              of: [
                {
                  kind: 'all',
                  of: ['field', 'label', 'branch', 'author', 'group', 'stack'].map((key) =>
                    expect.objectContaining({ kind: 'matches', key }),
                  ),
                },
              ].flatMap(({ of }) => of),
            },
          ],
        },
      ],
    });
  });

  test('there are none without the key', () => {
    expect(rulesOf('')).toEqual([]);
  });
});

test('an environment says who may override its approvals', () => {
  const result = readConfiguration(
    { path, text: 'version: 1\nenvironments: {staging: {override: {from: ["role:admin"]}}}\n' },
    server,
  );
  expect(result).toMatchObject({
    configuration: { environments: new Map([['staging', { override: [{ kind: 'role', role: 'admin' }] }]]) },
  });
});

/** One rule, and where ¦ stands in it: `line:column`. */
function marked(text: string): { readonly found: readonly string[]; readonly place: string } {
  const line = `rules: [${text}]`;
  return { found: problems(line.replace('¦', '')), place: `3:${line.indexOf('¦') + 1}` };
}

describe('what no schema can say of a rule is an error where it stands', () => {
  test.each([
    [
      '{name: a, deny: b, when: {environment: ¦prodction}',
      '"environment" names an unknown environment "prodction" — did you mean',
    ],
    [
      '{name: a, deny: b, when: {environment: [staging, ¦qa]}',
      '"environment" names an unknown environment "qa"; known here: staging',
    ],
    ['{name: a, deny: b, when: {any: [{environment: ¦qa}]}', '"environment" names an unknown environment "qa"'],
    [
      '{name: a, deny: b, when: {kind: ¦deployment}',
      '"deployment" is no kind: write it as objects do, such as Deployment',
    ],
    ['{name: a, deny: b, when: {group: ¦apps/v1}', '"apps/v1" is no API group: write it without a version'],
    ['{name: a, deny: b, when: {author: ¦"@bob"}', '"@bob" is no login of GitHub'],
    ['{name: a, deny: b, when: {name: ¦"{a,b}"}', '"{a,b}": the pattern may hold the wildcards'],
    ['{name: a, deny: b, when: {stack: ¦"/web"}', '"/web": the pattern must be relative'],
    ['{name: a, deny: b, when: {label: ¦"!risky"}', '"!risky": the pattern may hold'],
    [`{name: a, deny: b, when: {branch: ¦"${'*a'.repeat(21)}"}`, ''],
    [
      '{name: a, deny: b, when: {field: ¦"spec..replicas"}',
      '"spec..replicas" is no path of fields: write it as plans show it',
    ],
    [
      '{name: a, deny: b, when: {expression: ¦"change.knd == \'a\'"}',
      'the expression is not valid: No such key: knd at character 8',
    ],
    [
      '{name: a, deny: b, when: {expression: ¦"change.kind == 1"}',
      'the expression is not valid: no such overload: string == int',
    ],
    ['{name: a, deny: b, when: {expression: ¦"change.kind =="}', 'the expression is not valid: '],
    [
      '{name: a, deny: b, when: {expression: ¦"change.kind"}',
      'the expression is not valid: it must be true or false, and is of type',
    ],
    ['{name: a, deny: b, when: {expression: ¦"user.admin"}', 'the expression is not valid: Unknown variable: user'],
    [
      '{name: a, deny: b, when: {expression: ¦"cel.bind(x, true, x)"}',
      'the expression is not valid: cel.bind is not available in rules',
    ],
    ['{name: a, deny: b, when: ¦{}', '"when" must not be empty'],
    ['{name: a, deny: b, when: {any: ¦[]}', '"any" must not be empty'],
    ['{name: a, deny: b, when: {kind: ¦[]}', '"kind" must not be empty'],
    ['¦{name: a, deny: b, require: {count: 1}', 'an entry of "rules" needs either "require" or "deny"'],
    ['{name: a, deny: b, override: {from: ¦[]}', '"from" must not be empty'],
    ['{name: a, deny: b, override: {from: ["team:sre", ¦nobody]}', 'an entry of "from" is not valid'],
    ['¦{name: a, when: {kind: Pod}', 'an entry of "rules" needs either "require" or "deny"'],
    ['{name: a, require: {from: ¦[]}', '"from" must not be empty'],
    ['{name: a, require: {count: ¦0}', '"count" must be at least 1'],
    [
      '{name: a, require: {count: ¦2, from: ["user:bob", "user:Bob"]}',
      '2 people are asked for, and "from" names 1: nobody could ever meet that',
    ],
  ])('%s', (text, problem) => {
    const { found, place } = marked(`${text}}`);
    expect(found).toEqual([expect.stringContaining(`${place} ${problem}`)]);
  });

  test('as many named users as are asked for, and a team among them, are fine', () => {
    expect(problems('rules: [{name: a, require: {count: 2, from: ["user:bob", "user:erin"]}}]')).toEqual([]);
    expect(problems('rules: [{name: a, require: {count: 9, from: ["user:bob", "team:sre"]}}]')).toEqual([]);
  });

  test('names that people could not tell apart or not say', () => {
    expect(problems('rules:\n  - {name: a, deny: b}\n  - {name: a, deny: c}\n')).toEqual([
      '5:12 another rule is named "a" (on line 4): give each its own name',
    ]);
    expect(problems('rules: [{name: approvals, deny: b}]')).toEqual([
      expect.stringContaining('3:16 "approvals" is the name by which'),
    ]);
    for (const name of [`'a "b"'`, '" a"', String.raw`"a\nb"`])
      expect(problems(`rules: [{name: ${name}, deny: b}]`)).toEqual([
        expect.stringContaining('3:16 the name of a rule must not hold quotes'),
      ]);
  });

  test('more than 200 rules', () => {
    const many = Array.from({ length: 201 }, (_, index) => `  - {name: r${index}, deny: b}\n`).join('');
    expect(problems(`rules:\n${many}`)).toEqual(['4:3 "rules" must have at most 200 entries']);
  });
});
