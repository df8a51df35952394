import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, configuration, type DeployStory, objects, startStory } from './deploy-story.ts';

describe('what no shortcut gets past', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const unasked = configuration.replace(
    '  staging:\n    cluster: staging\n',
    '  staging:\n    cluster: staging\n    approvals: 0\n',
  );

  it('a branch with rules of its own is planned and never deployed', async () => {
    const { github } = story.stage;
    await github.push({ repo, branch: 'own-rules', files: { '.github/planwright.yml': unasked }, author: 'alice' });
    const sha = await github.push({
      repo,
      branch: 'own-change',
      from: 'own-rules',
      files: { 'apps/branch/staging/cm.yaml': configMap('branch', { key: 'mine' }) },
      author: 'alice',
    });
    const number = await github.openPullRequest({
      repo,
      head: 'own-change',
      base: 'own-rules',
      title: 'Mine',
      author: 'alice',
    });
    await story.ended(sha, 'planwright/gate', 'success');
    const writes = story.watchWrites('staging');
    const merged = await github.merge({ repo, number, by: 'alice' });
    const check = await story.ended(merged, 'planwright/deploy', 'neutral');
    expect(check.output.summary).toContain('only what is merged into the default branch is deployed');
    expect(writes()).toEqual([]);
    expect(story.data('staging', 'branch')).toBeUndefined();
  });

  it('a change of the rules that is merged past the gate holds what comes with it, until a maintainer lets it go', async () => {
    const files = {
      '.github/planwright.yml': unasked,
      'apps/rules/staging/cm.yaml': configMap('rules', { key: 'unseen' }),
    };
    const writes = story.watchWrites('staging');
    const merged = await story.bypass(await story.propose('New rules', files), 'alice');
    await story.ended(merged, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('rules@staging');
    expect(issue.body).toContain('role:maintain');
    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.eventually('the second look', () =>
      story.issues('rules@staging').find(({ comments }) => comments.length > 0),
    );
    expect(writes()).toEqual([]);
    expect(await story.say({ number: issue.number, author: 'mona', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'rules')).toEqual({ key: 'unseen' });
  });

  it("a maintainer's approval of an earlier commit is none of the rules that were pushed and merged since", async () => {
    const { github } = story.stage;
    const files = (key: string) => ({ 'apps/slipped/staging/cm.yaml': configMap('slipped', { key }) });
    const branch = 'slipped';
    const sha = await github.push({ repo, branch, files: files('harmless'), author: 'alice' });
    const number = await github.openPullRequest({ repo, head: branch, title: 'Harmless', author: 'alice' });
    await story.checked({ number, sha });
    await story.approve({ number, sha }, 'mona');
    await story.ended(sha, 'planwright/gate', 'success');
    const writes = story.watchWrites('staging');
    const rules = `${unasked}# mine\n`;
    await github.push({
      repo,
      branch,
      files: { ...files('unseen'), '.github/planwright.yml': rules },
      author: 'alice',
    });
    const merged = await story.bypass({ number, sha }, 'alice');
    await story.ended(merged, 'planwright/deploy', 'action_required');
    expect((await story.openIssue('slipped@staging')).body).toContain('role:maintain');
    expect(writes()).toEqual([]);
  });

  it('a namespace stays while somebody else has something in it', async () => {
    const namespace = '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"crowded"}}\n';
    await story.deployUnasked('With a namespace', {
      'apps/crowd/lab/objects.yaml': objects(namespace, configMap('crowd-a', {}), configMap('crowd-b', {})),
    });
    await story.byHand('staging', {
      method: 'POST',
      path: '/api/v1/namespaces/crowded/configmaps',
      type: 'application/json',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'somebodys' } },
    });
    const proposal = await story.propose('Without it', {
      'apps/crowd/lab/objects.yaml': objects(configMap('crowd-a', {}), configMap('crowd-b', {})),
    });
    const plan = await story.ended(proposal.sha, 'planwright/plan', 'failure');
    expect(plan.output.summary).toContain('ConfigMap somebodys');
  });
});
