import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readServerSettings, type ServerSettingsInput } from '../../../src/domain/config/read-server-settings.ts';
import { mayDeploy } from '../../../src/domain/config/server-settings.ts';

const path = '/etc/planwright/server.yml';

function read(input: {
  text?: string;
  environment?: ServerSettingsInput['environment'];
  contexts?: readonly string[];
}) {
  const { text, environment = {}, contexts = [] } = input;
  return readServerSettings({
    environment,
    kubeconfigContexts: contexts,
    ...(text === undefined ? {} : { file: { path, text } }),
  });
}

function settings(input: Parameters<typeof read>[0]) {
  const result = read(input);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result;
}

/** `line:column message`, or the message alone where no line is to blame. */
function problems(input: Parameters<typeof read>[0]): readonly string[] {
  const result = read(input);
  if (result.kind === 'read') return [];
  return result.problems.map(({ position, message }) =>
    position === undefined
      ? message
      : `${position.path === path ? '' : position.path}${position.line}:${position.column} ${message}`,
  );
}

describe('the environment alone', () => {
  test('with nothing set knows github.com and no cluster', () => {
    expect(read({})).toEqual({
      kind: 'read',
      settings: { gitHubHost: 'github.com', clusters: new Map() },
      clusterAccess: new Map(),
    });
  });

  test('makes each context a cluster to which nobody may deploy', () => {
    const { settings: read, clusterAccess } = settings({ contexts: ['staging', 'in-cluster'] });
    expect([...read.clusters.values()]).toEqual([
      { name: 'staging', repositories: [], ownerNamespace: 'default' },
      { name: 'in-cluster', repositories: [], ownerNamespace: 'default' },
    ]);
    expect(clusterAccess.size).toBe(0);
  });

  test('lets the repositories of PLANWRIGHT_REPOSITORIES deploy to each context', () => {
    const { settings: read } = settings({
      contexts: ['staging'],
      environment: { PLANWRIGHT_REPOSITORIES: ' acme/infra, tools/*,' },
    });
    const staging = read.clusters.get('staging');
    if (staging === undefined) throw new Error('no cluster');
    expect(staging.repositories).toEqual(['acme/infra', 'tools/*']);
    expect(mayDeploy(staging, { owner: 'Acme', name: 'infra' })).toBe(true);
    expect(mayDeploy(staging, { owner: 'tools', name: 'x' })).toBe(true);
    expect(mayDeploy(staging, { owner: 'acme', name: 'infra2' })).toBe(false);
  });

  test.each(['infra', '*', 'acme/infra/x', '!acme/infra', 'acme/{a', 'acme/', 'a b/c'])(
    'refuses %j as a repository',
    (glob) => {
      expect(problems({ environment: { PLANWRIGHT_REPOSITORIES: `acme/a,${glob}` } })).toEqual([
        expect.stringContaining(`PLANWRIGHT_REPOSITORIES holds ${JSON.stringify(glob)}`),
      ]);
    },
  );

  test.each([
    ['https://planwright.example.com', 'https://planwright.example.com'],
    ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000'],
    ['https://[::1]:8443/deploy//', 'https://[::1]:8443/deploy'],
  ])('takes %s for links as %s', (written, url) => {
    expect(settings({ environment: { PLANWRIGHT_URL: written } }).settings.url).toBe(url);
  });

  test.each([
    'planwright.example.com',
    'ftp://x.example.com',
    'https://user:hunter2@x.example.com',
    'https://x.example.com/?a=b',
    'https://x.example.com/#a',
    'javascript:alert(1)',
    'https://',
    'https://x.example.com/ b',
    'https://x)y.example.com',
  ])('refuses %s as the address for links, without quoting it', (written) => {
    const found = problems({ environment: { PLANWRIGHT_URL: written } });
    expect(found).toEqual([expect.stringContaining('PLANWRIGHT_URL')]);
    expect(found[0]).not.toContain('hunter2');
  });

  test('takes the host of a GitHub Enterprise Server, and refuses what is no host', () => {
    expect(settings({ environment: { GHE_HOST: 'GHE.example.com' } }).settings.gitHubHost).toBe('ghe.example.com');
    expect(
      settings({ environment: { GHE_HOST: '', PLANWRIGHT_URL: '', PLANWRIGHT_REPOSITORIES: '' } }).settings,
    ).toEqual({ gitHubHost: 'github.com', clusters: new Map() });
    expect(problems({ environment: { GHE_HOST: 'https://ghe.example.com' } })).toEqual([
      expect.stringContaining('GHE_HOST is "https://ghe.example.com"'),
    ]);
  });

  test('names all problems at once', () => {
    const environment = { GHE_HOST: 'a/b', PLANWRIGHT_URL: 'x', PLANWRIGHT_REPOSITORIES: 'x' };
    expect(problems({ environment, text: 'cluster: {}' })).toHaveLength(4);
  });
});

const product = `clusters:
  production:
    kubeconfig: /etc/planwright/production.kubeconfig
    context: prod
    repositories: [acme/infra]
    namespaces: ["*", "web-*", web]
    plan_as: { user: planwright-planner, groups: [planners] }
    owner_namespace: planwright
  edge:
    kubeconfig: edge.kubeconfig
rules: []
`;

describe('what the server file asks of every repository', () => {
  test('is nothing when it says nothing', () => {
    const { shared, organizationRules } = settings({ text: 'clusters: {}\norganization_rules: optional' }).settings;
    expect(shared).toEqual({ environments: new Map(), rules: [] });
    expect(organizationRules).toBeUndefined();
  });

  test('is rules and environments, as repositories write them, and whether organizations must have theirs', () => {
    const { shared, organizationRules } = settings({
      text: `organization_rules: required
environments:
  production: {approvals: 2, override: {from: ["role:admin"]}}
rules:
  - name: no namespaces
    when: {kind: Namespace, action: delete}
    deny: Ask the platform team.
`,
    }).settings;
    expect(organizationRules).toBe('required');
    expect(shared?.environments).toEqual(
      new Map([['production', { approvals: 2, override: [{ kind: 'role', role: 'admin' }] }]]),
    );
    expect(shared?.rules).toMatchObject([
      { name: 'no namespaces', origin: 'server', outcome: { kind: 'deny' }, position: { path, line: 5 } },
    ]);
  });
});

describe('the server file', () => {
  test('gives clusters with all that it says of them, and defaults for the rest', () => {
    const result = settings({ text: product });
    expect([...result.settings.clusters.values()]).toEqual([
      {
        name: 'production',
        repositories: ['acme/infra'],
        namespaces: ['*', 'web-*', 'web'],
        ownerNamespace: 'planwright',
      },
      { name: 'edge', repositories: [], ownerNamespace: 'default' },
    ]);
    expect(result.clusterAccess).toEqual(
      new Map([
        [
          'production',
          {
            kubeconfig: '/etc/planwright/production.kubeconfig',
            context: 'prod',
            planAs: { user: 'planwright-planner', groups: ['planners'] },
          },
        ],
        ['edge', { kubeconfig: 'edge.kubeconfig' }],
      ]),
    );
  });

  test('wins over KUBECONFIG: PLANWRIGHT_REPOSITORIES never counts for a cluster that it names', () => {
    const { clusters } = settings({
      text: 'clusters:\n  production: {repositories: [acme/infra]}\n  edge:\n',
      contexts: ['production', 'edge', 'staging'],
      environment: { PLANWRIGHT_REPOSITORIES: 'evil/*' },
    }).settings;
    expect(Object.fromEntries([...clusters].map(([name, { repositories }]) => [name, repositories]))).toEqual({
      production: ['acme/infra'],
      edge: [],
      staging: ['evil/*'],
    });
  });

  test('keeps PLANWRIGHT_REPOSITORIES from a context that one of its clusters uses by another name', () => {
    const environment = { PLANWRIGHT_REPOSITORIES: 'evil/*' };
    const renamed = settings({
      text: 'clusters: {production: {context: prod}}',
      contexts: ['prod', 'staging'],
      environment,
    });
    expect(renamed.settings.clusters.get('prod')?.repositories).toEqual([]);
    expect(renamed.settings.clusters.get('staging')?.repositories).toEqual(['evil/*']);
    const inPod = settings({
      text: 'clusters: {production: {repositories: [acme/infra]}}',
      contexts: ['in-cluster'],
      environment,
    });
    expect(inPod.settings.clusters.get('in-cluster')?.repositories).toEqual([]);
    expect(inPod.settings.clusters.get('production')?.repositories).toEqual(['acme/infra']);
  });

  test.each([
    ['cluster: {}', '1:1 unknown key "cluster" — did you mean "clusters"?'],
    [
      'clusters:\n  production:\n    kubeconfig: a\n    repos: [acme/infra]',
      '4:5 unknown key "repos"; known here: kubeconfig, context, repositories, namespaces, plan_as, owner_namespace',
    ],
    [
      'clusters:\n  production:\n    kubeconfig: a\n    repositorys: [acme/infra]',
      '4:5 unknown key "repositorys" — did you mean "repositories"?',
    ],
    [
      'clusters:\n  a:\n    kubeconfig: a\n    plan_as: {user: x, group: []}',
      '4:24 unknown key "group" — did you mean "groups"?',
    ],
    ['clusters: {a: {kubeconfig: a, plan_as: {groups: []}}}', '1:31 "plan_as" has no key "user", which is required'],
    ['clusters: {a: {kubeconfig: a, repositories: acme/infra}}', '1:45 "repositories" must be a list'],
    [
      'clusters: {a: {kubeconfig: a, repositories: [acme]}}',
      '1:46 an entry of "repositories" is not valid: A repository as `owner/name`',
    ],
    ['clusters: {a: {kubeconfig: a, namespaces: ["web*x"]}}', '1:44 an entry of "namespaces" is not valid'],
    ['clusters: {a: {kubeconfig: a, owner_namespace: Big}}', '1:48 "owner_namespace" is not valid'],
    ['clusters: {a: {kubeconfig: ""}}', '1:28 "kubeconfig" is not valid'],
    ['clusters: {"a b": {kubeconfig: a}}', '1:12 the name "a b" is not valid'],
    ['rules: [{name: x}]', '1:9 an entry of "rules" needs either "require" or "deny"'],
    ['rules: [{name: x, deny: true}]', '1:25 "deny" must be text'],
    ['rules:\n- name: x\n  deny: No.\n  when: {expression: "change.afer"}', '4:'],
    ['environments: {production: {approvals: many}}', '1:40 "approvals" must be a whole number'],
    [
      'environments: {production: {cluster: a}}',
      `1:29 "cluster" is for a repository's own .github/planwright.yml: take it out`,
    ],
    ['environments: {production: {bake: 10m}}', '1:29 "bake" is not supported yet: take it out'],
    ['organization_rules: always', '1:21 "organization_rules" must be one of optional, required'],
    ['', '1:1 the file is empty: it needs at least "clusters: {}"'],
    ['- clusters', '1:1 the file must hold a mapping'],
    ['clusters: {}\nclusters: {}', '2:1 duplicate key "clusters"'],
    ['clusters: [', '1:'],
    [
      'clusters: {production: {}}',
      '1:12 cluster "production" has no credentials: add "kubeconfig", or name a context of KUBECONFIG; "production" is none (KUBECONFIG gives none)',
    ],
  ])('%j: %s', (text, problem) => {
    const found = problems({ text });
    expect(found[0]).toContain(problem);
    expect(found).toHaveLength(1);
  });

  test('says which context was probably meant', () => {
    expect(problems({ text: 'clusters:\n  production:\n    context: prodution\n', contexts: ['production'] })).toEqual([
      '3:14 cluster "production" has no credentials: add "kubeconfig", or name a context of KUBECONFIG; "prodution" is none — did you mean "production"?',
    ]);
  });

  test('has a schema that says of every key what it is for', () => {
    const schema = JSON.parse(
      readFileSync(resolve(import.meta.dirname, '../../../schema/planwright-server.schema.json'), 'utf8'),
    );
    const keys = [schema, ...Object.values(schema.definitions)].flatMap((each) =>
      Object.entries(each.properties ?? {}),
    );
    expect(keys.length).toBeGreaterThan(10);
    for (const [key, value] of keys) {
      const { description, $ref } = value as { description?: string; $ref?: string };
      const referenced = $ref === undefined ? undefined : schema.definitions[$ref.split('/').at(-1) ?? '']?.description;
      expect(description ?? referenced, key).toMatch(/\.$/);
    }
  });
});
