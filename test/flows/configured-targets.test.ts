import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';

const path = '.github/planwright.yml';
const configuration = (stacks: string) => `version: 1
environments:
  lab:
    cluster: staging
    approvals: 0
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
${stacks}`;
const more = (directory: string) => `  - path: ${directory}/{stack}/{environment}\n    namespace: default\n`;

describe('a target that only the configuration added', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory({
      files: {
        [path]: configuration(''),
        'extra/tools/lab/cm.yaml': configMap('tools', { level: 'high' }),
      },
    });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const land = async (title: string, files: Readonly<Record<string, string>>) => {
    const proposal = await story.propose(title, files);
    await story.checked(proposal);
    await story.approve(proposal, 'mona');
    return { ...proposal, merged: await story.merge(proposal) };
  };

  it('starts held although nobody is asked in its environment, and is applied once somebody has read its plan', async () => {
    const writes = story.watchWrites('staging');
    const { merged } = await land('Take the tools in', { [path]: configuration(more('extra')) });
    const check = await story.ended(merged, 'planwright/deploy', 'action_required');
    expect(check.output.title).toContain('tools@lab');
    const issue = await story.openIssue('tools@lab', 'nobody saw its plan before');
    expect(writes()).toEqual([]);
    expect(story.data('staging', 'tools')).toBeUndefined();
    expect(await story.say({ number: issue.number, author: 'bob', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'tools')).toEqual({ level: 'high' });
    await story.closedIssue('tools@lab');
  });

  it('starts held, too, where the same pull request brings its files', async () => {
    const { merged } = await land('Take more in', {
      [path]: configuration(more('extra') + more('other')),
      'other/new/lab/cm.yaml': configMap('new', { level: 'high' }),
      'apps/plain/lab/cm.yaml': configMap('plain', { level: 'high' }),
    });
    await story.openIssue('new@lab', 'nobody saw its plan before');
    // What the base's configuration names was shown, and goes its way.
    await story.eventually('the plain one', () => story.data('staging', 'plain'));
    expect(story.data('staging', 'new')).toBeUndefined();
    expect((await story.ended(merged, 'planwright/deploy', 'action_required')).output.title).toContain('new@lab');
  });
});
