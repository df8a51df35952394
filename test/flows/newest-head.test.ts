import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;

describe("a pull request's newest head", () => {
  let story: PullRequestStory;
  let cluster: SandboxCluster;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['staging'],
        files: { '.github/planwright.yml': configuration, 'README.md': 'words\n' },
      }),
    );
    const staging = story.stage.clusters.get('staging');
    if (staging === undefined) throw new Error('no cluster');
    cluster = staging;
    await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.closeAll();
  });

  const change = (stack: string, level: string) => ({
    [`apps/${stack}/staging/settings.yaml`]: configMap(stack, { level }),
  });
  const runsOf = (sha: string) => story.github.checkRuns(repo, sha, 'all');

  /** The cluster lets the next dry-runs wait, so that something can happen while a plan is made. */
  const slowly = () =>
    cluster.faults.failNext({ method: 'PATCH', path: /dryRun=All/, status: 429, headers: { 'retry-after': '2' } });

  const planning = ({ head }: Pull) =>
    story.stage.eventually('planning', () =>
      story.check(head, 'planwright/plan')?.status === 'in_progress' ? true : undefined,
    );

  const ended = (sha: string) =>
    story.stage.eventually(`an end of everything on ${sha}`, () =>
      runsOf(sha).every(({ status }) => status === 'completed')
        ? runsOf(sha).map(({ name, conclusion }) => `${name} ${conclusion}`)
        : undefined,
    );

  it('is what is planned when pushes follow one another at once, and no check of any head stays in progress', async () => {
    const pull = await story.open({ title: 'Fast', files: change('fast', 'first') });
    const first = pull.head;
    await story.push(pull, change('fast', 'second'));
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    expect(await story.commented(pull, pull.head.slice(0, 12))).toContain('+   level: second');
    await ended(first);
    expect(story.planComments(pull)).toHaveLength(1);
  });

  it('replaces one that is being planned, whose checks are cancelled', async () => {
    slowly();
    const pull = await story.open({ title: 'During', files: change('during', 'first') });
    await planning(pull);
    const first = pull.head;
    await story.push(pull, change('during', 'second'));
    await story.gate(pull, { conclusion: 'action_required' });
    expect(await story.commented(pull, pull.head.slice(0, 12))).toContain('+   level: second');
    expect(await ended(first)).toEqual(['planwright/plan cancelled', 'planwright/gate cancelled']);
  });

  it('of a pull request that is closed while it is planned gets both checks cancelled, and is planned when it is reopened', async () => {
    slowly();
    const pull = await story.open({ title: 'Close', files: change('close', 'first') });
    await planning(pull);
    await story.github.closePullRequest({ repo, number: pull.number, by: 'alice' });
    expect(await ended(pull.head)).toEqual(['planwright/plan cancelled', 'planwright/gate cancelled']);
    expect(story.planComments(pull)).toEqual([]);
    await story.github.reopenPullRequest({ repo, number: pull.number, by: 'alice' });
    await story.plan(pull, { conclusion: 'success' });
    await story.gate(pull, { conclusion: 'action_required' });
  });

  it('of a draft is planned, too', async () => {
    const pull = await story.open({ title: 'Draft', files: change('draft', 'first'), draft: true });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
  });

  it('is told in one comment, which is edited in place and stays when nothing is left to plan', async () => {
    const pull = await story.open({ title: 'Comment', files: change('comment', 'first') });
    await story.commented(pull, '+   level: first');
    const [{ id } = { id: 0 }] = story.planComments(pull);
    await story.push(pull, change('comment', 'second'));
    await story.commented(pull, '+   level: second');
    await story.push(pull, { 'apps/comment/staging/settings.yaml': null, 'README.md': 'other words\n' });
    await story.commented(pull, 'No infrastructure changes');
    const { gate } = await story.checked(pull);
    expect(gate.conclusion).toBe('success');
    expect(story.planComments(pull).map((comment) => comment.id)).toEqual([id]);
  });

  it('gets a new comment at the next plan when somebody deleted it', async () => {
    const pull = await story.open({ title: 'Deleted', files: change('deleted', 'first') });
    await story.checked(pull);
    const [{ id } = { id: 0 }] = story.planComments(pull);
    story.github.deleteComment({ repo, commentId: id, by: 'alice' });
    expect(await story.say(pull, 'alice', '/plan')).toMatchObject({ reaction: 'rocket' });
    expect(await story.commented(pull, '+   level: first')).toContain('deleted@staging');
    expect(story.planComments(pull)).toHaveLength(1);
  });

  it('is planned again by the button, by a re-run of a check and by a re-run of all checks', async () => {
    const pull = await story.open({ title: 'Again', files: change('again', 'first') });
    const checked = await story.checked(pull);
    expect(checked.plan.actions.map(({ identifier }) => identifier)).toEqual(['plan']);
    let last = checked.plan.id;
    const replanned = async () => {
      const run = await story.stage.eventually('a new plan', () => {
        const now = story.check(pull.head, 'planwright/plan');
        return now !== undefined && now.id !== last && now.status === 'completed' ? now : undefined;
      });
      await story.checked(pull);
      last = run.id;
      return run.conclusion;
    };
    story.github.clickCheckAction({ repo, checkRunId: last, by: 'bob', identifier: 'plan' });
    expect(await replanned()).toBe('success');
    story.github.rerequestCheckRun({ repo, checkRunId: last, by: 'bob' });
    expect(await replanned()).toBe('success');
    await story.github.rerequestCheckSuite({ repo, sha: pull.head, by: 'bob' });
    expect(await replanned()).toBe('success');
    expect(story.planComments(pull)).toHaveLength(1);
  });
});
