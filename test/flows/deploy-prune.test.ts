import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseTargetName, repositoryId } from '../../src/domain/identity.ts';
import { applySetOf, applySetParent, partOfLabel } from '../../src/domain/plan/applyset.ts';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory, workload } from './deploy-story.ts';
import { PullRequestStory } from './pull-request-story.ts';

const path = '/api/v1/namespaces/default/configmaps';

describe('what is no longer rendered', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory({ readyDelayMs: 400 });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const files = (stack: string, names: readonly string[]) =>
    Object.fromEntries(
      names.map((name) => [`apps/${stack}/lab/${name}.yaml`, configMap(`${stack}-${name}`, { of: stack })]),
    );
  const without = (stack: string, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [`apps/${stack}/lab/${name}.yaml`, null]));
  const names = (stack: string) =>
    story
      .cluster('staging')
      .objects()
      .filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(`${stack}-`))
      .map(({ metadata }) => metadata.name.slice(stack.length + 1));
  const parents = () =>
    story
      .cluster('staging')
      .objects()
      .filter(({ metadata }) => JSON.stringify(metadata.labels ?? {}).includes('applyset.kubernetes.io/id'));

  it('is deleted last, when all else is healthy, and only where it is a member that nobody keeps', async () => {
    const kept = ['a', 'b', 'c', 'd'];
    await story.deployUnasked('Start', {
      ...files('pruned', [...kept, 'goes', 'disabled', 'controlled']),
      'apps/pruned/lab/web.yaml': workload('pruned', 'registry.test/web:1'),
    });
    await story.byHand('staging', {
      method: 'POST',
      path,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'pruned-outsider' } },
      type: 'application/json',
    });
    await story.byHand('staging', {
      method: 'PATCH',
      path: `${path}/pruned-disabled`,
      body: { metadata: { annotations: { 'planwright.dev/prune': 'disabled' } } },
    });
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'pruned-outsider',
      uid: story.metadata('staging', 'ConfigMap', 'pruned-outsider')?.uid,
      controller: true,
    };
    await story.byHand('staging', {
      method: 'PATCH',
      path: `${path}/pruned-controlled`,
      body: { metadata: { ownerReferences: [owner] } },
    });

    const writes = story.watchWrites('staging');
    const proposal = await story.propose('Fewer', {
      ...without('pruned', ['goes', 'disabled', 'controlled']),
      'apps/pruned/lab/web.yaml': workload('pruned', 'registry.test/web:2'),
    });
    await story.ended(proposal.sha, 'planwright/gate', 'success');
    expect(story.comment(proposal)).toContain('a controller owns it');
    const merged = await story.merge(proposal);
    await story.eventually('the new image is written', () =>
      story.image('staging', 'pruned') === 'registry.test/web:2' ? true : undefined,
    );
    // It is not healthy yet.
    expect(names('pruned')).toContain('goes');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(names('pruned')).toEqual(['a', 'b', 'c', 'controlled', 'd', 'disabled', 'outsider']);
    const deletes = writes().filter(({ verb }) => verb === 'delete');
    expect(deletes).toHaveLength(1);
    expect(writes().findIndex(({ verb }) => verb === 'delete')).toBeGreaterThan(
      writes().findLastIndex(({ requestURI }) => requestURI.includes('/deployments/')),
    );
  });

  it('is not deleted where somebody made a new object of that name meanwhile', async () => {
    await story.deployUnasked('Start', {
      ...files('remade', ['a', 'b', 'goes']),
      'apps/remade/lab/web.yaml': workload('remade', 'registry.test/web:1'),
    });
    const { merged } = await story.landUnasked('Fewer', {
      ...without('remade', ['goes']),
      'apps/remade/lab/web.yaml': workload('remade', 'registry.test/web:2'),
    });
    await story.eventually('the new image is written', () =>
      story.image('staging', 'remade') === 'registry.test/web:2' ? true : undefined,
    );
    await story.byHand('staging', { method: 'DELETE', path: `${path}/remade-goes` });
    await story.byHand('staging', {
      method: 'POST',
      path,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'remade-goes' }, data: { of: 'somebody' } },
      type: 'application/json',
    });
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'remade-goes')).toEqual({ of: 'somebody' });
  });

  it('needs a maintainer when nothing of the target is left; then all of it goes, the record of it too', async () => {
    const before = parents().length;
    await story.deployUnasked('Start', { ...files('gone', ['a', 'b']), ...files('stays', ['a', 'b']) });
    expect(parents()).toHaveLength(before + 2);
    const proposal = await story.propose('Gone', { ...without('gone', ['a', 'b']), ...files('stays', ['c']) });
    const { gate } = await story.checked(proposal);
    expect(gate.conclusion).toBe('action_required');
    expect(gate.output.summary).toContain('large removal from `gone@lab`');
    const { github } = story.stage;
    github.clock.advance(2_000);
    await github.review({ repo, number: proposal.number, reviewer: 'bob', state: 'APPROVED' });
    await story.eventually('the gate tells that bob is no maintainer', () =>
      github
        .checkRuns(repo, proposal.sha, 'latest')
        .find(({ name, output }) => name === 'planwright/gate' && output.summary?.includes('bob has write')),
    );
    await github.review({ repo, number: proposal.number, reviewer: 'mona', state: 'APPROVED' });
    await story.ended(proposal.sha, 'planwright/gate', 'success');
    const merged = await story.merge(proposal);
    await story.ended(merged, 'planwright/deploy', 'success');
    expect([names('gone'), names('stays')]).toEqual([[], ['a', 'b', 'c']]);
    expect(parents()).toHaveLength(before + 1);

    // The name is free for a new beginning.
    await story.deployUnasked('Again', files('gone', ['new']));
    expect(names('gone')).toEqual(['new']);
  });

  it('stays where a render came out empty and only writers approved that, at the gate, at the merge and on the hold', async () => {
    const file = (name: string) => `apps/emptied/staging/${name}.yaml`;
    await story.deploy(
      await story.propose('Start', {
        [file('a')]: configMap('emptied-a', { of: 'emptied' }),
        [file('b')]: configMap('emptied-b', { of: 'emptied' }),
      }),
    );
    const proposal = await story.propose('Nothing in it', { [file('a')]: '# Nothing.\n', [file('b')]: '# Nothing.\n' });
    await story.checked(proposal);
    const { github } = story.stage;
    github.clock.advance(2_000);
    await github.review({ repo, number: proposal.number, reviewer: 'bob', state: 'APPROVED' });
    const gate = await story.eventually('the gate knows that bob is no maintainer', () =>
      github
        .checkRuns(repo, proposal.sha, 'latest')
        .find(({ name, output }) => name === 'planwright/gate' && output.summary?.includes('bob has write')),
    );
    expect(gate.conclusion).toBe('action_required');
    expect(gate.output.summary).toMatch(/the render is empty: it deletes 2 of 2 objects.*role:maintain/);

    const merged = await story.bypass(proposal);
    await story.ended(merged, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('emptied@staging', 'it deletes 2 of 2 objects: no maintainer approved that');
    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await new PullRequestStory(story.stage).quiet();
    expect(names('emptied')).toEqual(['a', 'b']);
    expect(await story.say({ number: issue.number, author: 'mona', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(names('emptied')).toEqual([]);
  });

  it('stays when the target is adopted, although an earlier database knew it as a member', async () => {
    const { github } = story.stage;
    const answer = await fetch(`${github.url}/api/v3/repos/${repo}`, {
      headers: { authorization: 'token user:alice' },
    });
    const { id } = (await answer.json()) as { readonly id: number };
    const owner = { host: github.host, repository: repositoryId(id), target: parseTargetName('adopted@lab') };
    const set = applySetOf(owner, 'default');
    const make = (body: unknown) => story.byHand('staging', { method: 'POST', path, body, type: 'application/json' });
    await make(applySetParent(set, owner, { groupKinds: ['ConfigMap'], namespaces: ['default'] }));
    for (const name of ['adopted-a', 'adopted-member'])
      await make({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { [partOfLabel]: set.id } } });
    const uid = story.metadata('staging', 'ConfigMap', 'adopted-a')?.uid;

    const writes = story.watchWrites('staging');
    const landed = await story.deployUnasked('Adopt', files('adopted', ['a', 'b']));
    expect(story.comment(landed)).toContain('an adoption deletes nothing');
    expect(names('adopted')).toEqual(['a', 'b', 'member']);
    expect(story.metadata('staging', 'ConfigMap', 'adopted-a')?.uid).toBe(uid);
    expect(writes().filter(({ verb }) => verb === 'delete')).toEqual([]);
  });
});
