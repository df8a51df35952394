import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

describe('the buttons of checks', () => {
  let deploy: DeployStory;
  let story: PullRequestStory;
  let pull: Pull;

  beforeAll(async () => {
    deploy = await startStory();
    story = new PullRequestStory(deploy.stage);
    story.github.createUser('mallory');
    story.github.createUser('robot[bot]', { bot: true });
    story.github.grant(repo, 'robot[bot]', 'admin');
    pull = await story.open({
      title: 'Louder',
      author: 'carol',
      push: { author: 'alice' },
      files: { 'apps/web/staging/settings.yaml': configMap('web', { level: 'loud' }) },
    });
    await story.gate(pull, { conclusion: 'action_required' });
  });
  afterAll(() => deploy.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  const runs = (sha: string, name: string) =>
    story.github.checkRuns(repo, sha, 'all').filter((run) => run.name === name).length;
  const newest = (sha: string, name: string) => {
    const run = story.check(sha, name);
    if (run === undefined) throw new Error(`there is no ${name}`);
    return run;
  };
  const click = (by: string, name: string, identifier = 'plan', sha = pull.head) =>
    story.github.clickCheckAction({ repo, checkRunId: newest(sha, name).id, identifier, by });

  it.each([
    ['planwright/plan', 'alice'],
    ['planwright/gate', 'bob'],
    ['planwright/plan', 'carol'],
  ])('Re-plan on %s plans again for %s, in new runs of both checks', async (name, by) => {
    const [plans, gates] = [runs(pull.head, 'planwright/plan'), runs(pull.head, 'planwright/gate')];
    click(by, name);
    await deploy.eventually('new runs', () =>
      runs(pull.head, 'planwright/plan') > plans && runs(pull.head, 'planwright/gate') > gates ? true : undefined,
    );
    await story.checked(pull);
    await story.quiet();
    expect(runs(pull.head, 'planwright/plan')).toBe(plans + 1);
  });

  it('running a check again on GitHub is the same', async () => {
    const plans = runs(pull.head, 'planwright/plan');
    story.github.rerequestCheckRun({ repo, checkRunId: newest(pull.head, 'planwright/gate').id, by: 'bob' });
    await deploy.eventually('a new run', () => (runs(pull.head, 'planwright/plan') > plans ? true : undefined));
    // What is being planned already is not planned once more.
    await story.checked(pull);
    await story.github.rerequestCheckSuite({ repo, sha: pull.head, by: 'bob' });
    await deploy.eventually('another run', () => (runs(pull.head, 'planwright/plan') > plans + 1 ? true : undefined));
    await story.checked(pull);
  });

  it.each(['mallory', 'robot[bot]'])('does nothing for %s, silently', async (by) => {
    await story.quiet();
    const [plans, comments] = [runs(pull.head, 'planwright/plan'), story.github.comments(repo, pull.number).length];
    click(by, 'planwright/plan');
    await story.quiet();
    expect(runs(pull.head, 'planwright/plan')).toBe(plans);
    expect(story.github.comments(repo, pull.number)).toHaveLength(comments);
  });

  it('is pressed once, however often GitHub delivers it', async () => {
    const plans = runs(pull.head, 'planwright/plan');
    click('bob', 'planwright/plan');
    await deploy.eventually('a new run', () => (runs(pull.head, 'planwright/plan') > plans ? true : undefined));
    await story.checked(pull);
    const delivery = story.github.deliveries.findLast(
      ({ event, payload }) => event === 'check_run' && Object(payload).action === 'requested_action',
    );
    for (let times = 0; times < 20; times += 1) story.github.redeliver(delivery?.guid ?? '');
    await story.quiet();
    expect(runs(pull.head, 'planwright/plan')).toBe(plans + 1);
  });

  describe('of a merge', () => {
    let merged: string;
    const apply = () =>
      newest(merged, 'planwright/deploy').actions.find(({ label }) => label === 'Apply')?.identifier ?? 'none';

    beforeAll(async () => {
      merged = await deploy.bypass({ number: pull.number, sha: pull.head }, 'olga');
      await deploy.ended(merged, 'planwright/deploy', 'action_required');
      await deploy.openIssue('web@staging');
    });

    it('are Re-plan and Apply while a person is needed', () => {
      expect(newest(merged, 'planwright/deploy').actions.map(({ label }) => label)).toEqual(['Re-plan', 'Apply']);
    });

    it.each([
      ['alice', 'is the author of a commit in it'],
      ['carol', undefined],
      ['mallory', undefined],
    ])('Apply by %s approves nothing', async (by, why) => {
      const comments = story.github.comments(repo, pull.number).length;
      click(by, 'planwright/deploy', apply(), merged);
      await story.quiet();
      expect(deploy.data('staging', 'web')).toBeUndefined();
      const added = story.github.comments(repo, pull.number).slice(comments);
      if (why === undefined) return expect(added).toEqual([]);
      expect(added).toMatchObject([{ body: expect.stringContaining(why) }]);
      expect(added[0]?.body).toContain('*Apply* on `planwright/deploy`, pressed by alice');
    });

    it('Apply of a run that showed another plan approves nothing, and says so', async () => {
      const old = { id: newest(merged, 'planwright/deploy').id, identifier: apply() };
      await deploy.byHand('staging', {
        method: 'POST',
        path: '/api/v1/namespaces/default/configmaps',
        type: 'application/json',
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { other: 'by hand' } },
      });
      click('bob', 'planwright/deploy', 'plan', merged);
      await deploy.eventually('another plan', () =>
        apply() !== old.identifier && apply() !== 'none' ? true : undefined,
      );
      const comments = story.github.comments(repo, pull.number).length;
      story.github.clickCheckAction({ repo, checkRunId: old.id, identifier: old.identifier, by: 'bob' });
      await story.quiet();
      expect(deploy.data('staging', 'web')).toEqual({ other: 'by hand' });
      const added = story.github.comments(repo, pull.number).slice(comments);
      expect(added).toMatchObject([{ body: expect.stringContaining('is not the one that was shown') }]);
    });

    it('Apply by somebody who may approve deploys exactly what is held', async () => {
      click('bob', 'planwright/deploy', apply(), merged);
      await deploy.ended(merged, 'planwright/deploy', 'success');
      expect(deploy.data('staging', 'web')).toMatchObject({ level: 'loud' });
      await deploy.closedIssue('web@staging');
      expect(newest(merged, 'planwright/deploy').actions).toEqual([]);
    });
  });
});
