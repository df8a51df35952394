import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { ChangeStory, type Proposal } from './change-story.ts';
import { LeakHunt } from './leak-hunt.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { repo, type Stage, setStage } from './stage.ts';

const run = `secrets-${randomBytes(4).toString('hex')}`;
const group = `${run}.example.test`;
const hunt = new LeakHunt();
const canary = (name: string) => hunt.canary(name);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
    approvals: 0
  guarded:
    cluster: ${cluster}
stacks:
  - path: apps/{stack}/{environment}
    namespace: ${run}
    timeout: 15s
`;

const yaml = (object: JsonObject) => `${JSON.stringify(object)}\n`;
const secret = (name: string, value: string, more: JsonObject = {}) =>
  yaml({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { password: value }, ...more });
const workload = (name: string, env: JsonObject) =>
  yaml({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      progressDeadlineSeconds: 5,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'registry.test/web:1', env: [env] }] },
      },
    },
  });
const vault = (name: string, value: string) =>
  yaml({
    apiVersion: `${group}/v1`,
    kind: 'Vault',
    metadata: { name },
    spec: { adminPassword: value, users: [{ name: 'a', token: canary('in a list of a custom resource') }] },
  });

/** Quotes the password of what it refuses, whole, cut and decoded no further than the API stores it. */
const quotesPassword = `'no: ' + string(object.data.password) + ' or ' + string(object.data.password).substring(3, 17)`;

const policy = (
  name: string,
  of: {
    readonly resource: string;
    readonly group?: string;
    readonly matches: string;
    readonly allows: string;
    readonly says: string;
  },
): JsonObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: `${run}-${name}` },
  spec: {
    matchConstraints: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': run } },
      resourceRules: [
        {
          apiGroups: [of.group ?? ''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: [of.resource],
        },
      ],
    },
    matchConditions: [{ name: 'those', expression: of.matches }],
    validations: [{ expression: of.allows, messageExpression: of.says }],
  },
});

describe('secrets on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;
  const heads: string[] = [];
  const said: Record<string, string> = {};

  const open = async (
    title: string,
    files: Readonly<Record<string, string>>,
    conclusion: string,
  ): Promise<Proposal> => {
    const proposal = await story.propose(title, files);
    heads.push(proposal.sha);
    const { plan } = await story.checked(proposal);
    said[title] = JSON.stringify([plan.output, story.comment(proposal)]);
    expect([title, plan.conclusion, plan.conclusion === conclusion ? '' : said[title]]).toEqual([
      title,
      conclusion,
      '',
    ]);
    return proposal;
  };
  const merge = async ({ number }: Proposal, title: string, conclusion: string): Promise<void> => {
    const merged = await stage.github.merge({ repo, number, by: 'olga', bypass: true });
    heads.push(merged);
    const { output } = await story.ended(merged, 'planwright/deploy', conclusion);
    said[title] = JSON.stringify([output, stage.github.issues(repo).at(-1)]);
  };

  beforeAll(async () => {
    cluster = await realCluster(run);
    const admission = '/apis/admissionregistration.k8s.io/v1';
    const put = async (path: string, object: JsonObject) => {
      cluster.removeAfterwards(path);
      return cluster.apply(path, object);
    };
    const name = `vaults.${group}`;
    const text = { type: 'string' };
    const spec = {
      type: 'object',
      properties: {
        adminPassword: { ...text, pattern: '^[A-Za-z0-9]{24}$' },
        users: { type: 'array', items: { type: 'object', properties: { name: text, token: text } } },
      },
    };
    await put(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Vault', plural: 'vaults', singular: 'vault', listKind: 'VaultList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
          },
        ],
      },
    });
    await put(`/api/v1/namespaces/${run}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run } });
    const policies = [
      policy('denied', {
        resource: 'secrets',
        matches: `object.metadata.name in ['denied', 'probe']`,
        allows: 'false',
        says: quotesPassword,
      }),
      policy('failing', {
        resource: 'secrets',
        matches: `object.metadata.name == 'failing'`,
        allows: 'has(request.dryRun) && request.dryRun',
        says: quotesPassword,
      }),
      policy('pods', {
        resource: 'pods',
        matches: `has(object.metadata.labels) && 'app' in object.metadata.labels && object.metadata.labels['app'] == 'podless'`,
        allows: 'false',
        says: `'env is ' + object.spec.containers[0].env[0].value + ', cut ' + object.spec.containers[0].env[0].value.substring(2, 12)`,
      }),
    ];
    for (const object of policies) {
      const policyName = (object['metadata'] as JsonObject)['name'] as string;
      await put(`${admission}/validatingadmissionpolicies/${policyName}`, object);
      await put(`${admission}/validatingadmissionpolicybindings/${policyName}`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: policyName },
        spec: { policyName, validationActions: ['Deny'] },
      });
    }
    await cluster.apply(`/api/v1/namespaces/${run}/secrets/adopted`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'adopted', annotations: { note: canary('live before') } },
      data: { password: base64(canary('live before')), other: base64(canary('live before, not rendered')) },
    });
    // A policy counts only once the API server has read it.
    for (let tries = 0; ; tries += 1) {
      const answer = await cluster
        .apply(`/api/v1/namespaces/${run}/secrets/probe`, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'probe' },
          data: { password: base64('no secret, and long enough') },
        })
        .catch((error: Error) => error);
      if (answer instanceof Error) break;
      if (tries === 100) throw new Error('the policies never came into force');
      await pause(200);
    }
    stage = await setStage({
      kubeconfig: cluster.kubeconfig,
      ownerNamespace: cluster.ownerNamespace,
      files: { '.github/planwright.yml': configuration(cluster.name) },
    });
    story = new ChangeStory(stage);
  }, 300_000);

  afterAll(async () => {
    hunt.close();
    try {
      await stage?.close();
    } finally {
      await cluster?.close();
    }
  });

  it('are deployed, drift and are replaced, and show as changed', async () => {
    const web = {
      'apps/web/staging/secret.yaml': secret('database', canary('in string data'), {
        data: { user: base64(canary('in data')) },
        immutable: true,
      }),
      'apps/web/staging/plain.yaml': secret('plain', canary('in a Secret')),
      'apps/web/staging/settings.yaml': yaml({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'web', annotations: { was: `db_password is ${canary('in a ConfigMap')}` } },
        data: { db_password: canary('in a ConfigMap') },
      }),
      'apps/web/staging/web.yaml': workload('web', { name: 'API_TOKEN', value: canary('in the environment') }),
      'apps/web/staging/vault.yaml': vault('vault', canary('in a custom resource')),
    };
    await merge(await open('First', web, 'success'), 'First deployed', 'success');
    const live = JSON.stringify([
      await cluster.get(`/api/v1/namespaces/${run}/secrets/database`),
      await cluster.get(`/apis/${group}/v1/namespaces/${run}/vaults/vault`),
    ]);
    expect(hunt.found(live)).toEqual(
      expect.arrayContaining(['in string data', 'in data', 'in a custom resource', 'in a list of a custom resource']),
    );

    await cluster.edit(`/api/v1/namespaces/${run}/secrets/plain`, {
      metadata: { annotations: { by: `hand: ${canary('changed by hand')}` } },
      data: { password: base64(canary('changed by hand')) },
    });
    await open(
      'Changed',
      {
        'apps/web/staging/secret.yaml': secret('database', canary('changed later'), { immutable: true }),
        'apps/web/staging/plain.yaml': secret('plain', canary('plain changed later')),
        'apps/web/staging/vault.yaml': vault('vault', canary('custom resource changed later')),
      },
      'success',
    );
    expect(said['Changed']).toMatch(/data\.password.*changed/);
    expect(said['Changed']).toContain('drift');
    expect(said['Changed']).toContain('spec.adminPassword');
  });

  it('are refused by the API in words that quote them, and the report does not', async () => {
    await open('Adopted', { 'apps/adopted/staging/a.yaml': secret('adopted', canary('adopted')) }, 'failure');
    await open('Denied', { 'apps/denied/staging/a.yaml': secret('denied', canary('denied at plan')) }, 'failure');
    expect(said['Denied']).toContain('(masked)');
    await open(
      'Pattern',
      { 'apps/pattern/staging/a.yaml': vault('pattern', `${canary('of no pattern')}!`) },
      'failure',
    );
    expect(said['Pattern']).toContain('(masked)');
    await open(
      'Wrong type',
      {
        'apps/typed/staging/a.yaml': workload('typed', {
          name: 'API_TOKEN',
          value: { [`x`]: canary('of a wrong type') },
        }),
        'apps/typed/staging/b.yaml': yaml({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'typed' },
          data: { api_key: [canary('in a list')] },
        }),
      },
      'failure',
    );
    await open(
      'Not base64',
      {
        'apps/encoded/staging/a.yaml': yaml({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'encoded' },
          data: { password: `${canary('not base64')}!` },
        }),
      },
      'failure',
    );
    await open(
      'Unknown field',
      {
        'apps/strict/staging/a.yaml': secret('strict', canary('beside an unknown field'), {
          clientSecret: canary('in an unknown field'),
        }),
      },
      'failure',
    );
  });

  it('are denied, and quoted by failing controllers, while deploying', async () => {
    await merge(
      await open('Failing', { 'apps/failing/staging/a.yaml': secret('failing', canary('denied at apply')) }, 'success'),
      'Failed',
      'failure',
    );
    expect(said['Failed']).toContain('(masked)');
    await merge(
      await open(
        'Podless',
        {
          'apps/podless/staging/a.yaml': workload('podless', {
            name: 'API_TOKEN',
            value: canary('quoted by a controller'),
          }),
        },
        'success',
      ),
      'Podless failed',
      'failure',
    );
    await merge(
      await open('Guarded', { 'apps/held/guarded/a.yaml': secret('held', canary('held')) }, 'success'),
      'Held',
      'action_required',
    );
  });

  it('are nowhere in what Planwright said, kept or started', async () => {
    const { looked, leaks } = await hunt.search(stage, heads);
    expect(leaks).toEqual([]);
    for (const place of [
      'check',
      'comment',
      'issue',
      'deployment',
      'log',
      'page',
      'child process',
      'table planwright.plan',
    ])
      expect([place, looked[place] ?? 0]).not.toEqual([place, 0]);
    expect(stage.github.violations).toEqual([]);
  });
});
