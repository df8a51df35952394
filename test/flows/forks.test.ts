import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;
const settings = (level: string) => ({ 'apps/web/staging/settings.yaml': configMap('web', { level }) });

describe('a pull request from a fork', () => {
  let story: PullRequestStory;
  let cluster: SandboxCluster;
  let fork: string;
  let pull: Pull;
  const asked = () => cluster.audit.length;

  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['staging'],
        files: { '.github/planwright.yml': configuration },
        visibility: 'public',
      }),
    );
    const staging = story.stage.clusters.get('staging');
    if (staging === undefined) throw new Error('no cluster');
    cluster = staging;
    await createNamespace(cluster, 'shop');
    story.github.createUser('mallory');
    fork = (await story.github.fork(repo, 'mallory')).name;
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  const push = async (level: string) =>
    story.github.push({ repo: fork, branch: 'louder', files: settings(level), author: 'mallory' });

  it('is checked without asking any cluster, and waits to be planned live', async () => {
    await story.quiet();
    const before = asked();
    const head = await push('loud');
    const number = await story.github.openPullRequest({
      repo,
      head: 'mallory:louder',
      title: 'Louder',
      author: 'mallory',
    });
    pull = { number, branch: 'louder', head };
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    expect(gate.output.summary).toContain('planned live for this SHA');
    expect(await story.commented(pull, 'level: loud')).toContain('From a fork');
    expect(asked()).toBe(before);
  });

  it('is not planned live because its author, a reader or an approval says so', async () => {
    const before = asked();
    for (const author of ['mallory', 'carol']) {
      const { reaction, reply } = await story.say(pull, author, '/plan');
      expect(reaction).toBe('confused');
      expect(reply).toContain('people with write access');
    }
    await story.review(pull, 'bob');
    await story.quiet();
    expect(story.check(pull.head, 'planwright/gate')?.conclusion).toBe('action_required');
    expect(asked()).toBe(before);
  });

  it('is planned live when somebody with write access asks for what was shown, and opens with an approval of that', async () => {
    const before = asked();
    expect(await story.say(pull, 'bob', '/plan')).toMatchObject({ reaction: 'rocket' });
    const gate = await story.gate(pull, { conclusion: 'action_required', says: 'approvals of staging' });
    expect(gate.output.summary).not.toContain('planned live');
    expect(asked()).toBeGreaterThan(before);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success', says: 'bob approved these effects' });
  });

  it('has to be looked at and planned again after a later push', async () => {
    const before = asked();
    pull.head = await push('louder');
    const gate = await story.gate(pull, { conclusion: 'action_required', says: 'planned live for this SHA' });
    expect(gate.output.summary).toContain('planned live for this SHA');
    expect(asked()).toBe(before);
  });

  it('refuses a /plan that was written before the head that it would mean was shown', async () => {
    const { github } = story;
    const before = asked();
    github.loseDeliveries({ event: 'issue_comment' });
    const id = github.comment({ repo, number: pull.number, author: 'bob', body: '/plan' });
    await github.settled();
    github.clock.advance(2_000);
    pull.head = await push('loudest');
    await story.gate(pull, { conclusion: 'action_required', says: 'planned live for this SHA' });
    const lost = github.deliveries.find(({ event, status }) => event === 'issue_comment' && status === 'failed');
    github.redeliver(lost?.guid ?? '');
    await story.stage.eventually('the refusal', () =>
      github.reactions(repo, id).some(({ content }) => content === 'confused') ? true : undefined,
    );
    expect(story.reply(pull, id)).toContain('pushed to after your comment');
    expect(asked()).toBe(before);
  });
});
