import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, type Stage, setStage } from '../e2e/stage.ts';
import { configMap, configuration, DeployStory, startStory } from './deploy-story.ts';

describe('who must approve', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory({ mayDeploy: ['acme/*', 'late/*'] });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  it('deploys without any review where the environment asks for none', async () => {
    const { merged, number } = await story.deployUnasked('Nobody asked', {
      'apps/free/lab/cm.yaml': configMap('free', { key: 'one' }),
    });
    expect(story.data('staging', 'free')).toEqual({ key: 'one' });
    expect(story.stage.github.reviews(repo, number)).toEqual([]);
    expect(story.states(merged)).toEqual({ lab: 'success' });
  });

  it('deploys without any review what was merged before its checks had ended, where the environment asks for none', async () => {
    const proposal = await story.propose('In a hurry', {
      'apps/hurry/lab/cm.yaml': configMap('hurry', { key: 'one' }),
    });
    const merged = await story.merge(proposal);
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'hurry')).toEqual({ key: 'one' });
    const begun = story.stage.github.checkRuns(repo, proposal.sha);
    expect(begun.filter(({ status }) => status !== 'completed')).toEqual([]);
  });

  it('does not count a review that came before any plan was shown', async () => {
    const proposal = await story.propose('Blind', { 'apps/blind/staging/cm.yaml': configMap('blind', { key: 'one' }) });
    await story.stage.github.review({ repo, number: proposal.number, reviewer: 'bob', state: 'APPROVED' });
    await story.checked(proposal);
    const writes = story.watchWrites('staging');
    const merged = await story.bypass(proposal);
    await story.ended(merged, 'planwright/deploy', 'action_required');
    await story.openIssue('blind@staging', 'which nobody approved');
    expect(writes()).toEqual([]);
  });

  it('neither deploys nor holds what was merged before it first saw the repository', async () => {
    const { github } = story.stage;
    const older = 'late/infra';
    github.createOrganisation('late', { owners: ['olga'] });
    await github.createRepository(older, { files: { '.github/planwright.yml': configuration } });
    for (const login of ['alice', 'bob']) github.grant(older, login, 'write');
    await github.push({
      repo: older,
      branch: 'old',
      files: { 'apps/old/lab/cm.yaml': configMap('old', { key: 'one' }) },
      author: 'alice',
    });
    const number = await github.openPullRequest({ repo: older, head: 'old', title: 'Old', author: 'alice' });
    const merged = await github.merge({ repo: older, number, by: 'bob' });
    await github.push({ repo: older, branch: 'new', files: { 'README.md': 'Later.\n' }, author: 'alice' });
    await github.openPullRequest({ repo: older, head: 'new', title: 'New', author: 'alice' });
    // Timestamps of GitHub have whole seconds, and it runs ahead of Planwright's clock by what the stories above let pass.
    await pause(story.lead() + 2_000);
    const writes = story.watchWrites('staging');
    github.installApp({ account: 'late' });
    const seen = await story.eventually('the open pull request is looked at', () => {
      const runs = github.checkRuns(
        older,
        github.pullRequests(older).find(({ title }) => title === 'New')?.headSha ?? '',
        'latest',
      );
      return runs.length === 2 && runs.every(({ conclusion }) => conclusion === 'success') ? runs : undefined;
    });
    expect(seen.map(({ output }) => output.title)).toEqual(['No infrastructure changes', 'No infrastructure changes']);
    const question = github.comment({ repo: older, number, author: 'bob', body: '/apply' });
    await story.eventually('the answer', () =>
      github.reactions(older, question).find(({ content }) => content === 'confused'),
    );
    expect([github.checkRuns(older, merged), github.deployments(older), github.issues(older), writes()]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});

describe('a repository that may not deploy', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ files: { '.github/planwright.yml': configuration }, mayDeploy: [] });
  });
  afterEach(() => expect(stage.github.violations).toEqual([]));
  afterAll(() => stage.close());

  it('gets its plans, and a neutral check with the reason after the merge; the clusters are not written', async () => {
    const story = new DeployStory(stage);
    const writes = [story.watchWrites('staging'), story.watchWrites('production')];
    const { merged, number } = await story.land('Refused', {
      'apps/refused/staging/cm.yaml': configMap('refused', { key: 'one' }),
      'apps/refused/production/cm.yaml': configMap('refused', { key: 'one' }),
    });
    expect(story.comment({ number })).toContain('refused@production');
    const check = await story.ended(merged, 'planwright/deploy', 'neutral');
    expect(check.output.summary).toContain('PLANWRIGHT_REPOSITORIES');
    expect([stage.github.deployments(repo), stage.github.issues(repo)]).toEqual([[], []]);
    expect(await story.say({ number, author: 'bob', body: '/apply' })).toBe('confused');
    expect(writes.map((written) => written())).toEqual([[], []]);
  });
});
