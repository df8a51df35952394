import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, configuration, type DeployStory, objects, startStory, workload } from './deploy-story.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const canary = 'canary-that-nobody-may-see';

describe('a deployment that does not end well', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory({
      files: { '.github/planwright.yml': configuration.replace('timeout: 2s', 'timeout: 12s') },
    });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const annotated = (name: string, annotations: Readonly<Record<string, string>>) =>
    `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data: {} })}\n`;
  const everythingSaid = () =>
    JSON.stringify([story.stage.github.issues(repo), story.stage.github.comments(repo, 1), story.stage.logged]);

  it('shows the pod, its events and the end of its log, without any secret', async () => {
    const secret = `${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'crash' }, stringData: { phrase: canary } })}\n`;
    const template = {
      metadata: { labels: { app: 'crash', 'planwright.dev/simulate': 'crash' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'registry.test/web:1',
            env: [
              { name: 'GREETING', value: 'hello' },
              { name: 'PHRASE', valueFrom: { secretKeyRef: { name: 'crash', key: 'phrase' } } },
              { name: 'API_TOKEN', value: `named-${canary}` },
            ],
          },
        ],
      },
    };
    const spec = { replicas: 1, selector: { matchLabels: { app: 'crash' } }, template };
    const deployment = `${JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'crash' }, spec })}\n`;
    const landed = await story.landUnasked('Crash', { 'apps/crash/lab/all.yaml': objects(secret, deployment) });
    const check = await story.ended(landed.merged, 'planwright/deploy', 'failure');
    const issue = await story.openIssue('crash@lab');
    expect(issue.body).toContain('Deployment default/crash was not healthy within 12 s');
    const comment = await story.commented(landed, 'what the cluster says of');
    for (const text of [issue.body, check.output.summary, comment]) {
      expect(text).toContain('container `web`: waiting, CrashLoopBackOff: back-off');
      expect(text).toMatch(/Warning BackOff, Pod crash-\w+-0: Back-off restarting failed container/);
      expect(text).toContain('connecting with GREETING as hello');
      expect(text).toContain('connecting with PHRASE as (masked)');
      expect(text).toContain('error: simulated log of a simulated container');
    }
    expect(everythingSaid()).not.toContain(canary);
  });

  it('says what it may not read, and fails as it would without', async () => {
    const { faults } = story.cluster('staging');
    const message = 'pods is forbidden: User "planwright" cannot list resource "pods"';
    const body = { kind: 'Status', status: 'Failure', reason: 'Forbidden', message, code: 403 };
    faults.failNext({ method: 'GET', path: /\/pods\?/, status: 403, body });
    const landed = await story.landUnasked('Unread', {
      'apps/unread/lab/web.yaml': workload('unread', 'registry.test/does-not-exist:1'),
    });
    await story.ended(landed.merged, 'planwright/deploy', 'failure');
    const issue = await story.openIssue('unread@lab', 'pods could not be read');
    expect(issue.body).toContain('was not healthy within 12 s');
  });

  it('names the finalizer that keeps what it deletes, and goes on when that is gone', async () => {
    const file = 'apps/held/lab/all.yaml';
    await story.deployUnasked('Start', {
      [file]: objects(...['a', 'b', 'c'].map((name) => configMap(`held-${name}`, {}))),
    });
    const finalizers = ['example.com/not-yet'];
    await story.byHand('staging', {
      method: 'PATCH',
      path: `${configMaps}/held-c`,
      body: { metadata: { finalizers } },
    });
    const { merged, number } = await story.landUnasked('Fewer', {
      [file]: objects(...['a', 'b'].map((name) => configMap(`held-${name}`, {}))),
    });
    await story.ended(merged, 'planwright/deploy', 'failure');
    await story.openIssue('held@lab', 'its finalizers keep it: example.com/not-yet');
    await story.byHand('staging', {
      method: 'PATCH',
      path: `${configMaps}/held-c`,
      body: { metadata: { finalizers: null } },
    });
    await story.say({ number, author: 'bob', body: '/apply' });
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.metadata('staging', 'ConfigMap', 'held-c')).toBeUndefined();
  });

  it('keeps what says at the last moment that it stays, and asks about the deletion that was promised', async () => {
    const file = 'apps/late/staging/all.yaml';
    const web = (image: string) => workload('late-web', `registry.test/web:${image}`);
    await story.deploy(
      await story.propose('Start', {
        [file]: objects(configMap('late-a', {}), configMap('late-b', {}), configMap('late-c', {}), web('1')),
      }),
    );
    const proposal = await story.propose('Fewer', {
      [file]: objects(configMap('late-a', {}), configMap('late-b', {}), web('2')),
    });
    await story.checked(proposal);
    await story.approve(proposal);
    const busy = { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', message: 'a moment', code: 429 };
    story.cluster('staging').faults.failNext({
      method: 'PATCH',
      path: /\/late-web\?(?!.*dryRun)/,
      status: 429,
      body: busy,
      headers: { 'Retry-After': '2' },
    });
    const writes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    await story.eventually('the write that has to wait', () => writes().find(({ code }) => code === 429));
    const annotations = { 'planwright.dev/prune': 'disabled' };
    await story.byHand('staging', {
      method: 'PATCH',
      path: `${configMaps}/late-c`,
      body: { metadata: { annotations } },
    });
    await story.ended(merged, 'planwright/deploy', 'action_required');
    await story.openIssue('late@staging', 'approved would not happen');
    expect(story.metadata('staging', 'ConfigMap', 'late-c')).toBeDefined();
    expect(writes().filter(({ verb }) => verb === 'delete')).toEqual([]);
  });

  it('stops at a wave that is not healthy: what comes after it is not written', async () => {
    const wave = (name: string, number: string) => annotated(name, { 'planwright.dev/wave': number });
    const failing = JSON.parse(workload('waves-web', 'registry.test/does-not-exist:1'));
    const landed = await story.landUnasked('Waves', {
      'apps/waves/lab/all.yaml': objects(
        wave('waves-last', '5'),
        `${JSON.stringify(failing)}\n`,
        wave('waves-first', '-1'),
      ),
    });
    await story.ended(landed.merged, 'planwright/deploy', 'failure');
    const there = ['waves-first', 'waves-last'].map(
      (name) => story.metadata('staging', 'ConfigMap', name) !== undefined,
    );
    expect(there).toEqual([true, false]);
  });

  it('is no deployment where an annotation says nothing that is known: the plan fails on its line', async () => {
    const proposal = await story.propose('Which wave', {
      'apps/which/lab/cm.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: which\n  annotations:\n    planwright.dev/wave: first\n',
    });
    const plan = await story.ended(proposal.sha, 'planwright/plan', 'failure');
    expect(plan.output.annotations).toContainEqual(
      expect.objectContaining({ path: 'apps/which/lab/cm.yaml', startLine: 6 }),
    );
  });

  it('goes on where only what is none of ours was changed in between', async () => {
    const file = 'apps/beside/lab/all.yaml';
    const both = (value: string) => objects(configMap('beside-a', { value }), configMap('beside-b', { value }));
    await story.deployUnasked('One', { [file]: both('1') });
    const busy = { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', message: 'a moment', code: 429 };
    story.cluster('staging').faults.failNext({
      method: 'PATCH',
      path: /\/beside-a\?(?!.*dryRun)/,
      status: 429,
      body: busy,
      headers: { 'Retry-After': '2' },
    });
    const writes = story.watchWrites('staging');
    const { merged } = await story.landUnasked('Two', { [file]: both('2') });
    await story.eventually('the write that has to wait', () => writes().find(({ code }) => code === 429));
    await story.byHand('staging', {
      method: 'PATCH',
      path: `${configMaps}/beside-b`,
      body: { data: { note: 'mine' } },
    });
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'beside-b')).toEqual({ value: '2', note: 'mine' });
    // Refused as outdated, read again, written: not planned anew.
    const codes = writes().filter(({ requestURI }) => requestURI.includes('/beside-b?fieldManager=planwright'));
    expect(codes.map(({ code }) => code)).toEqual([409, 200]);
  });
});
