import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { type Pull, PullRequestStory, textOf } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  one:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;

interface Case {
  readonly who: string;
  readonly approver: string;
  /** How the change is pushed; by alice unless said otherwise. */
  readonly push?: Parameters<PullRequestStory['open']>[0]['push'];
  /** What happens between the first look and the last one; a plain approval unless said otherwise. */
  readonly approve?: (story: PullRequestStory, pull: Pull, files: (level: string) => object) => Promise<void>;
  readonly reason: string | RegExp;
}

const notPlannedYet = /no plan of [0-9a-f]{7} had been shown yet; approve again/;

const cases: readonly Case[] = [
  { who: 'a bot that may write', approver: 'robot[bot]', reason: 'is a bot' },
  {
    who: 'the author of a commit',
    approver: 'wendy',
    push: { author: 'wendy', pusher: 'alice', committer: 'alice' },
    reason: 'is the author of a commit in it',
  },
  {
    who: 'a committer',
    approver: 'wendy',
    push: { committer: 'wendy', pusher: 'alice' },
    reason: 'is the committer of a commit in it',
  },
  { who: 'a co-author', approver: 'wendy', push: { coAuthors: ['wendy'] }, reason: 'is a co-author of a commit in it' },
  { who: 'the last pusher', approver: 'wendy', push: { pusher: 'wendy' }, reason: 'pushed to it last' },
  { who: 'a reader', approver: 'carol', reason: 'has no write access (read)' },
  { who: 'a triager', approver: 'tom', reason: 'has no write access (triage)' },
  { who: 'a stranger', approver: 'mallory', reason: 'has no write access (none)' },
  {
    who: 'somebody who may not write any more',
    approver: 'exeter',
    approve: async (story, pull) => {
      await story.review(pull, 'exeter');
      await story.gate(pull, { conclusion: 'success' });
      story.github.grant(repo, 'exeter', 'none');
    },
    reason: 'has no write access (none)',
  },
  {
    who: 'somebody who left the team that could write',
    approver: 'teresa',
    approve: async (story, pull) => {
      await story.review(pull, 'teresa');
      await story.gate(pull, { conclusion: 'success' });
      story.github.removeTeamMember('acme', 'writers', 'teresa');
    },
    reason: 'has no write access (read)',
  },
  {
    who: 'one who looked at an older commit with other effects',
    approver: 'bob',
    approve: async (story, pull, files) => {
      await story.review(pull, 'bob');
      await story.gate(pull, { conclusion: 'success' });
      await story.push(pull, files('higher') as Record<string, string>);
      await story.checked(pull);
    },
    reason: /bob approved other effects of \S+ \(given for [0-9a-f]{7}\): the plan has changed since; approve again/,
  },
  {
    who: 'one who approved an older commit before its plan was shown',
    approver: 'bob',
    approve: async ({ github }, { number }) => {
      await github.review({
        repo,
        number,
        reviewer: 'bob',
        state: 'APPROVED',
        commitSha: await github.branchSha(repo, 'main'),
      });
    },
    reason: notPlannedYet,
  },
  {
    who: 'one who approved in the second in which the plan was shown',
    approver: 'bob',
    approve: async (story, pull) => {
      const at = story.check(pull.head, 'planwright/plan')?.completedAt;
      if (!at) throw new Error('the plan was just shown');
      await story.github.review({ repo, number: pull.number, reviewer: 'bob', state: 'APPROVED', at });
    },
    reason: notPlannedYet,
  },
];

describe('an approval does not count', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } }),
    );
    const { github } = story;
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
    for (const login of ['wendy', 'exeter', 'tom', 'mallory', 'teresa']) github.createUser(login);
    github.createUser('robot[bot]', { bot: true });
    for (const login of ['wendy', 'exeter', 'robot[bot]']) github.grant(repo, login, 'write');
    github.grant(repo, 'tom', 'triage');
    github.createTeam('acme', 'writers', { members: ['teresa'] });
    github.grant(repo, 'team:writers', 'write');
  });
  afterAll(() => story.stage.close());
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.closeAll();
  });

  it.each(cases)('of $who', async ({ who, approver, push, approve, reason }) => {
    const name = `case-${cases.findIndex((each) => each.who === who)}`;
    const files = (level: string) => ({ [`apps/${name}/one/settings.yaml`]: configMap(name, { level }) });
    const pull = await story.open({ title: who, files: files('high'), ...(push && { push }) });
    await story.checked(pull);
    await (approve ?? (async () => void (await story.review(pull, approver))))(story, pull, files);
    if (approve !== undefined) await story.say(pull, 'alice', '/plan');
    const gate = await story.gate(pull, { conclusion: 'action_required', says: reason });
    const line = textOf(gate)
      .split('\n')
      .find((each) => each.includes(approver) && each.match(reason) !== null);
    expect(line ?? textOf(gate)).toContain(approver);
    // And it was nothing else that kept the gate shut.
    await story.review(pull, 'dave');
    await story.gate(pull, { conclusion: 'success' });
  });

  it('of one whom the review was dismissed of: it is gone', async () => {
    const pull = await story.open({
      title: 'Dismissed',
      files: { 'apps/dismissed/one/settings.yaml': configMap('dismissed', { level: 'high' }) },
    });
    await story.checked(pull);
    const reviewId = await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    await story.github.dismissReview({ repo, number: pull.number, reviewId, by: 'olga' });
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 1 approval' });
  });
});
