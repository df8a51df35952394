import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
  production:
    cluster: production
    after: [staging]
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;
const change = (level: string) =>
  Object.fromEntries(
    ['staging', 'production'].map((environment) => [
      `apps/web/${environment}/settings.yaml`,
      configMap('web', { level }),
    ]),
  );

describe("what a pull request's life costs at GitHub", () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(await setStage({ files: { '.github/planwright.yml': configuration } }));
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  /** Requests that change something, in GitHub's own words. */
  const writes = (since: number) =>
    story.github.requests
      .slice(since)
      .filter(
        ({ method, path, who }) =>
          method !== 'GET' &&
          who.startsWith('installation:') &&
          !path.startsWith('/graphql') &&
          !path.includes('.git/'),
      )
      .map(({ method, template, path }) => `${method} ${template ?? path}`);

  it('stays near the fewest writes that the contract needs, from open over three pushes and an approval to two deployments', async () => {
    const { github, stage } = story;
    await story.quiet();
    const start = github.requests.length;
    const pull = await story.open({ title: 'Levels', files: change('one') });
    await story.checked(pull);
    for (const level of ['two', 'three', 'four']) {
      await story.push(pull, change(level));
      await story.checked(pull);
    }
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    await story.quiet();
    const planned = writes(start);
    const merged = await github.merge({ repo, number: pull.number, by: 'bob' });
    await stage.eventually(
      'the deployment',
      () => (story.check(merged, 'planwright/deploy')?.conclusion === 'success' ? true : undefined),
      30_000,
    );
    await story.quiet();
    const all = writes(start);
    const counts = [...Map.groupBy(all, (write) => write)].map(([write, each]) => `${each.length} ${write}`);
    console.info(
      `P10 writes: ${all.length} (${planned.length} until the merge, ${all.length - planned.length} after it)\n${counts.join('\n')}`,
    );

    // Four heads: two checks begun and ended, and the comment; the approval: a gate and the comment.
    expect(planned).toHaveLength(4 * 5 + 2);
    expect(story.planComments(pull)).toHaveLength(1);
    expect(github.deployments(repo)).toHaveLength(2);
    expect(all.length).toBeLessThanOrEqual(45);
  });
});
