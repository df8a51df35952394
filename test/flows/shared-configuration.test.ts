import { afterEach, describe, expect, it } from 'vitest';
import { repo, type StageOptions, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { type Pull, PullRequestStory, textOf } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
    approvals: 1
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;

describe('what an organization asks of its repositories', () => {
  let story: PullRequestStory;
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.stage.close();
  });

  async function open(options: Pick<StageOptions, 'server'>, organizationFile?: string): Promise<Pull> {
    story = new PullRequestStory(
      await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration }, ...options }),
    );
    for (const cluster of story.stage.clusters.values()) await createNamespace(cluster, 'shop');
    if (organizationFile !== undefined)
      await story.github.createRepository('acme/.github', { files: { 'planwright.yml': organizationFile } });
    return story.open({
      title: 'High',
      files: { 'apps/web/staging/settings.yaml': configMap('web', { level: 'high' }) },
    });
  }

  const write = (text: string) =>
    story.github.push({ repo: 'acme/.github', branch: 'main', files: { 'planwright.yml': text }, author: 'olga' });

  it('is more approvals than a repository asks for, and no repository can take them back', async () => {
    const pull = await open({}, 'version: 1\nenvironments: {staging: {approvals: 2}}\n');
    await story.checked(pull);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 2 approvals' });
    await story.review(pull, 'dave');
    await story.gate(pull, { conclusion: 'success', says: '2 approvals of these effects' });
  });

  it('is a rule that no repository can take back', async () => {
    const rule =
      '  - name: no settings\n    when: {kind: ConfigMap}\n    deny: Settings come from the platform team.\n';
    const pull = await open({}, `version: 1\nrules:\n${rule}`);
    await story.checked(pull);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'failure', says: 'Settings come from the platform team.' });
  });

  it('is also what the server file says', async () => {
    const pull = await open({
      server: { shared: { environments: new Map([['staging', { approvals: 2, override: [] }]]), rules: [] } },
    });
    await story.checked(pull);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 2 approvals' });
  });

  it('is not known while the file is broken: every gate is blocked with the line, until it is mended', async () => {
    const pull = await open({}, 'version: 1\nenviroments: {}\n');
    await story.gate(pull, { conclusion: 'failure', says: 'unknown key "enviroments" — did you mean "environments"?' });
    await story.plan(pull, { conclusion: 'failure', says: 'acme/.github: planwright.yml' });

    await write('version: 1\n');
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 1 approval' });
  });

  it('is nothing where the installation sees no such repository, unless the server insists', async () => {
    const pull = await open({});
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 1 approval' });
    await story.stage.close();

    const other = await open({ server: { organizationRules: 'required' } });
    await story.gate(other, {
      conclusion: 'failure',
      says: 'the installation cannot see acme/.github: give Planwright access to that repository',
    });
  });

  it('is changed by a pull request that a maintainer of that repository approves, and that is told what is wrong', async () => {
    await open({}, 'version: 1\nenvironments: {staging: {approvals: 2}}\n');
    const { github, stage } = { github: story.github, stage: story.stage };
    const home = 'acme/.github';
    github.grant(home, 'alice', 'write');
    github.grant(home, 'mona', 'maintain');
    let head = '';
    const ends = (name: string, says: string) =>
      stage.eventually(`${name} with ${says}`, () =>
        github
          .checkRuns(home, head)
          .find((run) => run.name === name && run.status === 'completed' && textOf(run).includes(says)),
      );
    const propose = async (text: string) => {
      const files = { 'planwright.yml': text };
      head = await github.push({ repo: home, branch: 'weaker', files, author: 'alice' });
    };

    await propose('version: 1\nenvironments: {staging: {aprovals: 0}}\n');
    const number = await github.openPullRequest({ repo: home, head: 'weaker', title: 'Weaker', author: 'alice' });
    expect((await ends('planwright/plan', 'did you mean "approvals"?')).conclusion).toBe('failure');
    expect((await ends('planwright/gate', 'unknown key "aprovals"')).conclusion).toBe('failure');

    await propose('version: 1\nenvironments: {staging: {approvals: 0}}\n');
    const gate = await ends('planwright/gate', 'one approval by role:maintain is needed');
    expect(gate.conclusion).toBe('action_required');
    github.clock.advance(2_000);
    await github.review({ repo: home, number, reviewer: 'mona', state: 'APPROVED' });
    expect((await ends('planwright/gate', 'a maintainer approved that')).conclusion).toBe('success');
  });

  it('is asked for again at the merge and at the deployment', async () => {
    const pull = await open({}, 'version: 1\n');
    await story.checked(pull);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    await write('version: 1\nenvironments: {staging: {approvals: 2}}\n');
    await story.quiet();
    const merge = await story.github.merge({ repo, number: pull.number, by: 'olga' });
    await story.stage.eventually('the deployment is held', () => {
      const run = story.check(merge, 'planwright/deploy');
      return run?.conclusion === 'action_required' ? run : undefined;
    });
  });
});
