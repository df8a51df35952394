import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Proposal } from '../e2e/change-story.ts';
import { repo } from '../e2e/stage.ts';
import { beforeMergeStory, configuration, done, map } from './before-merge-story.ts';
import { type DeployStory, startStory } from './deploy-story.ts';

describe('before the merge', { timeout: 180_000 }, () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory({ files: { '.github/planwright.yml': configuration } });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const { say, replyTo, gate, commented, planned, approved, approve, applied, pushTo, branchOf } = beforeMergeStory(
    () => story,
  );

  it('applies the test merge on /apply, opens the gate, and applies nothing again after the merge', async () => {
    const proposal = await approved('First', map('first', 'staging', 'a', 'red'));
    expect(await gate(proposal, /^action_required: Waits for applied/)).toContain('not applied yet');
    expect(story.data('staging', 'first-a')).toBeUndefined();

    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    const summary = await gate(proposal, /^success/);
    expect(summary).toMatch(/looked at: first@staging: test merge [0-9a-f]{12} is applied, plan [0-9a-f]{12}/);
    expect(story.data('staging', 'first-a')).toEqual({ value: 'red' });
    await story.deployed(proposal.sha, { staging: 'success' });
    expect(await story.commented(proposal, 'deployed, 1 object written')).toContain('red');

    const writes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    const deploy = await story.ended(merged, 'planwright/deploy', 'success');
    expect(deploy.output.summary).toContain('nothing had to be written');
    expect(writes()).toEqual([]);
    await story.deployed(merged, { staging: 'success' });
  });

  it('refuses /apply while anything else is missing, and says what', async () => {
    const proposal = await story.propose('Unapproved', map('early', 'staging', 'a', '1'));
    await story.checked(proposal);
    const { reaction, reply } = await say(proposal, 'alice', '/apply');
    expect(reaction).toBe('confused');
    expect(reply).toMatch(/approvals of staging.*needs 1 approval.*Who could meet it/);
    expect(reply).not.toContain('**applied**');
    expect(story.data('staging', 'early-a')).toBeUndefined();
    expect((await say(proposal, 'carol', '/apply')).reply).toContain('you have read access');
  });

  it('refuses /apply of a head whose plan had not been shown yet', async () => {
    const proposal = await story.propose('Hasty', map('hasty', 'lab', 'a', '1'));
    const id = story.stage.github.comment({ repo, number: proposal.number, author: 'alice', body: '/apply' });
    await story.eventually('the refusal', () => replyTo(proposal.number, `answer:${id}`));
    expect(replyTo(proposal.number, `answer:${id}`)).toContain('No plan of');
    await gate(proposal, /^action_required: Waits for applied/);
    expect(story.data('staging', 'hasty-a')).toBeUndefined();
  });

  it('applies once, whoever says it twice', async () => {
    const proposal = await planned('Twice', map('twice', 'lab', 'a', '1'));
    const writes = story.watchWrites('staging');
    story.stage.github.clock.advance(2_000);
    const said = ['alice', 'bob'].map((author) =>
      story.stage.github.comment({ repo, number: proposal.number, author, body: '/apply' }),
    );
    await gate(proposal, /^success/);
    await story.eventually('both answers', () =>
      said.every((id) => story.stage.github.reactions(repo, id).length === 2) ? true : undefined,
    );
    expect(writes().filter(({ requestURI }) => requestURI.includes('/twice-a?'))).toHaveLength(1);
    expect(await say(proposal, 'bob', '/apply')).toMatchObject({
      reaction: 'confused',
      reply: expect.stringContaining('nothing left to apply'),
    });
  });

  it('lets one pull request at a time have a target, in the order in which they asked, and tells each whom it waits for', async () => {
    const first = await applied('Line 1', map('line', 'lab', 'a', '1'));
    const second = await planned('Line 2', map('line', 'lab', 'b', '2'));
    const third = await planned('Line 3', map('line', 'lab', 'c', '3'));
    const refusal = await say(second, 'alice', '/apply');
    expect(refusal.reaction).toBe('confused');
    expect(refusal.reply).toContain(`\`line@lab\`: #${first.number}, then this one`);
    expect((await say(third, 'alice', '/apply')).reply).toContain(
      `#${first.number}, then #${second.number}, then this one`,
    );
    await gate(second, new RegExp(`#${first.number} holds the lock of this target`));

    const merged = await story.merge(first);
    await story.ended(merged, 'planwright/deploy', 'success');
    const told = await story.eventually('the turn of the second', () => replyTo(second.number, 'said:'));
    expect(told).toContain("The lock of `line@lab` is this pull request's now");
    expect((await say(third, 'alice', '/apply')).reply).toContain(`\`line@lab\`: #${second.number}, then this one`);

    await gate(second, /Waits for applied/);
    expect(await say(second, 'alice', '/apply')).toEqual(done);
    await gate(second, /^success/);
    expect(['a', 'b', 'c'].map((name) => story.data('staging', `line-${name}`)?.value)).toEqual(['1', '2', undefined]);
    await story.ended(await story.merge(second), 'planwright/deploy', 'success');
    await story.eventually('the turn of the third', () => replyTo(third.number, 'said:'));
    await story.stage.github.closePullRequest({ repo, number: third.number, by: 'alice' });
  });

  it('gives a contested target to exactly one of two that ask at once', async () => {
    const rivals = [
      await planned('Rival 1', map('rival', 'lab', 'a', '1')),
      await planned('Rival 2', map('rival', 'lab', 'b', '2')),
    ];
    story.stage.github.clock.advance(2_000);
    const said = rivals.map(({ number }) =>
      story.stage.github.comment({ repo, number, author: 'alice', body: '/apply' }),
    );
    const reactions = await story.eventually('both answers', () => {
      const all = said.map((id) => story.stage.github.reactions(repo, id).find(({ content }) => content !== 'eyes'));
      return all.every((one) => one !== undefined) ? all.map((one) => one?.content) : undefined;
    });
    expect(reactions.toSorted()).toEqual(['confused', 'rocket']);
    const winner = rivals[reactions.indexOf('rocket')];
    if (winner === undefined) throw new Error('nobody won');
    await gate(winner, /^success/);
    expect(['a', 'b'].filter((name) => story.data('staging', `rival-${name}`) !== undefined)).toHaveLength(1);
  });

  it('makes other merges wait for the lock, says so, and brings them with the merge that holds it', async () => {
    const holder = await applied('Holder', map('held', 'lab', 'a', '1'));
    const other = await planned('Past the gate', map('held', 'lab', 'b', '2'));
    const merged = await story.bypass(other);
    await commented(other, `waiting: #${holder.number} holds the lock of held@lab`);
    expect(story.data('staging', 'held-b')).toBeUndefined();
    // What waits is part of the base now, and of what is left to apply.
    await gate(holder, /^action_required: Waits for applied/);
    const merge = await story.bypass(holder);
    await story.ended(merge, 'planwright/deploy', 'success');
    await story.ended(merged, 'planwright/deploy', 'neutral');
    expect(['a', 'b'].map((name) => story.data('staging', `held-${name}`)?.value)).toEqual(['1', '2']);
    expect(story.issues('held@lab')).toEqual([]);
  });

  it('releases the lock on /unlock by somebody who may write, and asks for it again', async () => {
    const proposal = await applied('Unlocked', map('unlocked', 'lab', 'a', '1'));
    expect((await say(proposal, 'carol', '/unlock')).reaction).toBe('confused');
    await gate(proposal, /^success/);
    expect(await say(proposal, 'bob', '/unlock unlocked@lab')).toEqual(done);
    await gate(proposal, /^action_required: Waits for applied[\s\S]*its lock released since/);
    expect((await say(proposal, 'bob', '/unlock')).reply).toContain('holds no lock');
    const writes = story.watchWrites('staging');
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
    expect(writes().filter(({ requestURI }) => requestURI.includes('/unlocked-a?'))).toEqual([]);
  });

  it('wants a new plan and a new /apply after a push, also of one that takes everything back', async () => {
    const proposal = await applied('Pushed', map('pushed', 'lab', 'a', '1'));
    const next = await pushTo(proposal, branchOf(proposal), map('pushed', 'lab', 'a', '2'));
    await gate(next, /^action_required: Waits for applied[\s\S]*pushed to since/);
    expect(story.data('staging', 'pushed-a')).toEqual({ value: '1' });
    expect(await say(next, 'alice', '/apply')).toEqual(done);
    await gate(next, /^success/);
    expect(story.data('staging', 'pushed-a')).toEqual({ value: '2' });
    const back = await pushTo(next, branchOf(proposal), { 'apps/pushed/lab/a.yaml': null });
    await gate(back, /^action_required/);
    expect(await story.commented(back, 'pushed@lab')).toContain('delete');
  });

  it('stays applied when the base moves elsewhere, and not when it moves the same target', async () => {
    const proposal = await applied('Steady', map('steady', 'lab', 'a', '1'));
    const elsewhere = await applied('Elsewhere', map('elsewhere', 'lab', 'a', '1'));
    const merged = await story.merge(elsewhere);
    await story.ended(merged, 'planwright/deploy', 'success');
    await gate(proposal, /^success/);
    const same = await planned('Same target', map('steady', 'lab', 'b', '2'));
    await story.bypass(same);
    await gate(proposal, /^action_required: Waits for applied/);
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
    expect(['a', 'b'].map((name) => story.data('staging', `steady-${name}`)?.value)).toEqual(['1', '2']);
  });

  it('keeps what was applied locked when it is closed unmerged, and says so', async () => {
    const proposal = await applied('Given up', map('closed', 'lab', 'a', '1'));
    await story.stage.github.closePullRequest({ repo, number: proposal.number, by: 'alice' });
    const told = await story.eventually('what is kept', () => replyTo(proposal.number, 'said:'));
    expect(told).toContain('closed without a merge, and what it applied to `closed@lab` is still there');
    const other = await planned('After it', map('closed', 'lab', 'b', '2'));
    expect((await say(other, 'alice', '/apply')).reply).toContain(`\`closed@lab\`: #${proposal.number}, then this one`);
    expect(await say(proposal, 'bob', '/unlock')).toEqual(done);
    await story.eventually('the turn of the other', () => replyTo(other.number, 'said:'));
  });

  it('goes by the order of environments', async () => {
    const files = { ...map('order', 'staging', 'a', '1'), ...map('order', 'production', 'a', '1') };
    const proposal = await approved('Order', files);
    const refusal = await say(proposal, 'alice', '/apply @production');
    expect(refusal.reply).toContain('`order@production` comes after `order@staging`');
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
    await story.deployed(proposal.sha, { staging: 'success', production: 'success' });
  });

  it('shows what is left after a failure in the middle, and /apply goes on', async () => {
    const { faults } = story.cluster('staging');
    faults.failNext({
      method: 'PATCH',
      path: /\/broken-b\?(?!.*dryRun)/,
      status: 403,
      body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'not today', code: 403 },
    });
    const proposal = await planned('Broken', { ...map('broken', 'lab', 'a', '1'), ...map('broken', 'lab', 'b', '1') });
    const writes = story.watchWrites('staging');
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^action_required: Waits for applied[\s\S]*failed: ConfigMap default\/broken-b/);
    expect(await story.commented(proposal, 'not today')).toContain('create 1');
    await story.deployed(proposal.sha, { lab: 'failure' });
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
    expect(
      ['a', 'b'].map(
        (name) =>
          writes().filter(({ requestURI, code }) => requestURI.includes(`/broken-${name}?`) && code < 300).length,
      ),
    ).toEqual([1, 1]);
  });

  describe('when something slips in between the command and the apply', () => {
    /** The target's turn comes, and the cluster does not answer it yet. */
    async function commanded(proposal: Proposal): Promise<{ readonly goOn: () => Promise<void> }> {
      const { faults } = story.cluster('staging');
      await faults.goOffline();
      expect(await say(proposal, 'alice', '/apply')).toEqual(done);
      return { goOn: () => faults.comeBack() };
    }

    it('applies nothing once the approval is dismissed', async () => {
      const proposal = await story.propose('Dismissed', map('dismissed', 'staging', 'a', '1'));
      await story.checked(proposal);
      const review = await approve(proposal);
      const { goOn } = await commanded(proposal);
      await story.stage.github.dismissReview({ repo, number: proposal.number, reviewId: review, by: 'olga' });
      await goOn();
      await gate(
        proposal,
        /Waits for approvals of staging, applied[\s\S]*failed: approvals of staging: needs 1 approval/,
      );
      expect(story.data('staging', 'dismissed-a')).toBeUndefined();
    });

    it('applies neither the old nor the new head once it was pushed to', async () => {
      const proposal = await planned('Moving', map('moving', 'lab', 'a', '1'));
      const { goOn } = await commanded(proposal);
      const next = await pushTo(proposal, branchOf(proposal), map('moving', 'lab', 'a', '2'));
      await goOn();
      await gate(next, /^action_required: Waits for applied[\s\S]*was cancelled: #\d+ was pushed to/);
      expect(story.data('staging', 'moving-a')).toBeUndefined();
    });

    it('applies nothing once it is closed, and frees the lock', async () => {
      const proposal = await planned('Leaving', map('leaving', 'lab', 'a', '1'));
      const { goOn } = await commanded(proposal);
      await story.stage.github.closePullRequest({ repo, number: proposal.number, by: 'alice' });
      await goOn();
      await story.deployed(proposal.sha, { lab: 'inactive' });
      expect(story.data('staging', 'leaving-a')).toBeUndefined();
      await applied('After it', map('leaving', 'lab', 'b', '1'));
    });
  });

  it('applies nothing that was not approved when the cluster is not as it was planned, shows it, and goes on once that is approved', async () => {
    const first = await approved('Seen', map('seen', 'staging', 'a', '1'));
    expect(await say(first, 'alice', '/apply')).toEqual(done);
    await gate(first, /^success/);
    await story.ended(await story.merge(first), 'planwright/deploy', 'success');
    const proposal = await approved('Unseen', map('seen', 'staging', 'a', '2'));
    const path = '/api/v1/namespaces/default/configmaps/seen-a';
    await story.byHand('staging', { method: 'PATCH', path, body: { data: { value: 'by hand' } } });
    const writes = story.watchWrites('staging');
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /Waits for approvals of staging, applied[\s\S]*failed: approvals of staging/);
    expect(writes()).toEqual([]);
    await story.commented(proposal, 'by hand');
    await approve(proposal);
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
    expect(story.data('staging', 'seen-a')).toEqual({ value: '2' });
  });

  it('is refused on the line of the key where the base branch has a merge queue', async () => {
    const proposal = await planned('Queued', map('queued', 'lab', 'a', '1'));
    story.stage.github.requireMergeQueue(repo, 'main');
    const next = await pushTo(proposal, branchOf(proposal), map('queued', 'lab', 'a', '2'));
    const { output } = await story.ended(next.sha, 'planwright/plan', 'failure');
    expect(output.annotations).toEqual([
      expect.objectContaining({
        path: '.github/planwright.yml',
        startLine: 2,
        message: expect.stringContaining('cannot be used with a merge queue'),
      }),
    ]);
    expect((await say(next, 'alice', '/apply')).reply).toContain('cannot be used with a merge queue');
    expect(story.data('staging', 'queued-a')).toBeUndefined();
  });
});
