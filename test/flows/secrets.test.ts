import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { superuser } from '../../src/adapters/postgres/postgres-process.ts';
import { readPostmasterFile } from '../../src/adapters/postgres/postmaster-file.ts';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
    approvals: 0
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;

const canaries = [
  'canary-in-a-secret',
  'canary-in-string-data',
  'canary-in-a-config-map',
  'canary-in-an-environment',
  'canary-that-is-refused',
  'canary-in-broken-yaml',
  'canary-changed-later',
] as const;
const [inData, inStringData, inConfigMap, inEnvironment, refused, broken, later] = canaries;
const base64 = (text: string) => Buffer.from(text).toString('base64');

const secret = (value: string) => `apiVersion: v1
kind: Secret
metadata:
  name: database
  annotations:
    note: the password is ${value}
data:
  password: ${base64(value)}
stringData:
  url: ${inStringData}
`;
const workload = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: web
          image: registry.test/web:1
          env:
            - name: API_TOKEN
              value: ${inEnvironment}
`;

/** Whatever form a value can be met in. */
const formsOf = (text: string) => [
  text,
  base64(text),
  Buffer.from(text).toString('hex'),
  Buffer.from(base64(text)).toString('hex'),
  encodeURIComponent(text),
];

describe('secrets', () => {
  let story: PullRequestStory;
  let heads: string[];
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } }),
    );
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
    story.github.createUser('mallory');
    heads = [];

    const first = await story.open({
      title: 'Secrets',
      files: {
        'apps/web/staging/secret.yaml': secret(inData),
        'apps/web/staging/settings.yaml': configMap('web', { db_password: inConfigMap }),
        'apps/web/staging/web.yaml': workload,
      },
    });
    heads.push(first.head);
    const { plan } = await story.checked(first);
    expect(plan.conclusion).toBe('success');
    const merged = await story.github.merge({ repo, number: first.number, by: 'bob' });
    await story.stage.eventually(
      'the deployment',
      () => (story.check(merged, 'planwright/deploy')?.conclusion === 'success' ? true : undefined),
      30_000,
    );
    heads.push(merged);

    const files = {
      changed: { 'apps/web/staging/secret.yaml': secret(later) },
      'not base64': {
        'apps/refused/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: refused\ndata:\n  password: ${refused}!\n`,
      },
      'a map': {
        'apps/mapped/staging/settings.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mapped\ndata:\n  db_password:\n    value: ${refused}\n`,
      },
      'broken YAML': {
        'apps/broken/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: broken\nstringData:\n  password: "${broken}\n  other: [${broken}\n`,
      },
    };
    for (const [title, change] of Object.entries(files)) {
      const pull = await story.open({ title, files: change });
      heads.push(pull.head);
      await story.checked(pull);
    }
    const fork = (await story.github.fork(repo, 'mallory')).name;
    const head = await story.github.push({
      repo: fork,
      branch: 'leak',
      files: { 'apps/web/staging/secret.yaml': secret(later) },
      author: 'mallory',
    });
    await story.github.openPullRequest({ repo, head: 'mallory:leak', title: 'Fork', author: 'mallory' });
    heads.push(head);
    await story.checked({ head });
  }, 120_000);
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  /** The canaries that a text holds. */
  const found = (text: string) => canaries.filter((canary) => formsOf(canary).some((form) => text.includes(form)));

  it('are on the cluster, and a change of one is shown as changed', async () => {
    const live = JSON.stringify(story.stage.clusters.get('staging')?.objects());
    expect(found(live)).toEqual(expect.arrayContaining([inData, inStringData, inConfigMap, inEnvironment]));
    expect(await story.commented({ number: 2 }, 'data.password')).toMatch(/data\.password.*changed/);
    expect(story.check(heads[3] ?? '', 'planwright/plan')?.conclusion).toBe('failure');
  });

  it('stand in no comment, check, annotation, issue or deployment', () => {
    const { github } = story;
    const said = [
      ...heads.flatMap((sha) => github.checkRuns(repo, sha, 'all')),
      ...github.pullRequests(repo).flatMap(({ number }) => github.comments(repo, number)),
      ...github.issues(repo),
      ...github.deployments(repo),
    ];
    expect(said.length).toBeGreaterThan(15);
    expect(found(JSON.stringify(said))).toEqual([]);
  });

  it('stand in no logged line', () => {
    expect(found(story.stage.logged.join('\n'))).toEqual([]);
  });

  it('stand in no table of the database', async () => {
    const rows = await dump(story.stage.logged);
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.some(({ table, text }) => table === 'planwright.plan' && text.includes('data.password'))).toBe(true);
    expect(rows.filter(({ text }) => found(text).length > 0).map(({ table }) => table)).toEqual([]);
  });

  it('stand on no page', async () => {
    const links = [
      ...(await story.commented({ number: 2 }, 'web@staging')).matchAll(/\((http[^)]*\/plans\/[0-9a-f]{64})\)/g),
    ].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) {
      const page = await fetch(link);
      expect(page.status).toBe(200);
      expect(found(await page.text())).toEqual([]);
    }
  });
});

/** Every row of every table, as text. */
async function dump(logged: readonly string[]): Promise<readonly { readonly table: string; readonly text: string }[]> {
  const dataFolder = /"dataFolder":"([^"]+)"/.exec(logged.join('\n'))?.[1] ?? '';
  const postmaster = await readPostmasterFile(dataFolder);
  if (postmaster === undefined) throw new Error(`no database runs in ${dataFolder}`);
  const client = new Client({ host: postmaster.socketFolder, port: 5432, user: superuser, database: 'postgres' });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ table: string }>(
      "select format('%I.%I', table_schema, table_name) as table from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    );
    const all: { table: string; text: string }[] = [];
    for (const { table } of tables) {
      const { rows } = await client.query<{ text: string }>(`select row_to_json(t)::text as text from ${table} t`);
      all.push(...rows.map(({ text }) => ({ table, text })));
    }
    return all;
  } finally {
    await client.end();
  }
}
