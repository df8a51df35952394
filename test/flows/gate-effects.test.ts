import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap, namespace } from './manifests.ts';
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

describe('what the gate is opened for', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['staging'],
        files: { '.github/planwright.yml': configuration, 'README.md': 'words\n' },
      }),
    );
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.closeAll();
  });

  it('keeps an approval over commits and base movement that leave the effects as they were, and no longer', async () => {
    const pull = await story.open({ title: 'Moving', files: change('moving', 'high') });
    const first = pull.head;
    await story.checked(pull);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });

    await story.push(pull, { 'README.md': 'other words\n' });
    await story.gate(pull, {
      conclusion: 'success',
      says: `bob approved these effects (given for ${first.slice(0, 7)})`,
    });

    const files = { 'apps/moving/one/notes.md': 'a note\n' };
    const base = await story.github.push({ repo, branch: 'main', files, author: 'olga' });
    await story.commented(pull, base.slice(0, 12));
    await story.gate(pull, { conclusion: 'success' });

    await story.push(pull, change('moving', 'low'));
    await story.gate(pull, {
      conclusion: 'action_required',
      says: /bob approved other effects of moving@one \(given for [0-9a-f]{7}\): the plan has changed since; approve again/,
    });
    await story.review(pull, 'bob', 'APPROVED', first);
    await story.quiet();
    expect(story.check(pull.head, 'planwright/gate')?.conclusion).toBe('action_required');
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
  });

  it('needs as many people as the environment says', async () => {
    const [two, none] = [
      await story.open({ title: 'Two', files: change('pair', 'high', 'two') }),
      await story.open({ title: 'None', files: change('solo', 'high', 'none') }),
    ];
    const free = await story.checked(none);
    expect([free.plan.conclusion, free.gate.conclusion]).toEqual(['success', 'success']);
    expect(free.gate.output.summary).toContain('asks for no approval');
    await story.checked(two);
    await story.review(two, 'bob');
    const half = await story.gate(two, { says: 'bob approved these effects' });
    expect(half.conclusion).toBe('action_required');
    expect(half.output.summary).toContain('needs 2 approvals');
    await story.review(two, 'dave');
    await story.gate(two, { conclusion: 'success' });
  });

  it('asks for role:maintain when more than half of a target is removed', async () => {
    const files = {
      'apps/large/one/a.yaml': configMap('a', { a: '1' }),
      'apps/large/one/b.yaml': configMap('b', { b: '1' }),
      'apps/large/one/c.yaml': configMap('c', { c: '1' }),
      'apps/large/one/shop.yaml': namespace('shop'),
    };
    const first = await story.open({ title: 'Large', files });
    await story.checked(first);
    await story.review(first, 'bob');
    await story.gate(first, { conclusion: 'success' });
    const merged = await story.github.merge({ repo, number: first.number, by: 'bob' });
    await story.stage.eventually(
      'the deployment',
      () => (story.check(merged, 'planwright/deploy')?.conclusion === 'success' ? true : undefined),
      30_000,
    );

    const pull = await story.open({
      title: 'Remove',
      files: { 'apps/large/one/a.yaml': null, 'apps/large/one/b.yaml': null, 'apps/large/one/c.yaml': null },
    });
    await story.checked(pull);
    await story.review(pull, 'bob');
    const asked = await story.gate(pull, { says: 'bob has write, not maintain' });
    expect(asked.conclusion).toBe('action_required');
    expect(textOf(asked)).toMatch(/large removal from .*large@one.*deletes 3 of 4 objects/);
    await story.review(pull, 'mona');
    await story.gate(pull, { conclusion: 'success' });
  });
});
