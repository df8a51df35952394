import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory, textOf } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  one:
    cluster: staging
  two:
    cluster: staging
    approvals: 2
  none:
    cluster: staging
    approvals: 0
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
    cluster_scoped: [Namespace]
`;

/** A change of one value of one stack, which nobody else of the story changes. */
const change = (stack: string, level: string, environment = 'one') => ({
  [`apps/${stack}/${environment}/settings.yaml`]: configMap(stack, { level }),
});

describe('who opens the gate', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['staging'],
        files: { '.github/planwright.yml': configuration, 'README.md': 'words\n' },
      }),
    );
    const { github } = story;
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
    for (const login of ['wendy', 'walter', 'colin', 'erin']) {
      github.createUser(login);
      github.grant(repo, login, 'write');
    }
    github.createUser('robot[bot]', { bot: true });
    github.grant(repo, 'robot[bot]', 'write');
    github.createUser('mallory');
  });
  afterAll(() => story.stage.close());
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.closeAll();
  });

  it('is nobody who put something into the pull request, no bot, and nobody without write access', async () => {
    const pull = await story.open({
      title: 'Everybody',
      files: change('everybody', 'high'),
      push: { author: 'wendy', committer: 'walter', coAuthors: ['colin'], pusher: 'dave' },
    });
    await story.checked(pull);
    const refused = {
      wendy: 'is the author of a commit in it',
      walter: 'is the committer of a commit in it',
      colin: 'is a co-author of a commit in it',
      dave: 'pushed to it last',
      'robot[bot]': 'is a bot',
      carol: 'has no write access (read)',
      mallory: 'has no write access (none)',
    };
    for (const reviewer of Object.keys(refused)) await story.review(pull, reviewer);
    const gate = await story.gate(pull, { says: 'mallory' });
    expect(gate.conclusion).toBe('action_required');
    for (const [login, reason] of Object.entries(refused))
      expect(textOf(gate)).toContain(`${login}'s approval does not count: ${reason}`);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success', says: 'bob approved these effects' });
  });

  it('closes again when the approval is dismissed, and when the approver loses access', async () => {
    const pull = await story.open({ title: 'Dismissed', files: change('dismissed', 'high') });
    await story.checked(pull);
    const reviewId = await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    await story.github.dismissReview({ repo, number: pull.number, reviewId, by: 'olga' });
    await story.gate(pull, { conclusion: 'action_required' });
    await story.review(pull, 'erin');
    await story.gate(pull, { conclusion: 'success' });
    story.github.grant(repo, 'erin', 'read');
    await story.say(pull, 'alice', '/plan');
    await story.gate(pull, {
      conclusion: 'action_required',
      says: "erin's approval does not count: has no write access (read)",
    });
  });

  it('is blocked by changes requested until the same person approves', async () => {
    const pull = await story.open({ title: 'Requested', files: change('requested', 'high') });
    await story.checked(pull);
    await story.review(pull, 'dave', 'CHANGES_REQUESTED');
    await story.gate(pull, { conclusion: 'failure', says: 'dave asked for changes' });
    await story.review(pull, 'bob');
    const blocked = await story.gate(pull, { says: 'bob approved these effects' });
    expect(blocked.conclusion).toBe('failure');
    await story.review(pull, 'dave');
    await story.gate(pull, { conclusion: 'success' });
  });

  it('does not count changes requested by somebody whose approval would not count', async () => {
    const pull = await story.open({ title: 'Reader', files: change('reader', 'high') });
    await story.checked(pull);
    await story.review(pull, 'carol', 'CHANGES_REQUESTED');
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
  });

  it('does not count an approval that was given before any plan was shown', async () => {
    const { github } = story;
    await story.quiet();
    github.loseDeliveries({ event: 'pull_request' });
    const pull = await story.open({ title: 'Early', files: change('early', 'high') });
    await github.review({ repo, number: pull.number, reviewer: 'bob', state: 'APPROVED' });
    await story.gate(pull, {
      conclusion: 'action_required',
      says: /bob's approval does not count: no plan of [0-9a-f]{7} had been shown yet; approve again/,
    });
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
  });

  it('refuses the pusher of a commit whose author GitHub does not know, also when somebody else pushed last', async () => {
    const pull = await story.open({
      title: 'Nobody',
      files: change('nobody', 'high'),
      push: { author: { name: 'Nobody', email: 'nobody@nowhere.test' }, pusher: 'dave' },
    });
    await story.push(pull, { 'README.md': 'words on top\n' });
    await story.checked(pull);
    await story.review(pull, 'dave');
    const gate = await story.gate(pull, { says: 'dave' });
    expect(gate.conclusion).toBe('action_required');
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
  });

  it('makes nobody a contributor who only merged the base into the branch', async () => {
    const pull = await story.open({ title: 'Updated', files: change('updated', 'high') });
    await story.checked(pull);
    await story.github.push({ repo, branch: 'main', files: { 'more-notes.md': 'a note\n' }, author: 'olga' });
    pull.head = await story.github.pushMerge({ repo, branch: pull.branch, from: 'main', author: 'bob' });
    await story.checked(pull);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success', says: 'bob approved these effects' });
  });
});
