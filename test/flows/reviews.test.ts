import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  one:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;

let story: PullRequestStory;
let stacks = 0;
beforeAll(async () => {
  story = new PullRequestStory(
    await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } }),
  );
  for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
  for (const login of ['erin', 'frank', 'grace', 'heidi', 'ivan']) {
    story.github.createUser(login);
    story.github.grant(repo, login, 'write');
  }
});
afterAll(() => story.stage.close());
afterEach(async () => {
  expect(story.github.violations).toEqual([]);
  await story.closeAll();
});

/** A change of a stack of its own, planned and waiting for one approval. */
async function waiting(title: string): Promise<Pull> {
  stacks += 1;
  const stack = `stack-${stacks}`;
  const pull = await story.open({
    title,
    files: { [`apps/${stack}/one/settings.yaml`]: configMap(stack, { level: 'high' }) },
  });
  await story.checked(pull);
  return pull;
}

async function approvedBy(reviewer: string, title: string): Promise<Pull & { readonly reviewId: number }> {
  const pull = await waiting(title);
  const reviewId = await story.review(pull, reviewer);
  await story.gate(pull, { conclusion: 'success' });
  return { ...pull, reviewId };
}

describe('a review after the review', () => {
  it('that is asked for again leaves the approval as it was, until that person says something else', async () => {
    const pull = await approvedBy('bob', 'Asked again');
    await story.github.requestReview({ repo, number: pull.number, reviewer: 'bob', by: 'alice' });
    await story.say(pull, 'alice', '/plan');
    await story.gate(pull, { conclusion: 'success', says: 'bob approved these effects' });
    await story.review(pull, 'bob', 'CHANGES_REQUESTED');
    await story.gate(pull, { conclusion: 'failure', says: 'bob asked for changes' });
  });

  it('that only comments takes nothing back', async () => {
    const pull = await approvedBy('bob', 'Commented');
    await story.review(pull, 'bob', 'COMMENTED');
    await story.say(pull, 'alice', '/plan');
    await story.gate(pull, { conclusion: 'success', says: 'bob approved these effects' });
  });

  it('whose words are edited says what it said: an edit neither approves nor takes back', async () => {
    const pull = await waiting('Edited');
    const reviewId = await story.review(pull, 'bob', 'COMMENTED');
    story.github.editReview({ repo, number: pull.number, reviewId, body: 'Approved! LGTM' });
    await story.say(pull, 'alice', '/plan');
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 1 approval' });

    const approval = await story.review(pull, 'bob');
    story.github.editReview({ repo, number: pull.number, reviewId: approval, body: 'I am not so sure any more.' });
    await story.gate(pull, { conclusion: 'success', says: 'bob approved these effects' });
  });

  it('that asked for changes and is dismissed blocks no more, and approves nothing', async () => {
    const pull = await waiting('Objection dismissed');
    const reviewId = await story.review(pull, 'bob', 'CHANGES_REQUESTED');
    await story.gate(pull, { conclusion: 'failure', says: 'bob asked for changes' });
    await story.github.dismissReview({ repo, number: pull.number, reviewId, by: 'olga' });
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 1 approval' });
  });

  it('of somebody who may not write any more neither counts nor blocks', async () => {
    const pull = await waiting('Objector gone');
    await story.review(pull, 'erin', 'CHANGES_REQUESTED');
    await story.gate(pull, { conclusion: 'failure', says: 'erin asked for changes' });
    story.github.grant(repo, 'erin', 'none');
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
  });
});

describe('between the approval and the merge', () => {
  /** Nobody hears of it by webhook: what counts is what GitHub says at the merge. */
  async function merge(pull: Pull): Promise<string> {
    await story.quiet();
    return story.github.merge({ repo, number: pull.number, by: 'olga', bypass: true });
  }

  const ends = (merged: string, conclusion: string) =>
    story.stage.eventually(
      `planwright/deploy of ${merged} as ${conclusion}`,
      () => {
        const run = story.check(merged, 'planwright/deploy');
        return run?.conclusion === conclusion ? run : undefined;
      },
      30_000,
    );

  it('an approver who loses write access approved nothing: the deployment is held', async () => {
    const pull = await approvedBy('frank', 'Access lost');
    story.github.grant(repo, 'frank', 'read');
    await ends(await merge(pull), 'action_required');
  });

  it('an approver who deletes the account approved nothing', async () => {
    const pull = await approvedBy('grace', 'Account deleted');
    story.github.deleteUser('grace');
    await ends(await merge(pull), 'action_required');
  });

  it('a dismissal of which nobody told Planwright counts', async () => {
    const pull = await approvedBy('bob', 'Dismissed silently');
    story.github.loseDeliveries({ event: 'pull_request_review' });
    await story.github.dismissReview({ repo, number: pull.number, reviewId: pull.reviewId, by: 'olga' });
    await ends(await merge(pull), 'action_required');
  });

  it('changes requested of which nobody told Planwright hold the deployment', async () => {
    const pull = await approvedBy('bob', 'Objected silently');
    story.github.loseDeliveries({ event: 'pull_request_review' });
    await story.review(pull, 'dave', 'CHANGES_REQUESTED');
    await ends(await merge(pull), 'action_required');
  });

  it('an approver who takes another login stays who they are', async () => {
    const pull = await approvedBy('heidi', 'Renamed');
    story.github.renameUser('heidi', 'adelheid');
    await story.say(pull, 'alice', '/plan');
    await story.gate(pull, { conclusion: 'success', says: 'adelheid approved these effects' });
    await ends(await merge(pull), 'success');
  });

  it('a co-author who takes another login stays one', async () => {
    stacks += 1;
    const stack = `stack-${stacks}`;
    const pull = await story.open({
      title: 'Renamed co-author',
      files: { [`apps/${stack}/one/settings.yaml`]: configMap(stack, { level: 'high' }) },
      push: { coAuthors: ['ivan'] },
    });
    await story.checked(pull);
    story.github.renameUser('ivan', 'iwan');
    await story.review(pull, 'iwan');
    await story.gate(pull, {
      conclusion: 'action_required',
      says: "iwan's approval does not count: is a co-author of a commit in it",
    });
  });
});
