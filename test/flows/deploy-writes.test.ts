import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory, workload } from './deploy-story.ts';

const path = '/api/v1/namespaces/default/configmaps';

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

  it('is held when somebody makes an object between plan and apply', async () => {
    const files = {
      'apps/raced/staging/a.yaml': configMap('raced-a', { by: 'us' }),
      'apps/raced/staging/b.yaml': configMap('raced-b', { by: 'us' }),
    };
    const proposal = await story.propose('Two objects', files);
    await story.checked(proposal);
    await story.approve(proposal);
    const busy = { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', message: 'a moment', code: 429 };
    story
      .cluster('staging')
      .faults.failNext({
        method: 'PATCH',
        path: /\/raced-b\?(?!.*dryRun)/,
        status: 429,
        body: busy,
        headers: { 'Retry-After': '2' },
      });
    const writes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    await story.stage.eventually('the write that has to wait', () =>
      writes().find(({ requestURI, code }) => requestURI.includes('/raced-b?') && code === 429),
    );
    await story.byHand('staging', {
      method: 'POST',
      path,
      type: 'application/json',
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'raced-b' },
        data: { by: 'somebody', note: 'mine' },
      },
    });
    await story.ended(merged, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('raced@staging', 'raced-b');
    expect(story.metadata('staging', 'ConfigMap', 'raced-b')).toBeDefined();
    await story.deployed(merged, { staging: 'pending' });

    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.stage.eventually('a further word', () => {
      const end = story.stage.github.checkRuns(repo, merged, 'latest').find(({ name }) => name === 'planwright/deploy');
      return end?.status === 'completed' ? true : undefined;
    });
    expect(story.data('staging', 'raced-b')?.note).toBe('mine');
  });
});
