import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory } from './pull-request-story.ts';

const path = '.github/planwright.yml';
const configuration = (approvals: number) => `version: 1
environments:
  staging:
    approvals: ${approvals}
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;
const stacks = ['web', 'api', 'jobs'];
const file = (stack: string, name: string) => `apps/${stack}/staging/${name}.yaml`;
const change = (stack: string, name: string, level: string) => ({
  [file(stack, name)]: configMap(`${stack}-${name}`, { level }),
});

describe('a base branch that moves', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['staging'],
        files: {
          [path]: configuration(1),
          'README.md': 'words\n',
          ...Object.fromEntries(
            stacks.flatMap((stack) =>
              Object.entries({ ...change(stack, 'one', 'low'), ...change(stack, 'two', 'low') }),
            ),
          ),
        },
      }),
    );
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.closeAll();
    await story.quiet();
  });

  const push = (files: Parameters<typeof story.github.push>[0]['files']) =>
    story.github.push({ repo, branch: 'main', files, author: 'olga' });
  const writes = (since: number) =>
    story.github.requests
      .slice(since)
      .filter(
        ({ method, who, path: at }) =>
          method !== 'GET' &&
          who.startsWith('installation:') &&
          !at.includes('.git/') &&
          !at.startsWith('/graphql') &&
          !at.startsWith('/graphql'),
      )
      .map(({ method, template }) => `${method} ${template}`);
  const planned = async (stack: string, level: string) => {
    const pull = await story.open({ title: `${stack} ${level}`, files: change(stack, 'one', level) });
    await story.checked(pull);
    return pull;
  };
  /** The branch's place is known from the first look on. */
  const moveOnce = async () => {
    await push({ 'README.md': `words ${story.github.requests.length}\n` });
    await story.quiet(4_000);
  };

  it('has those plans made again that share a target with what moved, and leaves the others alone', async () => {
    const web = await planned('web', 'high');
    const api = await planned('api', 'high');
    await moveOnce();
    const before = story.planComments(api)[0]?.body;
    const start = story.github.requests.length;
    const tip = await push(change('web', 'two', 'middle'));
    await story.commented(web, tip.slice(0, 12));
    await story.quiet(4_000);
    expect(story.planComments(api)[0]?.body).toBe(before);
    const [looked, left] = [web, api].map(
      ({ number }) =>
        story.github.requests.slice(start).filter(({ path: at }) => at.endsWith(`/pulls/${number}`)).length,
    );
    expect(looked).toBeGreaterThan(0);
    expect(left).toBe(0);
  });

  it('costs one edit of the comment where the plan says the same as before, and keeps the approval', async () => {
    const pull = await planned('web', 'higher');
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    const start = story.github.requests.length;
    const tip = await push({ [file('web', 'notes')]: '# nothing\n' });
    await story.commented(pull, tip.slice(0, 12));
    await story.quiet(4_000);
    expect(writes(start)).toEqual(['PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}']);
    await story.gate(pull, { conclusion: 'success' });
  });

  it('shows another plan, and asks again, where the same pull request would now do something else', async () => {
    const pull = await planned('jobs', 'high');
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    await push(change('jobs', 'two', 'middle'));
    await story.gate(pull, { conclusion: 'action_required', says: 'bob approved other effects' });
  });

  it('is looked at once after a burst of pushes', async () => {
    const pull = await planned('api', 'highest');
    const start = story.github.requests.length;
    for (const level of ['a', 'b', 'c', 'd']) await push(change('web', 'two', level));
    const tip = await push(change('api', 'two', 'e'));
    await story.commented(pull, tip.slice(0, 12));
    await story.quiet(4_000);
    const lists = story.github.requests
      .slice(start)
      .filter(({ path: at }) => /\/pulls\?/.test(at) || at.endsWith('/pulls'));
    expect(lists.length).toBeLessThanOrEqual(2);
  });

  it('judges every pull request anew when its configuration moved', async () => {
    const pull = await planned('web', 'highest');
    await push({ [path]: configuration(2) });
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 2 approvals' });
    await push({ [path]: configuration(1) });
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 1 approval of' });
  });

  it('has many pull requests wait for one another, the newest looked at first', async () => {
    const pulls: Awaited<ReturnType<typeof planned>>[] = [];
    for (let count = 0; count < 9; count += 1)
      pulls.push(await story.open({ title: `Number ${count}`, files: change(`many${count}`, 'one', 'high') }));
    for (const pull of pulls) await story.checked(pull);
    const start = story.github.requests.length;
    await push({ [path]: configuration(3) });
    const [oldest, newest] = [pulls[0], pulls[8]];
    if (oldest === undefined || newest === undefined) throw new Error('nine were opened');
    await story.gate(newest, { says: 'needs 3 approvals' });
    await story.gate(oldest, { says: 'needs 3 approvals' });
    const looked = (number: number) =>
      story.github.requests
        .slice(start)
        .find(({ path: at }) => at.endsWith(`/pulls/${number}`))
        ?.at.getTime() ?? 0;
    expect(looked(oldest.number)).toBeGreaterThan(looked(newest.number));
  });
});

describe('a base branch whose code owners move', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    const rule = 'rules:\n  - name: owners\n    require: { from: [codeowners] }\n';
    const files = { [path]: `${configuration(0)}${rule}`, CODEOWNERS: 'apps/web/ @bob\n' };
    story = new PullRequestStory(await setStage({ clusterNames: ['staging'], files }));
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());

  it('asks the new ones for what was planned and approved before', async () => {
    const pull = await story.open({ title: 'web', files: change('web', 'one', 'high') });
    await story.checked(pull);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    await story.github.push({ repo, branch: 'main', files: { CODEOWNERS: 'apps/web/ @olga\n' }, author: 'olga' });
    await story.gate(pull, { conclusion: 'action_required', says: 'codeowners of apps/web/staging/one.yaml: @olga' });
    await story.review(pull, 'olga');
    await story.gate(pull, { conclusion: 'success', says: 'olga approved these effects' });
    expect(story.github.violations).toEqual([]);
  });

  it('asks a maintainer again for a configuration into which another change was merged since', async () => {
    const [before = '', after = ''] = [0, 2].map((approvals) => `${configuration(approvals)}# a\n# b\n# c\n# d\n`);
    const push = (text: string) => story.github.push({ repo, branch: 'main', files: { [path]: text }, author: 'olga' });
    await push(before);
    const pull = await story.open({ title: 'words', files: { [path]: `${before}# mine\n` } });
    await story.checked(pull);
    await story.review(pull, 'mona');
    await story.gate(pull, { conclusion: 'success' });
    await push(after);
    await story.gate(pull, { conclusion: 'action_required', says: 'one approval by role:maintain is needed' });
    await story.review(pull, 'mona');
    await story.gate(pull, { conclusion: 'success' });
    expect(story.github.violations).toEqual([]);
  });
});
