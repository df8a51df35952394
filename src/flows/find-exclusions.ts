import type { Exclusions } from '../domain/gate/approvals.ts';
import type { Person } from '../domain/gate/people.ts';
import type { CommitSha } from '../domain/identity.ts';
import type { Checkout } from './ports/checkout.ts';
import type { MergeCommit, PullRequest, PullRequests, Pushes } from './ports/github.ts';

export interface ExclusionPorts {
  readonly github: Pick<PullRequests, 'contributors' | 'pushes'>;
  readonly checkout: Pick<Checkout, 'fetchCommit' | 'isAncestor' | 'testMerge'>;
}

/**
 * Who put something into the pull request. A merge of the base that brings nothing of its own makes nobody a contributor, whoever pushed it; an
 * author or committer without account counts as whoever pushed the commit, which GitHub does not tell by commit: so everybody who pushed to the
 * branch is taken for that.
 *
 * @param base the tip that the head was planned against; without one every merge counts
 */
export async function findExclusions(
  ports: ExclusionPorts,
  pull: PullRequest,
  base: CommitSha | undefined,
): Promise<Exclusions> {
  const [contributors, pushes] = await Promise.all([
    ports.github.contributors(pull.repository, pull.number),
    ports.github.pushes(pull),
  ]);
  const joins = new Map<string, MergeCommit>();
  for (const merge of contributors.merges)
    if (base !== undefined && (await onlyJoins(ports, pull, { merge, base }))) joins.set(merge.sha, merge);
  const counting = [
    contributors,
    ...contributors.merges.filter(({ sha }) => !joins.has(sha)).map((merge) => merge.contributors),
  ];
  const anonymous = counting.some((part) => part.anonymous);
  const pushers = pushes.pushes.map(({ by }) => by);
  const known = pushers.filter((person) => person !== undefined);
  const allKnown = pushes.complete && known.length === pushers.length;
  return {
    author: pull.author,
    authors: [...counting.flatMap(({ authors }) => authors), ...(anonymous ? known : [])],
    committers: counting.flatMap(({ committers }) => committers),
    coAuthors: counting.flatMap(({ coAuthors }) => coAuthors),
    lastPusher: anonymous && !allKnown ? undefined : lastPusher(pull.head.sha, joins, pushes),
  };
}

async function onlyJoins(
  ports: ExclusionPorts,
  { repository, head }: PullRequest,
  at: { readonly merge: MergeCommit; readonly base: CommitSha },
): Promise<boolean> {
  const { checkout } = ports;
  const [own, merged] = at.merge.parents;
  for (const commit of [head.sha, at.base]) if (!(await checkout.fetchCommit(repository, commit))) return false;
  if (!(await checkout.isAncestor(repository, merged, at.base))) return false;
  const joined = await checkout.testMerge(repository, merged, own);
  return joined.kind === 'merged' && joined.tree === at.merge.tree;
}

/** Of the newest commit that is more than a join; one that came together with later joins was pushed by whoever pushed those. */
function lastPusher(head: CommitSha, joins: ReadonlyMap<string, MergeCommit>, { pushes }: Pushes): Person | undefined {
  const candidates = [head];
  for (let join = joins.get(head); join !== undefined; join = joins.get(join.parents[0]))
    candidates.unshift(join.parents[0]);
  for (const commit of candidates) {
    const push = pushes.find(({ after }) => after === commit);
    if (push !== undefined) return push.by;
  }
  return undefined;
}
