import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LeakHunt } from '../e2e/leak-hunt.ts';
import { repo, setStage } from '../e2e/stage.ts';
import { applyAs, createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
    approvals: 0
  guarded:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
    timeout: 5s
`;

const hunt = new LeakHunt();
const canary = (name: string) => hunt.canary(name);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const secret = (value: string) => `apiVersion: v1
kind: Secret
metadata:
  name: database
  annotations:
    note: the password is ${value}
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Secret","metadata":{"name":"database"},"data":{"password":"${base64(value)}"}}
data:
  password: ${base64(value)}
stringData:
  url: ${canary('in string data')}
`;
const workload = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
      annotations: { was: "token=${canary('in the environment')}" }
    spec:
      containers:
        - name: web
          image: registry.test/web:1
          env:
            - name: API_TOKEN
              value: ${canary('in the environment')}
`;

/** What a webhook says that quotes what it was shown, whole and cut. */
const denial = (value: string, code: number) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason: code === 403 ? 'Forbidden' : 'Invalid',
  message: `admission webhook "policy.test" denied the request: {"data":{"password":"${base64(value).slice(0, 20)}…; value ${value.slice(3)} of ${JSON.stringify({ name: 'API_TOKEN', value: canary('of somebody else') })} is no good`,
});

describe('secrets', () => {
  let story: PullRequestStory;
  let heads: string[];
  let second: Pull;

  /** Opens a pull request and waits for both checks. */
  const open = async (title: string, files: Readonly<Record<string, string>>): Promise<Pull> => {
    const pull = await story.open({ title, files });
    heads.push(pull.head);
    await story.checked(pull);
    return pull;
  };
  /** Merges it as an administrator can, and waits for the end of its deployments. */
  const merge = async ({ number }: Pull, conclusion: string): Promise<void> => {
    const merged = await story.github.merge({ repo, number, by: 'olga', bypass: true });
    heads.push(merged);
    await story.stage.eventually(
      `the end of the deployment as ${conclusion}`,
      () => (story.check(merged, 'planwright/deploy')?.conclusion === conclusion ? true : undefined),
      60_000,
    );
  };

  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } }),
    );
    const cluster = story.stage.clusters.get('staging');
    if (cluster === undefined) throw new Error('the stage has no cluster staging');
    await createNamespace(cluster, 'shop');
    story.github.createUser('mallory');
    heads = [];

    // Deployed, from an object that somebody else put there.
    await applyAs(cluster, 'helm', '/api/v1/namespaces/shop/secrets/adopted', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'adopted', annotations: { note: canary('live before') } },
      data: { password: base64(canary('live before')), other: base64(canary('live before, not rendered')) },
    });
    const first = await open('Secrets', {
      'apps/web/staging/secret.yaml': secret(canary('in data')),
      'apps/web/staging/settings.yaml': configMap('web', { db_password: canary('in a ConfigMap') }),
      'apps/web/staging/web.yaml': workload('web'),
    });
    await merge(first, 'success');
    await open('Adopted', {
      'apps/adopted/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: adopted }\nstringData: { password: ${canary('adopted')} }\n`,
    });

    // Changed by hand and by a pull request, so that live, deployed and new value are three.
    const edited = await fetch(`${cluster.url}/api/v1/namespaces/shop/secrets/database?fieldManager=kubectl-edit`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${cluster.token}`, 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({
        metadata: { annotations: { by: `hand: ${canary('changed by hand')}` } },
        data: { password: base64(canary('changed by hand')) },
      }),
    });
    expect(edited.status).toBe(200);
    second = await open('Changed', { 'apps/web/staging/secret.yaml': secret(canary('changed later')) });

    // Held, and failed with an answer that quotes.
    await merge(
      await open('Guarded', {
        'apps/web/guarded/secret.yaml': secret(canary('held')).replace('name: database', 'name: guarded'),
      }),
      'action_required',
    );
    const failing = await open('Failing', {
      'apps/failing/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: failing }\nstringData: { password: ${canary('denied at apply')} }\n`,
    });
    cluster.faults.failNext({
      method: 'PATCH',
      path: /secrets\/failing\?(?!.*dryRun)/,
      status: 403,
      body: denial(canary('denied at apply'), 403),
      times: 10,
    });
    await merge(failing, 'failure');

    // Refused while planning.
    cluster.faults.failNext({
      method: 'PATCH',
      path: /secrets\/denied\?.*dryRun/,
      status: 422,
      body: denial(canary('denied at plan'), 422),
      times: 10,
    });
    const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      denied: {
        'apps/denied/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: denied }\nstringData: { password: ${canary('denied at plan')} }\n`,
      },
      'not base64': {
        'apps/refused/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: refused\ndata:\n  password: ${canary('not base64')}!\n`,
      },
      'a map': {
        'apps/mapped/staging/settings.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mapped\ndata:\n  db_password:\n    value: ${canary('in a map')}\n`,
      },
      'broken YAML': {
        'apps/broken/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: broken\nstringData:\n  password: "${canary('in broken YAML')}\n  other: [${canary('in broken YAML')}\n`,
      },
      'a key twice': {
        'apps/twice/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: twice\nstringData:\n  password: ${canary('in a repeated key')}\n  password: ${canary('in a repeated key')}\n`,
      },
      'a wrong type': {
        'apps/typed/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: typed\nstringData:\n  password: [${canary('in a wrong type')}]\n`,
      },
      encrypted: {
        'apps/sops/staging/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: sops\nstringData: { password: ${canary('beside sops')} }\nsops: { mac: ${canary('beside sops')} }\n`,
      },
    };
    for (const [title, files] of Object.entries(refused)) {
      const pull = await open(title, files);
      expect([title, story.check(pull.head, 'planwright/plan')?.conclusion]).toEqual([title, 'failure']);
    }

    const fork = (await story.github.fork(repo, 'mallory')).name;
    const head = await story.github.push({
      repo: fork,
      branch: 'leak',
      files: { 'apps/web/staging/secret.yaml': secret(canary('in a fork')) },
      author: 'mallory',
    });
    await story.github.openPullRequest({ repo, head: 'mallory:leak', title: 'Fork', author: 'mallory' });
    heads.push(head);
    await story.checked({ head });
  }, 300_000);
  afterAll(async () => {
    hunt.close();
    await story?.stage.close();
  });
  afterEach(() => expect(story.github.violations).toEqual([]));

  it('are on the cluster, and a change of one is shown as changed', async () => {
    const live = JSON.stringify(story.stage.clusters.get('staging')?.objects());
    expect(hunt.found(live)).toEqual(
      expect.arrayContaining(['in data', 'in string data', 'in a ConfigMap', 'in the environment', 'live before']),
    );
    expect(await story.commented(second, 'data.password')).toContain('\n! password: changed (secret)\n');
  });

  it('are nowhere else: in no comment, check, issue, deployment, page, log, table or child process', async () => {
    const { looked, leaks } = await hunt.search(story.stage, heads);
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
    expect(looked['page']).toBeGreaterThan(3);
  });

  it('are found by this search when they are somewhere', () => {
    for (const part of ['a', 'b']) {
      const text = hunt.canary(`to be found, ${part}`);
      for (const form of [text, base64(text), text.slice(5, 13), Buffer.from(text).toString('hex')])
        expect(hunt.found(`x ${form} y`)).toEqual([`to be found, ${part}`]);
    }
  });

  it('are told from what else refusals say', () => {
    const said = heads
      .flatMap((sha) => story.github.checkRuns(repo, sha, 'latest'))
      .map(({ output }) => JSON.stringify(output))
      .join('\n');
    expect(said).toContain('denied the request');
    expect(said).toContain('(masked)');
  });
});
