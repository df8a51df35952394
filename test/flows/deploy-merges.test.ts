import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';

describe('every way to merge', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  it.each(['merge', 'squash', 'rebase'] as const)(
    'deploys all commits of a pull request merged by %s',
    async (method) => {
      const { github } = story.stage;
      const [first, second] = [`${method}-first`, `${method}-second`];
      const proposal = await story.propose('Two commits', {
        [`apps/${first}/lab/cm.yaml`]: configMap(first, { by: method }),
      });
      const sha = await github.push({
        repo,
        branch: github.pullRequest(repo, proposal.number).headRef,
        files: { [`apps/${second}/lab/cm.yaml`]: configMap(second, { by: method }) },
        author: 'alice',
      });
      await story.ended(sha, 'planwright/gate', 'success');
      const merged = await story.merge(proposal, method);
      const check = await story.ended(merged, 'planwright/deploy', 'success');
      expect(check.output.title).toBe('Deployed 2 targets');
      expect([story.data('staging', first), story.data('staging', second)]).toEqual([{ by: method }, { by: method }]);
      expect([...story.deployments(merged).keys()]).toEqual(['lab']);
      expect(github.comments(repo, proposal.number)).toHaveLength(1);
    },
  );

  it('leaves the deployments of other stacks in the environment active', async () => {
    const [left, right] = [
      await story.deployUnasked('Left', { 'apps/left/lab/cm.yaml': configMap('left', { key: 'one' }) }),
      await story.deployUnasked('Right', { 'apps/right/lab/cm.yaml': configMap('right', { key: 'one' }) }),
    ];
    expect([story.states(left.merged), story.states(right.merged)]).toEqual([{ lab: 'success' }, { lab: 'success' }]);
  });
});
