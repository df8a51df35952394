import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory } from './pull-request-story.ts';

const inShop = (level: string) => configMap('web', { level }).replace('name: web', 'name: web\n  namespace: shop');

describe('a repository without configuration', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['only'],
        files: { 'apps/web/settings.yaml': inShop('quiet'), 'README.md': 'words\n' },
      }),
    );
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  it("is planned against the server's only cluster, with an open gate and advice, and is never deployed", async () => {
    const cluster = story.stage.clusters.get('only');
    const prepared = cluster?.audit.length ?? 0;
    const pull = await story.open({ title: 'Louder', files: { 'apps/web/settings.yaml': inShop('loud') } });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'success']);
    expect(plan.output.summary).toMatch(/planwright\.yml.*never deployed/s);
    expect(await story.commented(pull, 'apps-web@only')).toContain('+   level: loud');
    expect(cluster?.audit.slice(prepared).some(({ dryRun }) => dryRun)).toBe(true);

    const merged = await story.github.merge({ repo, number: pull.number, by: 'alice' });
    const deploy = await story.stage.eventually('planwright/deploy', () => {
      const run = story.check(merged, 'planwright/deploy');
      return run?.status === 'completed' ? run : undefined;
    });
    expect(deploy.conclusion).toBe('neutral');
    expect(deploy.output.summary).toContain('there is no .github/planwright.yml');
    await story.quiet();
    expect(
      cluster?.audit.slice(prepared).filter(({ verb, dryRun }) => !['get', 'list', 'watch'].includes(verb) && !dryRun),
    ).toEqual([]);
    expect(story.github.deployments(repo)).toEqual([]);
  });

  it('fails the plan of a broken manifest on its line', async () => {
    const pull = await story.open({
      title: 'Break',
      files: { 'apps/web/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a\n' },
    });
    const { plan } = await story.checked(pull);
    expect(plan.conclusion).toBe('failure');
    expect(plan.output.annotations).toMatchObject([{ path: 'apps/web/settings.yaml' }]);
  });

  it('says "No infrastructure changes" where none is touched, without a comment', async () => {
    const pull = await story.open({ title: 'Words', files: { 'README.md': 'more words\n' } });
    const { plan, gate } = await story.checked(pull);
    expect([plan.output.title, gate.output.title]).toEqual(['No infrastructure changes', 'No infrastructure changes']);
    expect(story.planComments(pull)).toEqual([]);
  });

  it('needs role:maintain for the pull request that adds the configuration', async () => {
    const pull = await story.open({
      title: 'Configure',
      files: {
        '.github/planwright.yml':
          'version: 1\nenvironments:\n  staging:\n    cluster: only\nstacks:\n  - path: apps/{stack}\n',
      },
    });
    const { gate } = await story.checked(pull);
    expect(gate.conclusion).not.toBe('success');
    expect(gate.output.summary).toContain('role:maintain');
  });
});
