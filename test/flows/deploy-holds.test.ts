import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';

const path = '/api/v1/namespaces/default/configmaps';

describe('a deployment whose plan is not covered', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory();
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const edit = (name: string, data: Readonly<Record<string, string>>) =>
    story.byHand('staging', { method: 'PATCH', path: `${path}/${name}`, body: { data } });

  it('is pending in the plans of open pull requests until it went through', async () => {
    const file = (name: string, level: string) => ({
      [`apps/later/staging/${name}.yaml`]: configMap(`later-${name}`, { level }),
    });
    await story.deploy(await story.propose('One', file('one', 'low')));
    const open = await story.propose('Open', file('two', 'low'));
    await story.checked(open);
    const held = await story.propose('Held', file('one', 'high'));
    await story.checked(held);
    const merged = await story.bypass(held);
    await story.ended(merged, 'planwright/deploy', 'action_required');
    await story.commented(open, `pending #${held.number}`);
    expect(await story.say({ number: held.number, author: 'bob', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    const comment = await story.eventually('a plan with nothing pending', () =>
      story.stage.github
        .comments(repo, open.number)
        .find(({ body }) => body.includes('<!-- planwright:plan -->') && !body.includes('pending #')),
    );
    expect(comment.body).toContain('Create 1 in');
  });

  it('is held when a field was changed between approval and merge, until somebody who may approves exactly that plan', async () => {
    const files = (value: string) => ({ 'apps/moved/staging/cm.yaml': configMap('moved', { key: value }) });
    await story.deploy(await story.propose('One', files('one')));
    const proposal = await story.propose('Two', files('two'));
    await story.checked(proposal);
    await story.approve(proposal);
    await edit('moved', { key: 'by hand' });
    const writes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    const check = await story.ended(merged, 'planwright/deploy', 'action_required');
    expect(check.output.title).toBe('Held, a person is asked: moved@staging');
    const issue = await story.openIssue('moved@staging', '"by hand" → "two"');
    expect(issue.title).toBe('moved@staging: deployment held');
    expect(issue.body).toMatch(/^<!--.*-->\n@alice, @bob: /);
    await story.deployed(merged, { staging: 'pending' });
    expect(story.deployments(merged).get('staging')?.statuses.at(-1)?.description).toMatch(/^held: /);
    await story.commented(proposal, `#${issue.number}`);
    expect(writes()).toEqual([]);

    const answers = (text: string) =>
      story.stage.github
        .issues(repo)
        .find(({ number }) => number === issue.number)
        ?.comments.filter(({ body }) => body.includes(text)).length;
    expect(await story.say({ number: issue.number, author: 'carol', body: '/apply' })).toBe('confused');
    expect(answers('you have read access')).toBe(1);
    expect(await story.say({ number: issue.number, author: 'alice', body: '/apply' })).toBe('confused');
    expect(answers('does not count: alice opened this pull request')).toBe(1);
    expect(writes()).toEqual([]);

    // What bob approves is what the issue shows; by then the cluster is somewhere else again.
    await edit('moved', { key: 'by hand again' });
    const edits = writes().length;
    expect(await story.say({ number: issue.number, author: 'bob', body: '/apply' })).toBe('rocket');
    await story.openIssue('moved@staging', '"by hand again" → "two"');
    expect(writes()).toHaveLength(edits);
    expect(story.data('staging', 'moved')).toEqual({ key: 'by hand again' });

    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'moved')).toEqual({ key: 'two' });
    await story.closedIssue('moved@staging');
    await story.deployed(merged, { staging: 'success' });
  });

  it('is held when it was merged past the gate, and runs once an eligible person says /apply', async () => {
    const canary = 'canary-5d1c-secret';
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bypassed' },
      stringData: { password: canary },
    };
    const proposal = await story.propose('Past the gate', {
      'apps/bypassed/staging/cm.yaml': configMap('bypassed', { key: 'one', api_token: canary }),
      'apps/bypassed/staging/secret.yaml': JSON.stringify(secret),
    });
    await story.checked(proposal);
    const writes = story.watchWrites('staging');
    const merged = await story.bypass(proposal);
    await story.ended(merged, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('bypassed@staging', 'which nobody approved');
    expect(issue.body).toMatch(/^<!--.*-->\n@alice, @olga: /);
    expect(writes()).toEqual([]);

    // Anything that happens on the pull request lets Planwright look again; it must not go on by itself.
    await story.stage.github.review({ repo, number: proposal.number, reviewer: 'bob', state: 'APPROVED' });
    expect(await story.say({ number: proposal.number, author: 'alice', body: '/apply' })).toBe('confused');
    expect(writes()).toEqual([]);
    expect(await story.say({ number: proposal.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'bypassed')).toEqual({ key: 'one', api_token: canary });
    await story.closedIssue('bypassed@staging');

    const { github, logged } = story.stage;
    const checks = [proposal.sha, merged].map((sha) => github.checkRuns(repo, sha, 'all'));
    const said = [
      github.issues(repo),
      github.comments(repo, proposal.number),
      github.deployments(repo),
      checks,
      logged,
    ];
    expect(JSON.stringify(said)).toContain('bypassed');
    expect(JSON.stringify(said)).not.toContain(canary);
    expect(JSON.stringify(said)).not.toContain(Buffer.from(canary).toString('base64'));
  });

  it('is what /apply in the issue is about, also while a newer merge of the target waits for its wave', async () => {
    const production = (key: string) => ({ 'apps/older/production/cm.yaml': configMap('older', { key }) });
    const proposal = await story.propose('Past the gate', production('one'));
    await story.checked(proposal);
    const held = await story.bypass(proposal);
    await story.ended(held, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('older@production', 'which nobody approved');

    const refusal = { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'not today', code: 403 };
    story
      .cluster('staging')
      .faults.failNext({ method: 'PATCH', path: /\/older\?(?!.*dryRun)/, status: 403, body: refusal });
    const newer = await story.land('Two', {
      ...production('two'),
      'apps/older/staging/cm.yaml': configMap('older', { key: 'two' }),
    });
    await story.ended(newer.merged, 'planwright/deploy', 'failure');
    await story.deployed(newer.merged, { staging: 'failure', production: 'queued' });
    expect(story.data('production', 'older')).toBeUndefined();

    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.ended(held, 'planwright/deploy', 'success');
    expect(story.data('production', 'older')).toEqual({ key: 'one' });
  });

  it('takes drift back that was shown and approved, although another manager owns the field now', async () => {
    const files = (fields: Readonly<Record<string, string>>) => ({
      'apps/drifted/staging/cm.yaml': configMap('drifted', fields),
    });
    await story.deploy(await story.propose('One', files({ kept: 'ours', other: 'one' })));
    await edit('drifted', { kept: 'theirs' });
    const proposal = await story.propose('Two', files({ kept: 'ours', other: 'two' }));
    expect((await story.checked(proposal)).plan.conclusion).toBe('success');
    expect(story.comment(proposal)).toMatch(/drift/);
    await story.deploy(proposal);
    expect(story.data('staging', 'drifted')).toEqual({ kept: 'ours', other: 'two' });
    expect(story.issues('drifted@staging')).toEqual([]);
  });

  it('fails the plan where another manager owns a field that was never ours', async () => {
    await story.deploy(
      await story.propose('One', { 'apps/foreign/staging/cm.yaml': configMap('foreign', { ours: 'one' }) }),
    );
    const apply = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'foreign' },
      data: { theirs: 'set by helm' },
    };
    await story.byHand('staging', {
      method: 'PATCH',
      path: `${path}/foreign`,
      body: apply,
      type: 'application/apply-patch+yaml',
      manager: 'helm',
    });
    const proposal = await story.propose('Two', {
      'apps/foreign/staging/cm.yaml': configMap('foreign', { ours: 'two', theirs: 'mine' }),
    });
    const { plan, gate } = await story.checked(proposal);
    expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    expect(JSON.stringify(plan.output)).toContain('helm');

    // Merged all the same, it stays held, and no approval of it is possible.
    const writes = story.watchWrites('staging');
    const merged = await story.bypass(proposal);
    await story.ended(merged, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('foreign@staging', 'helm');
    await story.say({ number: issue.number, author: 'dave', body: '/apply' });
    await story.openIssue('foreign@staging', 'helm');
    expect(story.data('staging', 'foreign')).toEqual({ ours: 'one', theirs: 'set by helm' });
    expect(writes()).toEqual([]);
  });
});
