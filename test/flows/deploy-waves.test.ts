import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { type DeployStory, startStory, workload } from './deploy-story.ts';

describe('waves', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const files = (stack: string, image: string) => ({
    [`apps/${stack}/staging/web.yaml`]: workload(stack, image),
    [`apps/${stack}/production/web.yaml`]: workload(stack, image),
  });

  it('starts production only when staging is healthy', async () => {
    const production = story.watchWrites('production');
    const { merged } = await story.land('First', files('first', 'registry.test/web:1'));
    await story.eventually('production is written', () => (production().length > 0 ? true : undefined));
    const staging = story
      .cluster('staging')
      .objects()
      .find((object) => object.metadata.name === 'first');
    expect(JSON.stringify(staging)).toContain('"readyReplicas":1');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.states(merged)).toEqual({ staging: 'success', production: 'success' });
  });

  it('halts production behind a staging that fails, and goes on after /apply in the issue', async () => {
    const production = story.watchWrites('production');
    story
      .cluster('staging')
      .faults.failNext({ method: 'PATCH', path: /\/deployments\/retried\?(?!.*dryRun)/, status: 403, body: forbidden });
    const { merged, number } = await story.land('Refused', files('retried', 'registry.test/web:1'));
    const check = await story.ended(merged, 'planwright/deploy', 'failure');
    expect(check.output.title).toBe('Failed: retried@staging');
    const issue = await story.openIssue('retried@staging');
    expect(issue.title).toBe('retried@staging: deployment failed');
    expect(issue.body).toMatch(/^<!--.*-->\n@alice, @bob: /);
    await story.deployed(merged, { staging: 'failure', production: 'queued' });
    await story.commented({ number }, 'may not be patched today');
    expect(production()).toEqual([]);

    expect(await story.say({ number: issue.number, author: 'carol', body: '/apply' })).toBe('confused');
    expect(await story.say({ number: issue.number, author: 'alice', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.states(merged)).toEqual({ staging: 'success', production: 'success' });
    await story.closedIssue('retried@staging');
  });

  it('lets a fix-forward through to production, and closes the issue by itself', async () => {
    await story.deploy(await story.propose('Good', files('forward', 'registry.test/web:1')));
    const bad = await story.land('Bad', files('forward', 'registry.test/does-not-exist:2'));
    const production = story.watchWrites('production');
    await story.ended(bad.merged, 'planwright/deploy', 'failure');
    const issue = await story.openIssue('forward@staging', 'was not healthy within 2 s');

    // Trying the same commit again writes nothing: all of it is there already.
    const staging = story.watchWrites('staging');
    expect(await story.say({ number: issue.number, author: 'bob', body: '/apply' })).toBe('rocket');
    await story.eventually('the second failure', () =>
      story
        .deployments(bad.merged)
        .get('staging')
        ?.statuses.filter(({ state }) => state === 'failure').length === 2
        ? true
        : undefined,
    );
    expect([staging(), production()]).toEqual([[], []]);
    expect(story.issues('forward@staging')).toHaveLength(1);

    const fixed = await story.land('Fixed', files('forward', 'registry.test/web:3'));
    await story.ended(fixed.merged, 'planwright/deploy', 'success');
    expect([story.image('staging', 'forward'), story.image('production', 'forward')]).toEqual([
      'registry.test/web:3',
      'registry.test/web:3',
    ]);
    await story.closedIssue('forward@staging');
    await story.deployed(bad.merged, { staging: 'failure', production: 'inactive' });
    await story.commented(bad, 'superseded by');
    expect(story.stage.github.comments(repo, bad.number)).toHaveLength(1);
  });
});

const forbidden = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'Forbidden',
  message: 'it may not be patched today',
  code: 403,
};
