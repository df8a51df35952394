import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CheckRunView } from '../../src/sandbox/github/views.ts';
import type { Proposal } from '../e2e/change-story.ts';
import { repo } from '../e2e/stage.ts';
import { beforeMergeStory, configuration, done, map } from './before-merge-story.ts';
import { type DeployStory, startStory } from './deploy-story.ts';
import { PullRequestStory } from './pull-request-story.ts';

describe('the button Apply of a gate, before the merge,', { timeout: 180_000 }, () => {
  let story: DeployStory;
  let pulls: PullRequestStory;
  let proposal: Proposal;
  const { say, gate, planned, approve } = beforeMergeStory(() => story);

  beforeAll(async () => {
    story = await startStory({ files: { '.github/planwright.yml': configuration } });
    pulls = new PullRequestStory(story.stage);
    story.stage.github.createUser('mallory');
    proposal = await story.propose('Pressed', map('pressed', 'staging', 'a', '1'));
    await story.checked(proposal);
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const shown = ({ sha }: Proposal): CheckRunView => {
    const run = pulls.check(sha, 'planwright/gate');
    if (run === undefined) throw new Error('there is no gate');
    return run;
  };
  const labels = (of: Proposal) => shown(of).actions.map(({ label }) => label);
  const apply = (of: Proposal) => shown(of).actions.find(({ label }) => label === 'Apply')?.identifier ?? 'none';
  const press = (by: string, of: Proposal, run = { id: shown(of).id, identifier: apply(of) }) =>
    story.stage.github.clickCheckAction({ repo, checkRunId: run.id, identifier: run.identifier, by });
  const comments = ({ number }: Proposal) => story.stage.github.comments(repo, number);

  it('is not there while anything but the apply is missing', async () => {
    await gate(proposal, /^action_required: Waits for approvals of staging, applied/);
    expect(labels(proposal)).toEqual(['Re-plan']);
  });

  it('is there once only the apply is missing', async () => {
    await approve(proposal);
    await gate(proposal, /^action_required: Waits for applied/);
    expect(labels(proposal)).toEqual(['Re-plan', 'Apply']);
  });

  it.each(['carol', 'mallory'])('does nothing for %s, silently', async (by) => {
    const before = comments(proposal).length;
    press(by, proposal);
    await pulls.quiet();
    expect(story.data('staging', 'pressed-a')).toBeUndefined();
    expect(comments(proposal)).toHaveLength(before);
  });

  it('of a run that showed another plan applies nothing, and says so', async () => {
    const moving = await planned('Another', map('another', 'lab', 'a', '1'));
    const old = { id: shown(moving).id, identifier: apply(moving) };
    await story.byHand('staging', {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      type: 'application/json',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'another-a' }, data: { other: 'by hand' } },
    });
    expect(await say(moving, 'alice', '/plan')).toEqual(done);
    await story.eventually('another button', () =>
      apply(moving) !== old.identifier && apply(moving) !== 'none' ? true : undefined,
    );
    press('bob', moving, old);
    const refusal = await story.eventually('the refusal', () =>
      comments(moving).find(({ body }) => body.includes('pressed by bob')),
    );
    expect(refusal.body).toContain('*Apply* on `planwright/gate`');
    expect(refusal.body).toContain('is not what was shown when you asked for it');
    expect(story.data('staging', 'another-a')).toEqual({ other: 'by hand' });
  });

  it('applies for somebody who may write, the author too, and goes away', async () => {
    press('alice', proposal);
    await gate(proposal, /^success/);
    expect(story.data('staging', 'pressed-a')).toEqual({ value: '1' });
    expect(labels(proposal)).toEqual(['Re-plan']);
    await story.deployed(proposal.sha, { staging: 'success' });
  });

  it('applies once, however often it is pressed and delivered', async () => {
    const once = await planned('Once', map('once', 'lab', 'a', '1'));
    const writes = story.watchWrites('staging');
    const run = { id: shown(once).id, identifier: apply(once) };
    for (const by of ['alice', 'bob']) press(by, once, run);
    const delivery = story.stage.github.deliveries.findLast(
      ({ event, payload }) => event === 'check_run' && Object(payload).action === 'requested_action',
    );
    for (let times = 0; times < 10; times += 1) story.stage.github.redeliver(delivery?.guid ?? '');
    await gate(once, /^success/);
    await pulls.quiet();
    expect(writes().filter(({ requestURI }) => requestURI.includes('/once-a?'))).toHaveLength(1);
  });

  it('is not there while somebody else holds the lock', async () => {
    const holder = await planned('Holder', map('held', 'lab', 'a', '1'));
    press('alice', holder);
    await gate(holder, /^success/);
    const other = await story.propose('Waits', map('held', 'lab', 'a', '2'));
    await gate(other, /Waits for lock, applied/);
    expect(labels(other)).toEqual(['Re-plan']);
  });

  it('is not there where two pull requests have the head: nobody could tell which is meant', async () => {
    const first = await planned('Shared', map('shared', 'lab', 'a', '1'));
    const old = { id: shown(first).id, identifier: apply(first) };
    const head = story.stage.github.pullRequests(repo).find(({ number }) => number === first.number)?.headRef ?? '';
    await story.stage.github.push({ repo, branch: 'other-base', files: {}, author: 'olga', from: 'main' });
    const number = await story.stage.github.openPullRequest({
      repo,
      head,
      base: 'other-base',
      title: 'The same head',
      author: 'alice',
    });
    await story.eventually('both named in the gate', () =>
      shown(first).output.summary?.includes(`#${number}`) ? true : undefined,
    );
    await pulls.quiet();
    expect(labels(first)).toEqual(['Re-plan']);
    press('alice', first, old);
    await pulls.quiet();
    expect(story.data('staging', 'shared-a')).toBeUndefined();
  });
});
