import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Proposal } from '../e2e/change-story.ts';
import { repo } from '../e2e/stage.ts';
import { configMap, configuration, type DeployStory, startStory } from './deploy-story.ts';
import { PullRequestStory, textOf } from './pull-request-story.ts';

interface Group {
  readonly headRef: string;
  readonly headSha: string;
  readonly baseSha: string;
}

let story: DeployStory;
let names = 0;

beforeAll(async () => {
  story = await startStory();
});
afterEach(() => expect(story.stage.github.violations).toEqual([]));
afterAll(() => story.stage.close());

/** A stack of its own for each story. */
function newStack(): string {
  names += 1;
  return `queued-${names}`;
}

function files(stack: string, environment: string, data: Readonly<Record<string, string>>) {
  return { [`apps/${stack}/${environment}/cm.yaml`]: configMap(stack, data) };
}

async function approved(title: string, changes: Readonly<Record<string, string | null>>): Promise<Proposal> {
  const proposal = await story.propose(title, changes);
  await story.checked(proposal);
  await story.approve(proposal);
  return proposal;
}

function queue(
  numbers: readonly number[],
  more: { readonly onto?: string; readonly method?: 'merge' | 'squash' } = {},
) {
  return story.stage.github.requestMergeGroup({ repo, numbers, ...more });
}

async function checks({ headSha }: Group) {
  return story.checked({ number: 0, sha: headSha });
}

function mergeCommit({ number }: Proposal): string {
  const sha = story.stage.github.pullRequest(repo, number).mergeCommitSha;
  if (sha === null) throw new Error(`#${number} is not merged`);
  return sha;
}

async function land({ headRef }: Group): Promise<string> {
  return story.stage.github.mergeMergeGroup({ repo, headRef, by: 'bob' });
}

async function giveUp({ headRef }: Group, reason: 'dequeued' | 'invalidated' = 'dequeued'): Promise<void> {
  await story.stage.github.destroyMergeGroup({ repo, headRef, reason });
}

/** The cluster lets the next dry-run wait, so that something can happen while a plan is made. */
function slowly(): void {
  const fault = { method: 'PATCH', path: /dryRun=All/, status: 429, headers: { 'retry-after': '2' } };
  story.cluster('staging').faults.failNext(fault);
}

function planning({ headSha }: Group) {
  return story.eventually('both checks in progress', () => {
    const runs = story.stage.github.checkRuns(repo, headSha, 'all');
    return runs.length === 2 && runs.every(({ status }) => status === 'in_progress') ? runs : undefined;
  });
}

/** Waits until nothing is sent to GitHub any more, so that what did not happen will not. */
function quiet(): Promise<void> {
  return new PullRequestStory(story.stage).quiet();
}

describe('a merge group', () => {
  it('is green when what its pull request does was approved there, and deployed once it is merged', async () => {
    const stack = newStack();
    const proposal = await approved('Queue me', files(stack, 'staging', { a: '1' }));
    const group = await queue([proposal.number]);

    const { plan, gate } = await checks(group);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'success']);
    expect(plan.output.title).toBe(`Create 1 in ${stack}@staging`);
    expect(gate.output.summary).toContain(`#${proposal.number} merged into`);
    expect(story.data('staging', stack)).toBeUndefined();

    const merged = await land(group);
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', stack)).toEqual({ a: '1' });
  });

  it.each(['merge', 'squash'] as const)(
    'of several pull requests that are brought there by %s is covered by the approvals of all, and each is deployed',
    async (method) => {
      const [left, right] = [newStack(), newStack()];
      const first = await approved('Left', files(left, 'staging', { a: '1' }));
      const second = await approved('Right', files(right, 'staging', { b: '1' }));
      const group = await queue([first.number, second.number], { method });

      const { plan, gate } = await checks(group);
      expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'success']);
      expect(gate.output.summary).toContain(`#${first.number} and #${second.number} merged into`);
      expect(gate.output.summary).toContain('bob approved');

      const merged = await land(group);
      await story.ended(merged, 'planwright/deploy', 'success');
      await story.ended(mergeCommit(first), 'planwright/deploy', 'success');
      expect([story.data('staging', left), story.data('staging', right)]).toEqual([{ a: '1' }, { b: '1' }]);
      expect([...story.issues(`${left}@staging`), ...story.issues(`${right}@staging`)]).toEqual([]);
    },
  );

  it('that is built on another is judged with what is in front of it', async () => {
    const [left, right] = [newStack(), newStack()];
    const unapproved = await story.propose('In front', files(left, 'staging', { a: '1' }));
    await story.checked(unapproved);
    const behind = await approved('Behind', files(right, 'staging', { b: '1' }));
    const front = await queue([unapproved.number]);
    const group = await queue([behind.number], { onto: front.headRef });

    expect((await checks(front)).gate.conclusion).toBe('action_required');
    const { plan, gate } = await checks(group);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    expect(gate.output.summary).toContain(`#${unapproved.number} and #${behind.number} merged into`);
    expect(textOf(gate)).toContain(`needs 1 approval of the effects shown for ${left}@staging`);
    expect(textOf(gate)).toContain(`looked at: bob approved these effects of ${right}@staging`);

    await giveUp(group, 'invalidated');
    await giveUp(front);
    const alone = await queue([behind.number]);
    expect((await checks(alone)).gate.conclusion).toBe('success');
    await giveUp(alone);
  });

  it('stays as it was judged when what is in front of it is merged', async () => {
    const [left, right] = [newStack(), newStack()];
    const first = await approved('In front', files(left, 'staging', { a: '1' }));
    const second = await approved('Behind', files(right, 'staging', { b: '1' }));
    const front = await queue([first.number]);
    const group = await queue([second.number], { onto: front.headRef });
    expect((await checks(group)).gate.conclusion).toBe('success');

    await story.ended(await land(front), 'planwright/deploy', 'success');
    expect((await checks(group)).gate.conclusion).toBe('success');
    await story.ended(await land(group), 'planwright/deploy', 'success');
    expect([story.data('staging', left), story.data('staging', right)]).toEqual([{ a: '1' }, { b: '1' }]);
  });

  it('that touches no target is green', async () => {
    const proposal = await story.propose('Words', { 'README.md': 'words\n' });
    await story.ended(proposal.sha, 'planwright/gate', 'success');
    const group = await queue([proposal.number]);

    const { plan, gate } = await checks(group);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'success']);
    expect(gate.output.title).toBe('No infrastructure changes');
    expect(gate.output.summary).toContain(`#${proposal.number}`);
    await giveUp(group);
  });

  it('is in progress until it is known what it does, and then says it in the same runs', async () => {
    const stack = newStack();
    const proposal = await approved('Watch me', files(stack, 'staging', { a: '1' }));
    slowly();
    const group = await queue([proposal.number]);
    const begun = await planning(group);
    expect(begun.map(({ status, conclusion }) => [status, conclusion])).toEqual([
      ['in_progress', null],
      ['in_progress', null],
    ]);

    await checks(group);
    const ended = story.stage.github.checkRuns(repo, group.headSha, 'all');
    expect(ended.map(({ id }) => id).sort()).toEqual(begun.map(({ id }) => id).sort());
    expect(ended.map(({ conclusion }) => conclusion)).toEqual(['success', 'success']);
    await giveUp(group);
  });

  it('has its checks cancelled when the queue gives it up in the middle of the plan', async () => {
    const stack = newStack();
    const proposal = await approved('Give me up', files(stack, 'staging', { a: '1' }));
    slowly();
    const group = await queue([proposal.number]);
    await planning(group);
    await giveUp(group);

    const { plan, gate } = await checks(group);
    expect([plan.conclusion, gate.conclusion]).toEqual(['cancelled', 'cancelled']);
    expect(plan.output.title).toBe('No longer in the merge queue');
  });

  it('waits when what it would do now is not what was approved', async () => {
    const stack = newStack();
    const first = await approved('Before', files(stack, 'staging', { a: '1', b: '1' }));
    await story.ended(await land(await queue([first.number])), 'planwright/deploy', 'success');
    const proposal = await approved('After', files(stack, 'staging', { a: '2', b: '1' }));
    await story.byHand('staging', {
      method: 'PATCH',
      path: `/api/v1/namespaces/default/configmaps/${stack}`,
      body: { data: { b: 'by hand' } },
    });
    const group = await queue([proposal.number]);

    const { plan, gate } = await checks(group);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    expect(textOf(gate)).toContain(`bob approved other effects of ${stack}@staging`);
    expect(textOf(gate)).toContain('Nobody can approve the group itself');
    await giveUp(group);
  });

  it('fails when its pull requests break each other', async () => {
    const stack = newStack();
    const left = await approved('Left', { [`apps/${stack}/staging/left.yaml`]: configMap(stack, { c: '1' }) });
    const right = await approved('Right', { [`apps/${stack}/staging/right.yaml`]: configMap(stack, { d: '1' }) });
    const group = await queue([left.number, right.number]);

    const { plan, gate } = await checks(group);
    expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    expect(textOf(plan)).toContain(`apps/${stack}/staging/left.yaml`);
    await giveUp(group);
  });

  it('waits again when an approval is dismissed while it is queued, and when changes are asked for', async () => {
    const stack = newStack();
    const proposal = await story.propose('Second thoughts', files(stack, 'staging', { a: '1' }));
    await story.checked(proposal);
    story.stage.github.clock.advance(2_000);
    const { number } = proposal;
    const reviewId = await story.stage.github.review({ repo, number, reviewer: 'bob', state: 'APPROVED' });
    await story.ended(proposal.sha, 'planwright/gate', 'success');
    const group = await queue([number]);
    expect((await checks(group)).gate.conclusion).toBe('success');

    await story.stage.github.dismissReview({ repo, number, reviewId, by: 'mona' });
    await story.ended(group.headSha, 'planwright/gate', 'action_required');
    story.stage.github.clock.advance(2_000);
    await story.stage.github.review({ repo, number, reviewer: 'dave', state: 'APPROVED' });
    await story.ended(group.headSha, 'planwright/gate', 'success');
    story.stage.github.clock.advance(2_000);
    await story.stage.github.review({ repo, number, reviewer: 'mona', state: 'CHANGES_REQUESTED' });
    expect(textOf(await story.ended(group.headSha, 'planwright/gate', 'failure'))).toContain('mona asked for changes');
    expect(
      story.stage.github.checkRuns(repo, group.headSha, 'all').filter(({ name }) => name === 'planwright/plan'),
    ).toHaveLength(1);
    await giveUp(group);
  });

  it('fails when its pull request is pushed to while it is queued', async () => {
    const stack = newStack();
    const proposal = await approved('Push me', files(stack, 'staging', { a: '1' }));
    const group = await queue([proposal.number]);
    expect((await checks(group)).gate.conclusion).toBe('success');

    const branch = story.stage.github.pullRequest(repo, proposal.number).headRef;
    const pushed = await story.stage.github.push({
      repo,
      branch,
      files: files(stack, 'staging', { a: '2' }),
      author: 'alice',
    });
    const gate = await story.ended(group.headSha, 'planwright/gate', 'failure');
    expect(textOf(gate)).toContain(
      `what this group holds of #${proposal.number} is not its head ${pushed.slice(0, 12)}`,
    );
    await giveUp(group);
  });

  it('fails when somebody pushes to the base, and the one that the queue makes then is judged anew', async () => {
    const stack = newStack();
    const proposal = await approved('Move the base', files(stack, 'staging', { a: '1' }));
    const group = await queue([proposal.number]);
    expect((await checks(group)).gate.conclusion).toBe('success');

    await story.stage.github.push({ repo, branch: 'main', files: { 'README.md': `${stack}\n` }, author: 'olga' });
    expect(textOf(await story.ended(group.headSha, 'planwright/gate', 'failure'))).toContain('main has moved on to');
    await giveUp(group, 'invalidated');
    const anew = await queue([proposal.number]);
    expect((await checks(anew)).gate.conclusion).toBe('success');
    await giveUp(anew);
  });

  it('that changes the configuration needs the approval of a maintainer, and is judged by the base', async () => {
    const stack = newStack();
    const proposal = await story.propose('No approvals any more', {
      ...files(stack, 'staging', { a: '1' }),
      '.github/planwright.yml': configuration.replace('  staging:\n', '  staging:\n    approvals: 0\n'),
    });
    await story.checked(proposal);
    const group = await queue([proposal.number]);
    const { gate } = await checks(group);
    expect(gate.conclusion).toBe('action_required');
    expect(textOf(gate)).toContain('one approval by role:maintain is needed');
    expect(textOf(gate)).toContain('needs 1 approval');

    await story.approve(proposal, 'mona');
    await story.ended(group.headSha, 'planwright/gate', 'success');
    await giveUp(group);
  });

  it('says nothing new for an event that comes twice', async () => {
    const stack = newStack();
    const proposal = await approved('Again', files(stack, 'staging', { a: '1' }));
    const group = await queue([proposal.number]);
    await checks(group);
    for (const { guid, event } of [...story.stage.github.deliveries])
      if (event === 'merge_group') story.stage.github.redeliver(guid);
    await quiet();
    expect(story.stage.github.checkRuns(repo, group.headSha, 'all').map(({ conclusion }) => conclusion)).toEqual([
      'success',
      'success',
    ]);
    await giveUp(group);
  });

  it('that is gone when its first event comes gets no checks', async () => {
    const { github } = story.stage;
    const stack = newStack();
    const proposal = await approved('Too late', files(stack, 'staging', { a: '1' }));
    await quiet();
    github.loseDeliveries({ event: 'merge_group' });
    const group = await queue([proposal.number]);
    await giveUp(group);
    await quiet();
    const late = github.deliveries.findLast(({ event, status }) => event === 'merge_group' && status === 'failed');
    github.redeliver(late?.guid ?? '');
    await quiet();
    expect(late?.action).toBe('checks_requested');
    expect(github.checkRuns(repo, group.headSha, 'all')).toEqual([]);
  });
});

describe('pushes to the branches of the queue', () => {
  it("are nobody's: nothing is deployed, and no issue asks anybody", async () => {
    const stack = newStack();
    const proposal = await approved('Only queued', files(stack, 'staging', { a: '1' }));
    const group = await queue([proposal.number]);
    await checks(group);
    await giveUp(group);
    await quiet();
    expect(story.deployments(group.headSha).size).toBe(0);
    expect(story.stage.github.checkRuns(repo, group.headSha, 'all').map(({ name }) => name)).not.toContain(
      'planwright/deploy',
    );
    expect(story.data('staging', stack)).toBeUndefined();
    expect(story.issues(`${stack}@staging`)).toEqual([]);
  });
});

describe('a merge group of pull requests whose files have different owners', () => {
  let owned: DeployStory;
  beforeAll(async () => {
    owned = await startStory({
      files: {
        '.github/planwright.yml': `${configuration}rules:\n  - name: owners\n    require: { from: [codeowners] }\n`,
        CODEOWNERS: '/apps/left/ @bob\n/apps/right/ @mona\n',
      },
    });
  });
  afterAll(() => owned.stage.close());

  it('is green when each was approved by its own, and waits while an owner approved the other only', async () => {
    const { github } = owned.stage;
    const left = await owned.propose('Left', files('left', 'staging', { a: '1' }));
    const right = await owned.propose('Right', files('right', 'staging', { a: '1' }));
    for (const proposal of [left, right]) await owned.checked(proposal);
    await owned.approve(left, 'bob');
    github.clock.advance(2_000);
    await github.review({ repo, number: right.number, reviewer: 'bob', state: 'APPROVED' });
    const group = await github.requestMergeGroup({ repo, numbers: [left.number, right.number] });
    const waiting = await owned.ended(group.headSha, 'planwright/gate', 'action_required');
    expect(textOf(waiting)).toContain('codeowners of apps/right/staging/cm.yaml: @mona');

    await owned.approve(right, 'mona');
    await owned.ended(group.headSha, 'planwright/gate', 'success');
    await github.destroyMergeGroup({ repo, headRef: group.headRef, reason: 'dequeued' });
    expect(github.violations).toEqual([]);
  });
});
