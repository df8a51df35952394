import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Proposal } from '../e2e/change-story.ts';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';

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
    expect(gate.output.summary).toContain(`needs 1 approval of the effects shown for ${left}@staging`);

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

  it('is in progress before it is green, and never green in between', async () => {
    const stack = newStack();
    const proposal = await approved('Watch me', files(stack, 'staging', { a: '1' }));
    const group = await queue([proposal.number]);
    await checks(group);

    for (const name of ['planwright/plan', 'planwright/gate']) {
      const sent = story.stage.github.requests
        .filter(({ method, path }) => method !== 'GET' && path.includes('/check-runs'))
        .map(({ body }) => body as { readonly name?: string; readonly head_sha?: string; readonly status?: string })
        .filter((body) => body.head_sha === group.headSha && body.name === name);
      expect(sent.map(({ status }) => status)).toEqual(['in_progress']);
    }
    await giveUp(group);
  });

  it('has its checks cancelled when the queue gives it up in the middle of the plan', async () => {
    const stack = newStack();
    const proposal = await approved('Give me up', files(stack, 'staging', { a: '1' }));
    const cluster = story.cluster('staging');
    cluster.failNext({ method: 'GET', path: /./, delayMs: 1500 });
    const group = await queue([proposal.number]);
    await story.eventually('the beginning of the plan', () =>
      story.stage.github.checkRuns(repo, group.headSha, 'latest').find(({ status }) => status === 'in_progress'),
    );
    await giveUp(group);

    const { plan, gate } = await checks(group);
    expect([plan.conclusion, gate.conclusion]).toEqual(['cancelled', 'cancelled']);
    expect(plan.output.title).toBe('No longer in the merge queue');
  });
});
