import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';
import { PullRequestStory } from './pull-request-story.ts';

const busy = { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', message: 'a moment', code: 429 };

describe('a deployment that meets faults', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const files = (stack: string, names: readonly string[]) =>
    Object.fromEntries(
      names.map((name) => [`apps/${stack}/lab/${name}.yaml`, configMap(`${stack}-${name}`, { of: stack })]),
    );
  const written = (writes: ReturnType<DeployStory['watchWrites']>, name: string) =>
    writes().filter(({ requestURI, code }) => requestURI.includes(`/${name}?`) && code < 300).length;

  it('ends by itself, each object written once, when the cluster goes away half way and comes back', async () => {
    const { faults } = story.cluster('staging');
    faults.failNext({
      method: 'PATCH',
      path: /\/away-b\?(?!.*dryRun)/,
      status: 429,
      body: busy,
      headers: { 'Retry-After': '1' },
    });
    const writes = story.watchWrites('staging');
    const { merged, number } = await story.landUnasked('Half way', files('away', ['a', 'b', 'c']));
    await story.eventually('half of the writes', () =>
      writes().some(({ requestURI, code }) => requestURI.includes('/away-b?') && code === 429) ? true : undefined,
    );
    await faults.goOffline();
    await story.eventually('the deployment waits', () =>
      story.stage.logged.find((line) => line.includes('away@lab') && line.includes('tried again')),
    );
    await faults.comeBack();
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(['a', 'b', 'c'].map((name) => written(writes, `away-${name}`))).toEqual([1, 1, 1]);
    expect(
      story
        .deployments(merged)
        .get('lab')
        ?.statuses.filter(({ state }) => state === 'success'),
    ).toHaveLength(1);
    expect(story.issues('away@lab')).toEqual([]);
    await story.commented({ number }, 'deployed');
  });

  it('still deletes what is to go when the cluster goes away after everything else was written', async () => {
    const { faults } = story.cluster('staging');
    const fileOf = (value: string) => ({ 'apps/late/staging/a.yaml': configMap('late-a', { value }) });
    const [keep, goes] = ['apps/late/staging/keep.yaml', 'apps/late/staging/goes.yaml'];
    await story.deploy(
      await story.propose('One', {
        ...fileOf('1'),
        [keep]: configMap('late-keep', {}),
        [goes]: configMap('late-goes', { value: '1' }),
      }),
    );
    faults.failNext({
      method: 'DELETE',
      path: /\/late-goes/,
      status: 429,
      body: busy,
      headers: { 'Retry-After': '1' },
    });
    const proposal = await story.propose('Two', { ...fileOf('2'), [goes]: null });
    await story.checked(proposal);
    await story.approve(proposal);
    const deletes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    await story.eventually('the deletion is refused', () =>
      deletes().some(({ verb }) => verb === 'delete') ? true : undefined,
    );
    await faults.goOffline();
    await story.eventually('the deployment waits', () =>
      story.stage.logged.find((line) => line.includes('late@staging') && line.includes('tried again')),
    );
    await faults.comeBack();
    await story.ended(merged, 'planwright/deploy', 'success');
    expect([story.data('staging', 'late-a'), story.data('staging', 'late-goes')]).toEqual([{ value: '2' }, undefined]);
    expect(story.issues('late@staging')).toEqual([]);
  });

  it.each([
    ['the answers are lost', true],
    ['GitHub fails', false],
  ])('is told once on GitHub when %s', async (_, afterEffect) => {
    const stack = afterEffect ? 'lost' : 'failing';
    const { github } = story.stage;
    const proposal = await story.propose('Faulty', {
      ...files(stack, ['a']),
      [`apps/${stack}/staging/a.yaml`]: configMap(`${stack}-held`, {}),
    });
    await story.checked(proposal);
    for (const path of [/\/deployments$/, /\/statuses$/, /\/check-runs$/, /\/issues$/, /\/issues\/\d+\/comments$/])
      github.failNext({ method: 'POST', path, status: 502, afterEffect });
    for (const path of [/\/check-runs\/\d+$/, /\/issues\/comments\/\d+$/, /\/issues\/\d+$/])
      github.failNext({ method: 'PATCH', path, status: 502, afterEffect });
    const merged = await story.bypass(proposal);
    const check = await story.ended(merged, 'planwright/deploy', 'action_required');
    expect(check.output.summary).toContain(`${stack}@lab`);
    const issue = await story.openIssue(`${stack}@staging`, 'which nobody approved');
    await story.deployed(merged, { lab: 'success', staging: 'pending' });
    // Until it is known which issue it is, a comment there is one of a time at which nothing was shown.
    await new PullRequestStory(story.stage).quiet(3_000);
    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    await story.closedIssue(`${stack}@staging`);
    await story.deployed(merged, { lab: 'success', staging: 'success' });
    expect(github.checkRuns(repo, merged, 'all').filter(({ status }) => status !== 'completed')).toEqual([]);
    expect(github.comments(repo, proposal.number)).toHaveLength(1);
    expect(
      github
        .issues(repo)
        .find(({ number }) => number === issue.number)
        ?.comments.map(({ author }) => author),
    ).toEqual(['dave']);
  });
});
