import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';

describe('approvals of several pull requests', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  it('covers what two merges bring by the approvals of both, in whichever order it hears of them', async () => {
    const approved = (a: string, b: string) => ({
      'apps/heard/staging/a.yaml': configMap('heard-a', { value: a }),
      'apps/heard/staging/b.yaml': configMap('heard-b', { value: b }),
    });
    await story.deploy(await story.propose('Start', approved('1', '1')));
    const [first, second] = [
      await story.propose('First', { 'apps/heard/staging/a.yaml': configMap('heard-a', { value: '2' }) }),
      await story.propose('Second', { 'apps/heard/staging/b.yaml': configMap('heard-b', { value: '2' }) }),
    ];
    for (const proposal of [first, second]) {
      await story.checked(proposal);
      await story.approve(proposal);
    }
    const { github } = story.stage;
    github.loseDeliveries({ event: 'pull_request', times: 1 });
    const older = await story.merge(first);
    const newer = await story.merge(second);
    await story.ended(newer, 'planwright/deploy', 'action_required');
    await story.openIssue('heard@staging', 'heard-a');
    github.comment({ repo, number: first.number, author: 'alice', body: 'Is this deployed?' });
    await story.ended(newer, 'planwright/deploy', 'success');
    await story.ended(older, 'planwright/deploy', 'neutral');
    expect([story.data('staging', 'heard-a'), story.data('staging', 'heard-b')]).toEqual([
      { value: '2' },
      { value: '2' },
    ]);
    await story.closedIssue('heard@staging');
  });

  it('covers a change by what was approved in two pull requests, the older of which is superseded', async () => {
    const chained = (key: string, other: string) => ({
      'apps/chained/staging/cm.yaml': configMap('chained', { key, other }),
    });
    await story.deploy(await story.propose('One', chained('1', 'ours')));
    const older = await story.propose('Two', chained('2', 'ours'));
    await story.checked(older);
    await story.approve(older);
    await story.byHand('staging', {
      method: 'PATCH',
      path: '/api/v1/namespaces/default/configmaps/chained',
      body: { data: { other: 'theirs' } },
    });
    const olderMerged = await story.merge(older);
    await story.ended(olderMerged, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('chained@staging', '"theirs" → "ours"');

    const newer = await story.propose('Three', chained('3', 'ours'));
    await story.checked(newer);
    expect(story.comment(newer)).toContain(`#${older.number}`);
    await story.approve(newer);
    const newerMerged = await story.merge(newer);
    await story.ended(newerMerged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'chained')).toEqual({ key: '3', other: 'ours' });
    await story.ended(olderMerged, 'planwright/deploy', 'neutral');
    await story.deployed(olderMerged, { staging: 'inactive' });
    expect((await story.closedIssue('chained@staging')).number).toBe(issue.number);
  });
});
