import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory, textOf } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;
const change = (stack: string) => ({ [`apps/${stack}/staging/settings.yaml`]: configMap(stack, { level: 'high' }) });

describe('when GitHub fails, or its answer is lost', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } }),
    );
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  // The client itself repeats what GitHub answers with 500, for a quarter of a minute; 422 comes through at once.
  const fail = (times: number) =>
    story.github.failNext({
      method: 'POST',
      path: /^\/graphql$/,
      status: 422,
      body: { message: 'Something is odd' },
      times,
    });

  it("GitHub's errors are said on the checks after a few tries, and go away by themselves", async () => {
    await story.quiet();
    fail(3);
    // A second event about the pull request would begin the count of tries anew.
    story.github.loseDeliveries({ event: 'push' });
    const pull = await story.open({ title: 'Errors', files: change('errors') });
    const plan = await story.plan(pull, { conclusion: 'failure', says: 'something failed on the way' });
    expect(textOf(plan)).toMatch(/GitHub answered 422: Something is odd/);
    expect(textOf(plan)).toContain('tried again');
    await story.plan(pull, { conclusion: 'success' });
    await story.gate(pull, { conclusion: 'action_required' });
    expect(story.planComments(pull)).toHaveLength(1);
  });

  it('an error that comes after the plan was shown leaves no failure behind', async () => {
    const pull = await story.open({ title: 'Later', files: change('later') });
    await story.checked(pull);
    fail(3);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'failure', says: 'something failed on the way' });
    await story.gate(pull, { conclusion: 'success' });
    await story.plan(pull, { conclusion: 'success' });
  });

  it('answers that are lost after the effect leave one comment and one current run of each check', async () => {
    for (const path of [/\/check-runs$/, /\/issues\/\d+\/comments$/])
      story.github.failNext({ method: 'POST', path, status: 0, afterEffect: true });
    story.github.failNext({ method: 'PATCH', path: /\/check-runs\/\d+$/, status: 502, afterEffect: true });
    const pull = await story.open({ title: 'Lost', files: change('lost') });
    await story.plan(pull, { conclusion: 'success' });
    await story.gate(pull, { conclusion: 'action_required' });
    await story.quiet();
    expect(story.planComments(pull)).toHaveLength(1);
    const runs = story.github.checkRuns(repo, pull.head, 'all');
    expect(runs.map(({ name }) => name).toSorted()).toEqual(['planwright/gate', 'planwright/plan']);
    expect(runs.every(({ status }) => status === 'completed')).toBe(true);
  });

  it('an answer that was lost does not hide what changed meanwhile', async () => {
    const pull = await story.open({ title: 'Changed', files: change('changed') });
    await story.checked(pull);
    // The new gate's run arrives, its answer does not; before the next try somebody approves.
    story.github.failNext({ method: 'POST', path: /\/check-runs$/, status: 0, afterEffect: true });
    await story.review(pull, 'carol');
    await story.stage.eventually('the lost answer', () =>
      story.github.checkRuns(repo, pull.head, 'all').length === 3 ? true : undefined,
    );
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
  });
});
