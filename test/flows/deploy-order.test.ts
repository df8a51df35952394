import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';

describe('merges that follow one another', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const files = (stack: string, values: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        `apps/${stack}/lab/${name}.yaml`,
        configMap(`${stack}-${name}`, { value }),
      ]),
    );

  it('ends with what both brought when two are merged in quick succession on one target', async () => {
    await story.deployUnasked('Start', files('quick', { a: '1', b: '1' }));
    const [first, second] = [
      await story.propose('First', files('quick', { a: '2' })),
      await story.propose('Second', files('quick', { b: '2' })),
    ];
    for (const { sha } of [first, second]) await story.ended(sha, 'planwright/gate', 'success');
    const merged = [await story.merge(first), await story.merge(second)];
    await story.eventually('both ends', () =>
      merged.every((sha) => ['success', 'inactive'].includes(story.states(sha).lab ?? '')) ? true : undefined,
    );
    await story.deployed(merged[1] ?? '', { lab: 'success' });
    expect([story.data('staging', 'quick-a'), story.data('staging', 'quick-b')]).toEqual([
      { value: '2' },
      { value: '2' },
    ]);
    expect(story.issues('quick@lab')).toEqual([]);
  });

  it('deploys the newest merge last, also when its older sibling is heard of later', async () => {
    await story.deployUnasked('Start', files('late', { a: '1', b: '1' }));
    const [first, second] = [
      await story.propose('First', files('late', { a: '2' })),
      await story.propose('Second', files('late', { b: '2' })),
    ];
    for (const { sha } of [first, second]) await story.ended(sha, 'planwright/gate', 'success');
    const { github } = story.stage;
    github.loseDeliveries({ event: 'pull_request', times: 1 });
    const older = await story.merge(first);
    const newer = await story.merge(second);
    await story.ended(newer, 'planwright/deploy', 'success');
    expect([story.data('staging', 'late-a'), story.data('staging', 'late-b')]).toEqual([
      { value: '2' },
      { value: '2' },
    ]);
    const writes = story.watchWrites('staging');
    github.comment({ repo, number: first.number, author: 'alice', body: 'Is this deployed?' });
    await story.ended(older, 'planwright/deploy', 'neutral');
    expect(story.states(older)).toEqual({ lab: 'inactive' });
    expect(writes()).toEqual([]);
    expect([story.data('staging', 'late-a'), story.data('staging', 'late-b')]).toEqual([
      { value: '2' },
      { value: '2' },
    ]);
  });

  it('does not go back to an older merge that failed when somebody tries it again', async () => {
    await story.deployUnasked('Start', files('back', { a: '1' }));
    const message = 'not today';
    story.cluster('staging').faults.failNext({
      method: 'PATCH',
      path: /\/back-a\?(?!.*dryRun)/,
      status: 403,
      body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message, code: 403 },
    });
    const failed = await story.landUnasked('Two', files('back', { a: '2' }));
    await story.ended(failed.merged, 'planwright/deploy', 'failure');
    await story.openIssue('back@lab', message);
    await story.deployUnasked('Three', files('back', { a: '3' }));
    await story.closedIssue('back@lab');
    const writes = story.watchWrites('staging');
    await story.say({ number: failed.number, author: 'bob', body: '/apply' });
    await story.deployed(failed.merged, { lab: 'inactive' });
    expect(story.data('staging', 'back-a')).toEqual({ value: '3' });
    expect(writes()).toEqual([]);
  });

  it('deploys two targets of one merge at once, each by itself', async () => {
    const { merged, number } = await story.deployUnasked('Both', {
      ...files('one', { a: '1' }),
      ...files('two', { a: '1' }),
    });
    expect([story.data('staging', 'one-a'), story.data('staging', 'two-a')]).toEqual([{ value: '1' }, { value: '1' }]);
    expect(
      story
        .deployments(merged)
        .get('lab')
        ?.statuses.filter(({ state }) => state === 'success'),
    ).toHaveLength(1);
    await story.commented({ number }, 'two@lab');
  });
});
