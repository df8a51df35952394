import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConfiguration } from '../../../src/domain/config/read-configuration.ts';

const server = { clusters: ['staging', 'production'] };
const read = (text: string) => readConfiguration({ path: '.github/planwright.yml', text }, server);

/** `line:column message` of every problem. */
function problems(text: string): readonly string[] {
  const result = read(text);
  return result.kind === 'read'
    ? []
    : result.problems.map(({ position, message }) => `${position?.line}:${position?.column} ${message}`);
}

const environments = 'version: 1\nenvironments:\n  staging:\n  production: {approvals: 2, after: [staging]}\n';
const stackProblems = (stack: string) => problems(`${environments}stacks:\n  - ${stack}\n`);

describe('a good file', () => {
  test('is read with every default filled in', () => {
    const result = read(`${environments}stacks:
  - path: apps/{stack}/overlays/{environment}
  - name: network
    path: network/{environment}/
    renderer: manifests
    engine: kubernetes
    watch: [lib/common/**]
    namespace: network
    namespaces: [network, web]
    cluster_scoped: [Namespace]
    prune: false
    timeout: 90s
`);
    const position = (line: number) => ({ path: '.github/planwright.yml', line, column: 5 });
    expect(result).toEqual({
      kind: 'read',
      warnings: [],
      configuration: {
        apply: { kind: 'after-merge' },
        environments: new Map([
          ['staging', { name: 'staging', cluster: 'staging', approvals: 1, after: [] }],
          ['production', { name: 'production', cluster: 'production', approvals: 2, after: ['staging'], override: [] }],
        ]),
        stacks: [
          {
            path: 'apps/{stack}/overlays/{environment}',
            watch: [],
            clusterScoped: [],
            ignore: [],
            forceConflicts: { kind: 'none' },
            prune: true,
            timeoutMs: 600_000,
            position: position(6),
          },
          {
            name: 'network',
            path: 'network/{environment}',
            renderer: 'manifests',
            watch: ['lib/common/**'],
            namespace: 'network',
            namespaces: ['network', 'web'],
            clusterScoped: ['Namespace'],
            ignore: [],
            forceConflicts: { kind: 'none' },
            prune: false,
            timeoutMs: 90_000,
            position: position(7),
          },
        ],
        rules: [],
      },
    });
  });

  test('may say the default of what is not supported yet', () => {
    const text = `version: 1
apply: after-merge
policies: []
environments:
  staging: {freeze: [], after: []}
stacks:
  - {path: apps, renderer: manifests, engine: kubernetes, needs: [], ignore: [], force_conflicts: false}
  - {path: web, force_conflicts: []}
`;
    expect(problems(text)).toEqual([]);
  });

  test.each([
    ['', { kind: 'none' }],
    ['force_conflicts: false', { kind: 'none' }],
    ['force_conflicts: true', { kind: 'all' }],
    ['force_conflicts: [helm]', { kind: 'managers', managers: ['helm'] }],
  ])('a stack with "%s" says whose fields it takes', (key, expected) => {
    const result = read(`version: 1\nenvironments: {staging: }\nstacks: [{path: a, ${key}}]`);
    expect(result.kind === 'read' && result.configuration.stacks[0]?.forceConflicts).toEqual(expected);
  });

  test('says where it asks to apply before the merge', () => {
    const result = read('version: 1\napply: before-merge\nenvironments: {staging: }\nstacks: [{path: a}]');
    expect(result.kind === 'read' && result.configuration.apply).toEqual({
      kind: 'before-merge',
      position: { path: '.github/planwright.yml', line: 2, column: 1 },
    });
  });

  test('a stack says what it leaves to others', () => {
    const rule = '{kind: Deployment, group: apps, namespace: "web-*", name: front, path: "spec.template.**.image"}';
    const result = read(`version: 1\nenvironments: {staging: }\nstacks: [{path: a, ignore: [${rule}]}]`);
    expect(result.kind === 'read' && result.configuration.stacks[0]?.ignore).toEqual([
      {
        kind: 'Deployment',
        group: 'apps',
        namespace: 'web-*',
        name: 'front',
        path: { text: 'spec.template.**.image', names: ['spec', 'template', '**', 'image'] },
      },
    ]);
  });

  test.each([
    ['{kind: Deployment, path: spec..replicas}', '3:54 "spec..replicas" is no path of fields: write it'],
    ['{kind: Deployment, path: metadata.name}', '3:54 "metadata.name" is no field that could be ignored: every object'],
    ['{kind: Deployment, name: "a{b}", path: spec}', '3:54 the pattern may hold the wildcards'],
  ])('what a stack leaves to others must be a field: %s', (rule, problem) => {
    expect(problems(`version: 1\nenvironments: {staging: }\nstacks: [{path: a, ignore: [${rule}]}]`)).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  test('without stacks says that nothing is planned', () => {
    expect(read('version: 1\n')).toMatchObject({
      kind: 'read',
      warnings: [{ severity: 'warning', position: { line: 1 } }],
    });
  });

  test('may use anchors, and approvals of 0', () => {
    const result = read('version: 1\nenvironments:\n  staging: &s {approvals: 0, cluster: staging}\n  copy: *s\n');
    expect(
      result.kind === 'read' &&
        [...result.configuration.environments.values()].map(({ name, approvals }) => [name, approvals]),
    ).toEqual([
      ['staging', 0],
      ['copy', 0],
    ]);
  });

  test('words that YAML 1.1 takes for booleans are names', () => {
    const result = readConfiguration(
      { path: 'p', text: 'version: 1\nenvironments:\n  no: {cluster: on}\n' },
      { clusters: ['on'] },
    );
    expect(result.kind === 'read' && result.configuration.environments.get('no')?.cluster).toBe('on');
  });
});

describe('an unknown key', () => {
  test.each([
    ['version: 1\nenviroments: {}', '2:1 unknown key "enviroments" — did you mean "environments"?'],
    ['version: 1\nenvironments:\n  staging: {aproval: 1}', '3:13 unknown key "aproval" — did you mean "approvals"?'],
    [
      'version: 1\nstacks:\n  - path: a\n    clusterScoped: []',
      '4:5 unknown key "clusterScoped" — did you mean "cluster_scoped"?',
    ],
    [
      'version: 1\nrules:\n  - name: a\n    deny: b\n    when: {any: [{acton: x}]}',
      '5:19 unknown key "acton" — did you mean "action"?',
    ],
    ['version: 1\nstacks:\n  - path: a\n    constructor: 1', '4:5 unknown key "constructor"'],
  ])('%j: %s', (text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(problem)]);
  });

  test('with no near one lists what is known', () => {
    expect(problems('version: 1\nxyzzy: 1')).toEqual([
      '2:1 unknown key "xyzzy"; known here: version, apply, environments, stacks, policies, rules',
    ]);
  });

  test('__proto__ is refused and changes no prototype', () => {
    expect(problems('version: 1\n__proto__: {polluted: true}\nenvironments: {__proto__: {}}\n')).toEqual([
      expect.stringMatching(/^2:1 .*__proto__/),
      expect.stringMatching(/^3:16 .*__proto__/),
    ]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('a value that cannot be', () => {
  test.each([
    ['version: 2', '1:10 "version" must be 1'],
    ['environments: {}', '1:1 the file has no key "version"'],
    [
      'version: 1\napply: afer-merge',
      '2:8 "apply" must be one of after-merge, before-merge — did you mean "after-merge"?',
    ],
    ['version: 1\nstacks: {}', '2:9 "stacks" must be a list'],
    ['version: 1\nenvironments: []', '2:15 "environments" must be a mapping'],
    ['version: 1\nenvironments: {a b: {}}', '2:16 the name "a b" is not valid'],
    ['version: 1\nenvironments: {a@b: {}}', '2:16 the name "a@b" is not valid'],
    ['version: 1\nenvironments: {staging: {approvals: -1}}', '2:37 "approvals" must be at least 0'],
    ['version: 1\nenvironments: {staging: {approvals: 1.5}}', '2:37 "approvals" must be a whole number'],
    ['version: 1\nenvironments: {staging: {after: [a, a]}}', '2:33 "after" holds one entry twice'],
    ['version: 1\nstacks:\n  - name: a', '3:5 an entry of "stacks" has no key "path"'],
    ['version: 1\nstacks: [{path: ""}]', '2:17 "path" must not be empty'],
    ['version: 1\nstacks: [{path: a, prune: yes}]', '2:27 "prune" must be true or false'],
    ['version: 1\nstacks: [{path: a, timeout: 10}]', '2:29 "timeout" must be text'],
    ['version: 1\nstacks: [{path: a, timeout: 10 min}]', '2:29 "timeout" is not valid: A duration'],
    ['version: 1\nstacks: [{path: a, namespace: A_b}]', '2:31 "namespace" is not valid: A namespace\'s name'],
    ['version: 1\nrules: [{name: a}]', '2:9 an entry of "rules" needs either "require" or "deny"'],
    ['version: 1\nrules: [{name: a, require: {from: [sre]}}]', '2:36 an entry of "from" is not valid: Who'],
    [
      'version: 1\nrules: [{name: a, deny: b, when: {action: delet}}]',
      '2:43 "action" must be one of create, update, replace, delete — did you mean "delete"?',
    ],
  ])('%j: %s', (text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('text that is not a configuration', () => {
  test.each([
    ['', '1:1 the file is empty'],
    ['# only words\n', '1:1 the file is empty'],
    ['- a', '1:1 the file must hold a mapping'],
    ['version: 1\n---\nversion: 1', '3:1 the file must hold one document only'],
    ['version: 1\nstacks: [', '2:10 not valid YAML'],
    ['version: 1\n\tx: 1', '2:1 not valid YAML'],
    ['version: 1\nversion: 1', '2:1 duplicate key "version": keep one (the first is on line 1)'],
    ['version: 1\n<<: {apply: after-merge}', '2:1 merge keys (<<) are not part of YAML 1.2'],
    ['version: 1\nstacks: *a', '2:9 the alias "*a" has no anchor'],
    ['version: 1\nstacks: .inf', '2:9 infinite'],
    [
      `a: &a [x,x,x,x,x,x,x,x]\n${'bcdefghij'.replaceAll(/./g, (name) => `${name}: &${name} [${`*${String.fromCharCode(name.charCodeAt(0) - 1)},`.repeat(8)}]\n`)}`,
      'aliases make this file grow',
    ],
    [`version: ${'['.repeat(5000)}`, 'nesting exceeded'],
    [`version: 1 # ${'x'.repeat(1024 * 1024)}`, '1:1 the file is larger than 1 MiB'],
  ])('%#: %s', (text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(problem)]);
  });

  test('never throws, whatever it is', () => {
    const word = fc.constantFrom(
      'version: 1\n',
      'environments:\n',
      '  staging:\n',
      'stacks:\n',
      '  - path: ',
      '{stack}',
      '{environment}',
      '/',
      '..',
      '    after: [staging]\n',
      '&a ',
      '*a',
      '[',
      ']',
      '{',
      '}',
      ':',
      '\n',
      'null',
      '1',
      '"',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const result = read(words.join(''));
        if (result.kind === 'invalid')
          for (const problem of result.problems) expect(problem.position?.line).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what is not supported yet is refused on its line, not ignored', () => {
  test.each([
    ['version: 1\npolicies: [a.yaml]', '2:1 "policies" is not supported yet'],
    ['version: 1\nenvironments: {staging: {bake: 10m}}', '2:26 "bake" is not supported yet'],
    [
      'version: 1\nenvironments: {staging: {freeze: ["Fri 16:00 - Mon 08:00 Europe/Berlin"]}}',
      '2:26 "freeze" is not supported yet',
    ],
  ])('%j: %s', (text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    ['renderer: helm', '"renderer: helm"'],
    ['renderer: kustomize', '"renderer: kustomize"'],
    ['engine: terraform', '"engine: terraform"'],
    ['needs: [a]', '"needs"'],
    ['drift: {schedule: "0 * * * *", mode: report}', '"drift"'],
    ['helm: {release: a, values: [values.yaml]}', '"helm"'],
    ['terraform: {workspace: "{environment}"}', '"terraform"'],
  ])('of a stack: %s', (key, name) => {
    expect(problems(`version: 1\nenvironments: {staging: }\nstacks: [{path: a, ${key}}]`)).toEqual([
      `3:20 ${name} is not supported yet: take it out`,
    ]);
  });
});

describe('environments', () => {
  test('an unknown cluster is named with those that the server has', () => {
    expect(problems('version: 1\nenvironments:\n  staging: {cluster: stagin}\n')).toEqual([
      '3:22 unknown cluster "stagin": this server has staging, production',
    ]);
    expect(problems('version: 1\nenvironments:\n  dev:\n')).toEqual([
      expect.stringMatching(
        /^3:3 unknown cluster "dev" \(the environment's own name.*\): this server has staging, production$/,
      ),
    ]);
    const none = readConfiguration({ path: 'p', text: 'version: 1\nenvironments: {a: }' }, { clusters: [] });
    expect(none.kind === 'invalid' && none.problems[0]?.message).toContain('this server has none');
  });

  test('an unknown environment in after is named with the nearest one', () => {
    expect(problems('version: 1\nenvironments:\n  staging:\n  production: {after: [stagin]}\n')).toEqual([
      '4:24 "after" names an unknown environment "stagin" — did you mean "staging"?',
    ]);
  });

  test.each([
    ['staging: {after: [staging]}', 'staging after staging'],
    ['staging: {after: [production]}\n  production: {after: [staging]}', 'staging after production after staging'],
  ])('a cycle is named: %j', (text, cycle) => {
    expect(problems(`version: 1\nenvironments:\n  ${text}\n`)).toEqual([expect.stringContaining(`never go: ${cycle}`)]);
  });

  test('two ways to one environment are no cycle', () => {
    const text =
      'version: 1\nenvironments:\n  a: {cluster: staging}\n  b: {cluster: staging, after: [a]}\n  c: {cluster: staging, after: [a]}\n  d: {cluster: staging, after: [b, c]}\n';
    expect(problems(text)).toEqual([]);
  });
});

describe('stacks', () => {
  test.each([
    ['path: /apps/{environment}', '6:11 the path must be relative'],
    ['path: apps\\{environment}', '6:11 the path must be written with "/"'],
    ['path: ../{environment}', '6:11 the path must not hold empty names, "." or ".."'],
    ['path: a//{environment}', '6:11 the path must not hold empty names'],
    ['path: a/*/{environment}', '6:11 the path takes no wildcards'],
    ['path: apps/{env}', '6:11 unknown placeholder {env} — did you mean {environment}?'],
    ['path: apps/{name}/{environment}', '6:11 unknown placeholder {name}: there are {stack} and {environment}'],
    ['path: "{stack}/{stack}/{environment}"', '6:11 {stack} stands twice'],
    ['path: "{stack}{environment}"', '6:11 two placeholders in one name need something between'],
    ['path: apps/{environment', '6:11 the path has a brace without its counterpart'],
    [
      'path: apps/{stack}',
      '6:11 with 2 environments the path must say which one a directory is for: add {environment}, as in apps/{stack}/{environment}',
    ],
    ['path: "{environment}"', '6:11 the path leaves no name for the stack: add "name"'],
    ['{name: x, path: "{stack}/{environment}"}', '6:21 with "name", every directory'],
    ['{path: "a b/{environment}"}', '6:12 the path gives the name "a b"'],
    ['{path: "a/{environment}", timeout: 0s}', '6:40 "timeout" must be between'],
    ['{path: "a/{environment}", timeout: 8d}', '6:40 "timeout" must be between'],
    [
      '{path: "a/{environment}", namespace: a, namespaces: [b]}',
      '6:42 "namespace" is a, which "namespaces" does not list',
    ],
    ['{path: "a/{environment}", watch: [lib/**, "{a,b}"]}', '6:47 the pattern may hold the wildcards'],
    ['{path: "a/{environment}", watch: ["/a"]}', '6:39 the pattern must be relative'],
  ])('%j: %s', (stack, problem) => {
    expect(stackProblems(stack)).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    'path: "{stack}-{environment}"',
    'path: apps/{stack}.{environment}/k8s',
    '{name: all, path: "{environment}"}',
    '{path: "web-{environment}"}',
  ])('%s is a good path', (stack) => {
    expect(stackProblems(stack)).toEqual([]);
  });

  test('with one environment a path need not say it, and "." is the root', () => {
    const text = (stack: string) => `version: 1\nenvironments: {staging: }\nstacks: [${stack}]\n`;
    expect(problems(text('{path: "apps/{stack}"}'))).toEqual([]);
    expect(problems(text('{path: ., name: all}'))).toEqual([]);
    expect(problems(text('{path: .}'))).toEqual([expect.stringContaining('add "name"')]);
  });

  test('a stack without any environment is an error', () => {
    expect(problems('version: 1\nstacks: [{path: a}]\n')).toEqual([
      expect.stringContaining('2:17 a stack needs an environment to go to'),
    ]);
  });

  test('two stacks of one name are an error that names both lines, written or taken from the path', () => {
    const text = `${environments}stacks:\n  - path: a/b/{environment}\n  - path: c/{environment}\n    name: a-b\n  - path: a/{environment}/b\n`;
    expect(problems(text)).toEqual([
      '8:11 two stacks are named "a-b" (the first is on line 6): give one another "name"',
      '9:11 two stacks are named "a-b" (the first is on line 6): give one another "name"',
    ]);
  });
});
