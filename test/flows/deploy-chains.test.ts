import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';
import { PullRequestStory } from './pull-request-story.ts';

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

  it("lets nobody approve, along with somebody else's pull request, what they brought to the base branch themselves", async () => {
    const own = (a: string, b: string) => ({
      'apps/own/staging/a.yaml': configMap('own-a', { value: a }),
      'apps/own/staging/b.yaml': configMap('own-b', { value: b }),
    });
    const { github } = story.stage;
    await story.deploy(await story.propose('Start', own('1', '1')));
    const alices = await story.propose('What nobody approved', {
      'apps/own/staging/a.yaml': configMap('own-a', { value: 'evil' }),
    });
    await story.checked(alices);
    await story.ended(await story.bypass(alices), 'planwright/deploy', 'action_required');

    const sha = await github.push({
      repo,
      branch: 'on-top',
      files: { 'apps/own/staging/b.yaml': configMap('own-b', { value: '2' }) },
      author: 'bob',
    });
    const number = await github.openPullRequest({ repo, head: 'on-top', title: 'On top', author: 'bob' });
    const bobs = { number, sha };
    await story.checked(bobs);
    github.clock.advance(2_000);
    await github.review({ repo, number, reviewer: 'alice', state: 'APPROVED' });
    await story.eventually('the reason', () =>
      github
        .checkRuns(repo, sha, 'latest')
        .find(
          ({ name, conclusion, output }) =>
            name === 'planwright/gate' &&
            conclusion === 'action_required' &&
            JSON.stringify(output).includes(`alice put something into \`#${alices.number}\``),
        ),
    );
    await story.approve(bobs, 'mona');
    await story.ended(await story.merge(bobs), 'planwright/deploy', 'success');
    expect([story.data('staging', 'own-a'), story.data('staging', 'own-b')]).toEqual([
      { value: 'evil' },
      { value: '2' },
    ]);
    await story.closedIssue('own@staging');
  });

  it('holds what only its own author approved along with another pull request that went past the gate', async () => {
    const own = (a: string, b: string) => ({
      'apps/past/staging/a.yaml': configMap('past-a', { value: a }),
      'apps/past/staging/b.yaml': configMap('past-b', { value: b }),
    });
    const { github } = story.stage;
    await story.deploy(await story.propose('Start', own('1', '1')));
    const alices = await story.propose('What nobody approved', {
      'apps/past/staging/a.yaml': configMap('past-a', { value: 'evil' }),
    });
    await story.checked(alices);
    await story.ended(await story.bypass(alices), 'planwright/deploy', 'action_required');
    const files = { 'apps/past/staging/b.yaml': configMap('past-b', { value: '2' }) };
    const sha = await github.push({ repo, branch: 'past', files, author: 'bob' });
    const number = await github.openPullRequest({ repo, head: 'past', title: 'Past', author: 'bob' });
    await story.checked({ number, sha });
    github.clock.advance(2_000);
    await github.review({ repo, number, reviewer: 'alice', state: 'APPROVED' });
    await story.ended(await story.bypass({ number, sha }), 'planwright/deploy', 'action_required');
    expect(story.data('staging', 'past-a')).toEqual({ value: '1' });

    const issue = await story.openIssue('past@staging', '"evil"');
    expect(await story.say({ number: issue.number, author: 'alice', body: '/apply' })).toBe('rocket');
    await new PullRequestStory(story.stage).quiet();
    expect(story.data('staging', 'past-a')).toEqual({ value: '1' });
    expect(await story.say({ number: issue.number, author: 'mona', body: '/apply' })).toBe('rocket');
    await story.closedIssue('past@staging');
    expect(story.data('staging', 'past-a')).toEqual({ value: 'evil' });
  });

  it('lets no maintainer approve a large removal of their own along with another pull request', async () => {
    const { github } = story.stage;
    const path = 'apps/removed/lab/all.yaml';
    const all = ['removed-a', 'removed-b', 'removed-c'].map((name) => configMap(name, { value: '1' })).join('---\n');
    await story.deployUnasked('Start', { [path]: all });
    const sha = await github.push({
      repo,
      branch: 'monas',
      files: { [path]: configMap('removed-a', { value: '1' }) },
      author: 'mona',
    });
    const monas = {
      sha,
      number: await github.openPullRequest({ repo, head: 'monas', title: 'Remove', author: 'mona' }),
    };
    await story.checked(monas);
    await story.ended(await story.bypass(monas), 'planwright/deploy', 'action_required');

    const bobs = await story.propose('On top', { 'apps/removed/lab/b.yaml': configMap('removed-d', {}) });
    await story.checked(bobs);
    github.clock.advance(2_000);
    await github.review({ repo, number: bobs.number, reviewer: 'mona', state: 'APPROVED' });
    await new PullRequestStory(story.stage).quiet();
    await story.ended(await story.bypass(bobs), 'planwright/deploy', 'action_required');
    await story.openIssue('removed@lab', 'no maintainer approved that');
    expect(story.data('staging', 'removed-b')).toEqual({ value: '1' });
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
