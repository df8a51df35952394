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

describe('a target whose environment goes to another cluster', () => {
  let story: DeployStory;
  const on = (cluster: string) => configuration('').replace('cluster: staging', `cluster: ${cluster}`);
  beforeAll(async () => {
    story = await startStory({ files: { [path]: on('staging') } });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const files = (level: string) => ({ 'apps/mover/lab/cm.yaml': configMap('mover', { level }) });

  it('starts held, and goes there only once a maintainer has approved that the old cluster is left alone', async () => {
    await story.deployUnasked('Begin on staging', files('low'));
    const move = await story.propose('Move lab to production', { [path]: on('production') });
    await story.checked(move);
    await story.approve(move, 'mona');
    const merged = await story.merge(move);
    const check = await story.ended(merged, 'planwright/deploy', 'action_required');
    expect(check.output.title).toContain('mover@lab');
    const issue = await story.openIssue('mover@lab', 'nobody saw its plan before');

    expect(await story.say({ number: issue.number, author: 'bob', body: '/apply' })).toBe('rocket');
    const asked = await story.openIssue('mover@lab', 'what it deployed to staging stays there');
    expect(asked.body).toContain('Who can decide: role:maintain.');
    expect(story.data('production', 'mover')).toBeUndefined();
    expect(await story.say({ number: issue.number, author: 'mona', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('production', 'mover')).toEqual({ level: 'low' });
    expect(story.data('staging', 'mover')).toEqual({ level: 'low' });
  });

  it('asks for a maintainer on the pull request, too, and at home again for nobody', async () => {
    const back = await story.propose('Move lab back', { [path]: on('staging') });
    await story.checked(back);
    await story.approve(back, 'mona');
    await story.merge(back);
    const proposal = await story.propose('Change it while it moves', files('high'));
    const { gate } = await story.checked(proposal);
    expect(gate.conclusion).toBe('action_required');
    expect(gate.output.summary).toContain('**`mover@lab` moves off production**');
    expect(gate.output.summary).toContain('one approval by role:maintain is needed');
    await story.approve(proposal, 'mona');
    await story.ended(await story.merge(proposal), 'planwright/deploy', 'success');
    expect(story.data('staging', 'mover')).toEqual({ level: 'high' });
    await story.deployUnasked('At home again', files('higher'));
  });
});

describe('a broken configuration', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory({ files: { [path]: configuration('').replace('namespace', 'namspace') } });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  it('is mended together with a change that was shown and approved, and is deployed like any other', async () => {
    const proposal = await story.propose('Mend it', {
      [path]: configuration(''),
      'apps/mended/lab/cm.yaml': configMap('mended', { level: 'high' }),
    });
    const { gate } = await story.checked(proposal);
    expect(gate.conclusion).toBe('action_required');
    await story.approve(proposal, 'mona');
    await story.ended(await story.merge(proposal), 'planwright/deploy', 'success');
    expect(story.data('staging', 'mended')).toEqual({ level: 'high' });
  });
});
