import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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

describe('commands', () => {
  let story: PullRequestStory;
  let pull: Pull;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } }),
    );
    const { github } = story;
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
    github.createUser('mallory');
    github.createUser('robot[bot]', { bot: true });
    github.grant(repo, 'robot[bot]', 'write');
    pull = await story.open({
      title: 'Louder',
      files: { 'apps/web/staging/settings.yaml': configMap('web', { level: 'loud' }) },
    });
    await story.checked(pull);
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  const runs = () =>
    story.github.checkRuns(repo, pull.head, 'all').filter(({ name }) => name === 'planwright/plan').length;
  const reactions = (id: number) => story.github.reactions(repo, id).map(({ content }) => content);

  /** Says what must not run, and waits until it surely would have. */
  async function sayInVain(author: string, body: string): Promise<number> {
    const id = story.github.comment({ repo, number: pull.number, author, body });
    await story.quiet();
    return id;
  }

  it('/plan plans again, in new runs of both checks, and is acknowledged before and after', async () => {
    const [before, gateBefore] = [
      story.check(pull.head, 'planwright/plan')?.id,
      story.check(pull.head, 'planwright/gate')?.id,
    ];
    const said = await story.say(pull, 'alice', '/plan');
    expect(said).toMatchObject({ reaction: 'rocket', reply: undefined });
    expect(reactions(said.id)).toEqual(['eyes', 'rocket']);
    const { plan, gate } = await story.checked(pull);
    expect(plan.conclusion).toBe('success');
    expect(plan.id).not.toBe(before);
    expect(gate.id).not.toBe(gateBefore);
  });

  it('/help lists the commands for anybody and says what would happen now', async () => {
    const { reaction, reply } = await story.say(pull, 'carol', '/help');
    expect(reaction).toBe('rocket');
    expect(reply).toMatch(/\/plan.*\/apply.*\/unlock.*not supported yet/s);
    expect(reply).toMatch(/the gate is waiting; when it opens, merging into `main` would deploy 1 target/);
    expect(reply).toContain('approvals of staging');
  });

  it('/apply on an open pull request is refused with how it deploys', async () => {
    const { reaction, reply } = await story.say(pull, 'bob', '/apply');
    expect(reaction).toBe('confused');
    expect(reply).toContain('merging into `main` deploys what was approved');
    expect(
      story.stage.clusters
        .get('staging')
        ?.audit.some(({ verb, dryRun, requestURI }) => verb === 'patch' && !dryRun && !requestURI.includes('kubectl')),
    ).toBe(false);
  });

  it.each([
    ['carol', '/plan', 'you have read access'],
    ['mallory', '/apply', 'you have no access to this repository'],
    ['bob', '/rollback', 'not supported yet'],
    ['bob', '/unlock', 'This pull request holds no lock'],
    ['bob', '/plan nowhere@staging', 'No target here matches'],
  ])("%s's %s is refused and says why", async (author, body, why) => {
    const before = runs();
    const { reaction, reply } = await story.say(pull, author, body);
    expect(reaction).toBe('confused');
    expect(reply).toContain(why);
    expect(runs()).toBe(before);
  });

  it('runs two commands of one comment in order, and answers both in one comment', async () => {
    const before = runs();
    const { reaction, reply } = await story.say(pull, 'bob', 'Please:\n/plan\n/rollback\n');
    expect(reaction).toBe('confused');
    expect(reply).toContain('not supported yet');
    expect(runs()).toBe(before + 1);
  });

  it.each([
    ['alice', '> /plan'],
    ['alice', '```\n/plan\n```'],
    ['alice', '    /plan'],
    ['alice', 'so /plan'],
    ['alice', '<!--\n/plan\n-->'],
    ['alice', '/deploy'],
    ['robot[bot]', '/plan'],
  ])('%s saying %j runs nothing and is not answered', async (author, body) => {
    const [before, comments] = [runs(), story.github.comments(repo, pull.number).length];
    const id = await sayInVain(author, body);
    expect(reactions(id)).toEqual([]);
    expect(runs()).toBe(before);
    expect(story.github.comments(repo, pull.number)).toHaveLength(comments + 1);
  });

  it('an edit never runs anything, neither into a command nor from one', async () => {
    const before = runs();
    const id = await sayInVain('alice', 'Please plan this.');
    story.github.editComment({ repo, commentId: id, by: 'alice', body: '/plan' });
    await story.quiet();
    expect(reactions(id)).toEqual([]);
    expect(runs()).toBe(before);
  });

  it('runs a comment once, however often GitHub delivers it', async () => {
    const { id } = await story.say(pull, 'alice', '/plan');
    const before = runs();
    const delivery = story.github.deliveries.findLast(({ event }) => event === 'issue_comment');
    expect(delivery?.payload).toMatchObject({ comment: { id } });
    for (let times = 0; times < 100; times += 1) story.github.redeliver(delivery?.guid ?? '');
    await story.quiet();
    expect(
      story.github.deliveries.filter(({ guid, statusCode }) => guid === delivery?.guid && statusCode === 200),
    ).toHaveLength(101);
    expect(runs()).toBe(before);
    expect(reactions(id)).toEqual(['eyes', 'rocket']);
  });
});
