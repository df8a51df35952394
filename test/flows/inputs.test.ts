import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setStage } from '../e2e/stage.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory, textOf } from './pull-request-story.ts';

describe('what a renderer reads elsewhere', () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['staging'],
        files: {
          '.github/planwright.yml':
            'version: 1\nenvironments: { staging: }\nstacks: [{ path: "apps/{stack}/{environment}", namespace: shop }]\n',
          'README.md': 'words\n',
          'lib/base/kustomization.yaml': 'resources: [settings.yaml]\n',
          'lib/base/settings.yaml': configMap('web', { level: 'low' }),
          'apps/web/staging/kustomization.yaml': 'resources: [../../../lib/base]\n',
          'apps/plain/staging/settings.yaml': configMap('plain', { level: 'low' }),
        },
      }),
    );
  });
  afterAll(() => story.stage.close());
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.closeAll();
  });

  it('affects the target, and only the one that reads it', async () => {
    const pull = await story.open({
      title: 'Deep below',
      files: { 'lib/base/settings.yaml': configMap('web', { level: 'high' }) },
    });
    const said = textOf((await story.checked(pull)).plan);
    expect(said).toContain('web@staging');
    expect(said).not.toContain('plain@staging');
  });

  it('does not, where nobody reads it', async () => {
    const pull = await story.open({ title: 'Words', files: { 'lib/base/README.md': 'words\n' } });
    const { plan } = await story.checked(pull);
    expect(plan.output.title).toBe('No infrastructure changes');
  });

  it('counts as changed where it lies elsewhere, with a warning on its line', async () => {
    const pull = await story.open({
      title: 'From elsewhere',
      files: { 'apps/web/staging/kustomization.yaml': 'resources:\n- ../../../lib/base\n- https://example.com/base\n' },
    });
    const { plan } = await story.checked(pull);
    expect(plan.output.annotations).toContainEqual(
      expect.objectContaining({
        path: 'apps/web/staging/kustomization.yaml',
        startLine: 3,
        level: 'warning',
        message: expect.stringContaining('is never fetched'),
      }),
    );
  });
});
