import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readAuditLog } from '../../src/adapters/postgres/audit-log.ts';
import type { AuditEntry } from '../../src/domain/audit/audit-chain.ts';
import { quietLog } from '../contracts/quiet-log.ts';
import type { Proposal } from '../e2e/change-story.ts';
import { repo } from '../e2e/stage.ts';
import { beforeMergeStory, configuration, done, map } from './before-merge-story.ts';
import { type DeployStory, startStory, workload } from './deploy-story.ts';

const rules = `rules:
  - name: guarded maps
    when: { name: "guarded-*" }
    require: { count: 1, from: [role:maintain] }
  - name: no such maps
    when: { name: "denied-*" }
    deny: Use another name.
`;

describe('before the merge, nothing is applied', { timeout: 180_000 }, () => {
  let story: DeployStory;
  beforeAll(async () => {
    const files = { '.github/planwright.yml': `${configuration}${rules}` };
    story = await startStory({ files, visibility: 'public', readyDelayMs: 1_000 });
    story.stage.github.createUser('mallory');
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const { say, replyTo, gate, commented, planned, approved, applied } = beforeMergeStory(() => story);
  const runs = ({ sha }: Proposal, name: string) =>
    story.stage.github.checkRuns(repo, sha, 'all').filter((run) => run.name === name).length;
  const entries = (): Promise<readonly AuditEntry[]> =>
    readAuditLog({ dataDirectory: story.stage.dataDirectory, log: quietLog() }, (log) =>
      Array.fromAsync(log.entries({ repository: repo })),
    );

  it('of a fork until somebody with write access has had it planned live', async () => {
    const { github } = story.stage;
    const fork = (await github.fork(repo, 'mallory')).name;
    const files = map('forked', 'lab', 'a', '1');
    const sha = await github.push({ repo: fork, branch: 'forked', files, author: 'mallory' });
    const number = await github.openPullRequest({ repo, head: 'mallory:forked', title: 'Forked', author: 'mallory' });
    const proposal = { number, sha };
    await gate(proposal, /^action_required: Waits for planned live for this SHA/);
    expect((await say(proposal, 'mallory', '/apply')).reply).toContain('you have read access');
    const early = await say(proposal, 'alice', '/apply');
    expect(early.reaction).toBe('confused');
    expect(early.reply).toContain('planned live for this SHA');
    expect(story.data('staging', 'forked-a')).toBeUndefined();

    expect(await say(proposal, 'alice', '/plan')).toEqual(done);
    await gate(proposal, /^action_required: Waits for applied/);
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
    expect(story.data('staging', 'forked-a')).toEqual({ value: '1' });
  });

  it('while a rule asks for somebody who has not approved', async () => {
    const proposal = await story.propose('Guarded', map('guarded', 'lab', 'a', '1'));
    await gate(proposal, /^action_required: Waits for rule guarded maps, applied/);
    const { reaction, reply } = await say(proposal, 'alice', '/apply');
    expect(reaction).toBe('confused');
    expect(reply).toContain('guarded maps');
    story.stage.github.clock.advance(2_000);
    await story.stage.github.review({ repo, number: proposal.number, reviewer: 'mona', state: 'APPROVED' });
    await gate(proposal, /^action_required: Waits for applied/);
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
  });

  it('that a rule denies', async () => {
    const proposal = await story.propose('Denied', map('denied', 'lab', 'a', '1'));
    await gate(proposal, /^failure: Blocked by rule no such maps/);
    const { reaction, reply } = await say(proposal, 'alice', '/apply');
    expect(reaction).toBe('confused');
    expect(reply).toContain('Use another name.');
    expect(story.data('staging', 'denied-a')).toBeUndefined();
  });

  it.each([
    ['carol', 'you have read access'],
    ['mallory', 'you have read access'],
  ])('because %s says so, who may not write', async (author, why) => {
    const proposal = await planned(`Asked by ${author}`, map(`asked-by-${author}`, 'lab', 'a', '1'));
    const { reaction, reply } = await say(proposal, author, '/apply');
    expect(reaction).toBe('confused');
    expect(reply).toContain(why);
    await gate(proposal, /^action_required: Waits for applied/);
    expect(story.data('staging', `asked-by-${author}-a`)).toBeUndefined();
  });

  it('because a comment was edited into a command', async () => {
    const proposal = await planned('Edited', map('edited', 'lab', 'a', '1'));
    const { github } = story.stage;
    github.clock.advance(2_000);
    const id = github.comment({ repo, number: proposal.number, author: 'alice', body: 'Looks good.' });
    await github.settled();
    github.editComment({ repo, commentId: id, body: '/apply', by: 'alice' });
    // What is said after it has its answer when this one would have had it.
    await say(proposal, 'carol', '/apply');
    expect(github.reactions(repo, id)).toEqual([]);
    expect(story.data('staging', 'edited-a')).toBeUndefined();
    await gate(proposal, /^action_required: Waits for applied[\s\S]*its lock is free/);
  });

  it('but what was read: of a plan that moved since, nothing', async () => {
    const proposal = await planned('Read before', map('reread', 'lab', 'a', '1'));
    const other = await planned('Came in between', map('reread', 'lab', 'b', '2'));
    const { faults } = story.cluster('staging');
    await faults.goOffline();
    await story.bypass(other);
    const { reaction, reply } = await say(proposal, 'alice', '/apply');
    await faults.comeBack();
    expect(reaction).toBe('confused');
    expect(reply).toContain('is not what was shown when you asked for it');
    await gate(proposal, /^action_required: Waits for applied/);
    expect(story.data('staging', 'reread-a')).toBeUndefined();
  });

  describe('at its turn,', () => {
    /** Between the command and the turn, which the cluster holds up. */
    async function between(proposal: Proposal, happens: () => Promise<unknown>): Promise<void> {
      const { faults } = story.cluster('staging');
      await faults.goOffline();
      expect(await say(proposal, 'alice', '/apply')).toEqual(done);
      await happens();
      await faults.comeBack();
    }

    it('below which something was merged, which is shown first', async () => {
      const proposal = await approved('Undermined', map('undermined', 'staging', 'a', '1'));
      const other = await story.propose('Below', map('undermined', 'staging', 'b', '2'));
      await story.checked(other);
      await between(proposal, () => story.bypass(other));
      await gate(proposal, /was cancelled: main has moved under undermined@staging/);
      expect(story.data('staging', 'undermined-a')).toBeUndefined();
      expect(story.data('staging', 'undermined-b')).toBeUndefined();
    });

    it('for which the configuration asks more people meanwhile', async () => {
      const proposal = await approved('Stricter', map('stricter', 'staging', 'a', '1'));
      const strict = `${configuration}${rules}`.replace('  staging:\n', '  staging:\n    approvals: 2\n');
      const push = { repo, branch: 'main', author: 'olga', message: 'Ask two people' };
      await between(proposal, () => story.stage.github.push({ ...push, files: { '.github/planwright.yml': strict } }));
      await gate(
        proposal,
        /Waits for approvals of staging, applied[\s\S]*needs 2 approvals[\s\S]*was cancelled: main has/,
      );
      expect(story.data('staging', 'stricter-a')).toBeUndefined();
      await story.stage.github.push({ ...push, files: { '.github/planwright.yml': `${configuration}${rules}` } });
    });
  });

  describe('twice:', () => {
    it('a base that moves elsewhere leaves the plan that was read, and what is applied, as they are', async () => {
      const proposal = await applied('Stays', map('stays', 'lab', 'a', '1'));
      const writes = story.watchWrites('staging');
      const plans = runs(proposal, 'planwright/plan');
      for (const name of ['b', 'c']) {
        const elsewhere = await applied(`Elsewhere ${name}`, map('stays-elsewhere', 'lab', name, '1'));
        await story.ended(await story.merge(elsewhere), 'planwright/deploy', 'success');
        await gate(proposal, /^success[\s\S]*stays@lab: test merge [0-9a-f]{12} is applied/);
        expect((await say(proposal, 'alice', '/apply')).reply).toContain('nothing left to apply');
      }
      expect(await story.commented(proposal, 'deployed, 1 object written')).toContain('create 1');
      expect(runs(proposal, 'planwright/plan')).toBe(plans);
      expect(writes().filter(({ requestURI }) => requestURI.includes('/stays-a?'))).toEqual([]);
    });

    it('while health is awaited the plan stays as it was read, in one run', async () => {
      const proposal = await planned('Slow', { 'apps/slow/lab/web.yaml': workload('slow-web', 'web:1') });
      expect(await say(proposal, 'alice', '/apply')).toEqual(done);
      await commented(proposal, 'waiting until it is healthy');
      expect((await say(proposal, 'bob', '/help')).reaction).toBe('rocket');
      await gate(proposal, /^success/);
      expect(story.comment(proposal)).toContain('create 1');
      expect(runs(proposal, 'planwright/plan')).toBe(1);
    });
  });

  describe('by two pull requests that want the same two targets', () => {
    const both = (name: string, value: string) => ({
      ...map('cross-a', 'lab', name, value),
      ...map('cross-b', 'lab', name, value),
    });
    let rivals: readonly [Proposal, Proposal];
    let last: Proposal;

    beforeAll(async () => {
      rivals = [await planned('Crosswise 1', both('x', '1')), await planned('Crosswise 2', both('y', '2'))];
    });

    it('but by one, which has both, when they ask in different orders at once; the other waits for both', async () => {
      const { github } = story.stage;
      github.clock.advance(2_000);
      const orders = ['/apply cross-a@lab cross-b@lab', '/apply cross-b@lab cross-a@lab'];
      const said = rivals.map(({ number }, at) =>
        github.comment({ repo, number, author: 'alice', body: orders[at] ?? '' }),
      );
      const reactions = await story.eventually('both answers', () => {
        const all = said.map((id) => github.reactions(repo, id).find(({ content }) => content !== 'eyes')?.content);
        return all.every((one) => one !== undefined) ? all : undefined;
      });
      expect(reactions.toSorted()).toEqual(['confused', 'rocket']);
      const won = reactions.indexOf('rocket');
      const [winner, loser] = [rivals[won], rivals[1 - won]];
      if (winner === undefined || loser === undefined) throw new Error('nobody won');
      await gate(winner, /^success/);
      const answer = replyTo(loser.number, `answer:${said[1 - won]}`);
      for (const target of ['cross-a@lab', 'cross-b@lab'])
        expect(answer).toContain(`\`${target}\`: #${winner.number}, then this one`);
      expect(answer).not.toContain('at the same time');

      await story.ended(await story.merge(winner), 'planwright/deploy', 'success');
      await gate(loser, /Waits for applied/);
      expect(await say(loser, 'alice', '/apply')).toEqual(done);
      await gate(loser, /^success/);
      await story.ended(await story.merge(loser), 'planwright/deploy', 'success');
    });

    it('when each has one of them: the second is told that both wait for each other, and the way out', async () => {
      const [first, second] = [
        await planned('Piecewise 1', both('p', '1')),
        await planned('Piecewise 2', both('q', '2')),
      ];
      expect(await say(first, 'alice', '/apply cross-a@lab')).toEqual(done);
      expect(await say(second, 'alice', '/apply cross-b@lab')).toEqual(done);
      expect((await say(first, 'alice', '/apply')).reply).not.toContain('at the same time');
      const { reply } = await say(second, 'alice', '/apply');
      expect(reply).toContain(`#${first.number} waits for this pull request at the same time`);
      expect(reply).toContain('`/unlock` on one of them');

      expect(await say(second, 'alice', '/unlock')).toEqual(done);
      await story.eventually('the turn of the first', () => replyTo(first.number, 'said:'));
      await gate(first, /Waits for applied/);
      expect(await say(first, 'alice', '/apply')).toEqual(done);
      await gate(first, /^success/);
      await story.ended(await story.merge(first), 'planwright/deploy', 'success');
      await gate(second, /Waits for applied/);
      expect(await say(second, 'alice', '/apply')).toEqual(done);
      await gate(second, /^success/);
      last = second;
    });

    it('and the audit says whose the locks were and what was applied, of the decision and of the apply', async () => {
      const all = await entries();
      const decision = all.findLast(({ kind, subject }) => kind === 'decision' && subject === `#${last.number}`)?.facts;
      const targets = ['cross-a@lab', 'cross-b@lab'].map((target) => ({
        target,
        lock: { kind: 'held' },
        applied: { deployment: expect.any(Number), head: last.sha, phase: 'succeeded', isDeployed: true },
      }));
      expect(decision).toMatchObject({ status: 'open', inputs: { beforeMerge: targets } });
      const behind = JSON.stringify(
        all
          .filter(({ kind, subject }) => kind === 'decision' && subject === `#${last.number}`)
          .map(({ facts }) => facts),
      );
      expect(behind).toMatch(/"lock":\{"ahead":\[\d+\],"kind":"behind"\}|"lock":\{"kind":"behind","ahead":\[\d+\]\}/);
      const apply = all.findLast(
        ({ kind, subject, facts }) => kind === 'apply' && subject === 'cross-a@lab' && 'decidedOn' in Object(facts),
      )?.facts;
      expect(apply).toMatchObject({
        pull: last.number,
        decidedOn: {
          testMerge: {
            head: last.sha,
            base: expect.stringMatching(/^[0-9a-f]{40}$/),
            gate: { beforeMerge: expect.arrayContaining([expect.objectContaining({ lock: { kind: 'held' } })]) },
          },
        },
      });
    });
  });

  it('where a merge queue was set up between the command and the turn, and every later command is refused', async () => {
    const proposal = await planned('Queued late', map('queued-late', 'lab', 'a', '1'));
    const { faults } = story.cluster('staging');
    await faults.goOffline();
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    story.stage.github.requireMergeQueue(repo, 'main');
    await faults.comeBack();
    const isEnded = ({ subject, facts }: AuditEntry) =>
      subject === 'queued-late@lab' && /"cancelled".*GitHub has a merge queue/.test(String(Object(facts).phase));
    await story.stage.eventually(
      'the end of what was asked for',
      async () => ((await entries()).some(isEnded) ? true : undefined),
      60_000,
    );
    const { reaction, reply } = await say(proposal, 'alice', '/apply');
    expect(reaction).toBe('confused');
    expect(reply).toContain('cannot be used with a merge queue');
    expect(story.data('staging', 'queued-late-a')).toBeUndefined();
  });
});
