import type { CommitSha, Repository } from '../domain/identity.ts';
import { chainOfGroup, type QueueEntry } from '../domain/merge-queue/chain-of-group.ts';
import type { Checkout } from './ports/checkout.ts';
import type { MergeQueues, PullRequest, PullRequests } from './ports/github.ts';
import type { Job } from './ports/jobs.ts';

/** A merge group as GitHub and git have it now. */
export interface MergeGroup {
  readonly repository: Repository;
  readonly branch: string;
  readonly ref: string;
  readonly head: CommitSha;
  /** What its first pull request was put on; the base branch's tip while nothing else has come there. */
  readonly base: CommitSha;
  /** Everything between the base branch and the head, next to be merged first. */
  readonly pulls: readonly [PullRequest, ...PullRequest[]];
  /** Why it cannot be told what this group is made of, or why it will not be merged as it is. */
  readonly problem?: string;
}

interface FindPorts {
  readonly github: Pick<PullRequests, 'pullRequest'> & MergeQueues;
  readonly checkout: Checkout;
}

/**
 * Finds out what a merge group holds: from GitHub's queue, and then from git, where each entry has to be exactly its pull request as it is now, merged onto
 * the one before. The name of the group's branch is not believed.
 *
 * @returns undefined when the group was merged or given up
 */
export async function findMergeGroup(
  ports: FindPorts,
  repository: Repository,
  job: Extract<Job, { readonly kind: 'merge-group' }>,
): Promise<MergeGroup | undefined> {
  const { branch, ref, head } = job;
  const queue = await ports.github.mergeQueue(repository, { branch, ref });
  if (queue.refHead !== head) return undefined;
  const chain = chainOfGroup(queue.entries ?? [], head);
  if (chain === undefined)
    throw new Error(`GitHub does not say which pull requests the merge group ${ref} at ${head} holds`);
  const { tip } = await ports.checkout.fetchBranch(repository, branch);
  if (!(await ports.checkout.fetchCommit(repository, head)))
    throw new Error(`GitHub does not have the merge group's head ${head} (any more)`);
  const waiting = await notLanded(ports, repository, { chain, tip });
  const [first] = waiting;
  if (first === undefined) return undefined;
  const [pull, ...others] = await Promise.all(waiting.map((entry) => pullOf(ports, repository, entry)));
  if (pull === undefined) throw new Error('a group that waits has an entry');
  const pulls = [pull, ...others] as const;
  const problem =
    (await baseProblem(ports, repository, { base: first.base, branch, tip })) ??
    (await firstProblem(ports, repository, { entries: waiting, pulls, branch }));
  return { repository, branch, ref, head, base: first.base, pulls, ...(problem === undefined ? {} : { problem }) };
}

/** The queue may name for a while what was merged a moment ago. */
async function notLanded(
  { checkout }: FindPorts,
  repository: Repository,
  at: { readonly chain: readonly QueueEntry[]; readonly tip: CommitSha },
): Promise<readonly QueueEntry[]> {
  const landed = await Promise.all(at.chain.map(({ head }) => checkout.isAncestor(repository, head, at.tip)));
  return at.chain.filter((_, index) => landed[index] !== true);
}

async function pullOf({ github }: FindPorts, repository: Repository, { pull }: QueueEntry): Promise<PullRequest> {
  const found = await github.pullRequest(repository, pull);
  if (found === undefined) throw new Error(`the merge queue names #${pull}, which GitHub does not find`);
  return found;
}

async function baseProblem(
  { checkout }: FindPorts,
  repository: Repository,
  at: { readonly base: CommitSha; readonly branch: string; readonly tip: CommitSha },
): Promise<string | undefined> {
  const { base, branch, tip } = at;
  if (base === tip) return undefined;
  const known = (await checkout.fetchCommit(repository, base)) && (await checkout.isAncestor(repository, base, tip));
  return known
    ? `${branch} has moved on to ${tip.slice(0, 12)} since the queue made this group; it makes a new one`
    : `this group stands on ${base.slice(0, 12)}, which is neither in ${branch} nor of a pull request in the queue`;
}

async function firstProblem(
  ports: FindPorts,
  repository: Repository,
  of: { readonly entries: readonly QueueEntry[]; readonly pulls: readonly PullRequest[]; readonly branch: string },
): Promise<string | undefined> {
  for (const [index, entry] of of.entries.entries()) {
    const pull = of.pulls[index];
    if (pull === undefined) throw new Error('there is a pull request for each entry');
    if (pull.state !== 'open' || pull.base.ref !== of.branch)
      return `#${pull.number} is no longer an open pull request for ${of.branch}`;
    if (!(await holdsAsItIs(ports.checkout, repository, { entry, head: pull.head.sha })))
      return `what this group holds of #${pull.number} is not its head ${pull.head.sha.slice(0, 12)} merged onto what is in front of it: it was pushed to since, or the queue brings it there in another way`;
  }
  return undefined;
}

/** By content: a squash or a rebase leaves no trace of the head, and the same tree as a merge. */
async function holdsAsItIs(
  checkout: Checkout,
  repository: Repository,
  of: { readonly entry: QueueEntry; readonly head: CommitSha },
): Promise<boolean> {
  const { entry, head } = of;
  for (const commit of [entry.base, entry.head, head])
    if (!(await checkout.fetchCommit(repository, commit))) return false;
  const merged = await checkout.testMerge(repository, entry.base, head);
  return merged.kind === 'merged' && merged.tree === (await checkout.treeOf(repository, entry.head));
}
