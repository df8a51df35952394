import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configMap, type DeployStory, startStory, workload } from './deploy-story.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

const busy = { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', message: 'a moment', code: 429 };

describe('what is written to the cluster', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  it('is a new object in the place of one whose immutable field changes', async () => {
    const file = 'apps/replaced/staging/web.yaml';
    await story.deploy(await story.propose('One', { [file]: workload('replaced', 'registry.test/web:1') }));
    const uid = story.metadata('staging', 'Deployment', 'replaced')?.uid;
    const proposal = await story.propose('Other selector', {
      [file]: workload('replaced', 'registry.test/web:1', { app: 'replaced', tier: 'web' }),
    });
    const { plan } = await story.checked(proposal);
    expect(plan.output.title).toContain('replace');
    const writes = story.watchWrites('staging');
    await story.approve(proposal);
    const merged = await story.merge(proposal);
    await story.ended(merged, 'planwright/deploy', 'success');
    const made = story.metadata('staging', 'Deployment', 'replaced');
    expect([made?.uid === uid, made?.generation]).toEqual([false, 1]);
    expect(
      writes()
        .filter(({ requestURI }) => requestURI.includes('/deployments/'))
        .map(({ verb, code }) => [verb, code]),
    ).toEqual([
      ['delete', 200],
      ['patch', 201],
    ]);
  });

  it('is the new object also when the cluster goes away after the old one was deleted', async () => {
    const file = 'apps/half/staging/web.yaml';
    await story.deploy(await story.propose('One', { [file]: workload('half', 'registry.test/web:1') }));
    const proposal = await story.propose('Other selector', {
      [file]: workload('half', 'registry.test/web:2', { app: 'half', tier: 'web' }),
    });
    await story.checked(proposal);
    await story.approve(proposal);
    const { faults } = story.cluster('staging');
    const path = /\/deployments\/half\?(?!.*dryRun)/;
    faults.failNext({ method: 'PATCH', path, status: 429, body: busy, headers: { 'Retry-After': '1' } });
    const writes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    await story.eventually('the deletion, and a creation that has to wait', () =>
      writes().find(({ code }) => code === 429),
    );
    await faults.goOffline();
    await story.eventually('the deployment waits', () =>
      story.stage.logged.find((line) => line.includes('half@staging') && line.includes('tried again')),
    );
    expect(story.image('staging', 'half')).toBeUndefined();
    await faults.comeBack();
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.image('staging', 'half')).toBe('registry.test/web:2');
    expect(story.issues('half@staging')).toEqual([]);
  });

  it('is nothing when everything is there already', async () => {
    const file = 'apps/same/lab/cm.yaml';
    await story.deployUnasked('One', { [file]: configMap('same', { key: 'one' }) });
    const version = story.metadata('staging', 'ConfigMap', 'same')?.resourceVersion;
    const writes = story.watchWrites('staging');
    const { merged } = await story.deployUnasked('In other words', {
      [file]: `# The same.\n${configMap('same', { key: 'one' })}`,
    });
    expect(writes()).toEqual([]);
    expect(story.metadata('staging', 'ConfigMap', 'same')?.resourceVersion).toBe(version);
    expect(story.deployments(merged).get('lab')?.statuses.at(-1)?.state).toBe('success');
  });

  it.each([
    ['with other values', 'raced', { by: 'somebody', note: 'mine' }],
    ['with other fields', 'joined', { note: 'mine' }],
  ])('is held when somebody makes an object %s between plan and apply', async (_, stack, theirs) => {
    const [first, second] = [`${stack}-a`, `${stack}-b`];
    const proposal = await story.propose('Two objects', {
      [`apps/${stack}/staging/a.yaml`]: configMap(first, { by: 'us' }),
      [`apps/${stack}/staging/b.yaml`]: configMap(second, { by: 'us' }),
    });
    await story.checked(proposal);
    await story.approve(proposal);
    const path = new RegExp(`/${second}\\?(?!.*dryRun)`);
    story
      .cluster('staging')
      .faults.failNext({ method: 'PATCH', path, status: 429, body: busy, headers: { 'Retry-After': '2' } });
    const writes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    await story.eventually('the write that has to wait', () => writes().find(({ code }) => code === 429));
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: second }, data: theirs };
    await story.byHand('staging', { method: 'POST', path: configMaps, type: 'application/json', body: object });
    await story.ended(merged, 'planwright/deploy', 'action_required');
    await story.openIssue(`${stack}@staging`, `${second} was made by somebody else between plan and apply`);
    await story.deployed(merged, { staging: 'pending' });
    expect(story.data('staging', second)?.note).toBe('mine');
  });
});
