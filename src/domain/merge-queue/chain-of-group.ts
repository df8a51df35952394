import type { CommitSha, PullNumber } from '../identity.ts';

/** A pull request in a merge queue: the commit that the queue put it on, and the one that came of it. */
export interface QueueEntry {
  readonly pull: PullNumber;
  readonly base: CommitSha;
  readonly head: CommitSha;
}

/**
 * The entries that a merge group's head is made of, next to be merged first: its own, and those of the groups that it is built on. They belong to it
 * because a queue may be set to merge a group when its last head passes, whatever those before it said.
 *
 * @returns undefined when no entry has this head
 */
export function chainOfGroup(entries: readonly QueueEntry[], head: CommitSha): readonly QueueEntry[] | undefined {
  const byHead = new Map<string, QueueEntry>(entries.map((entry) => [entry.head, entry]));
  const chain: QueueEntry[] = [];
  // Taken out of the map, an entry is met once: no answer of GitHub's makes this go round in circles.
  for (let entry = byHead.get(head); entry !== undefined; entry = byHead.get(entry.base)) {
    byHead.delete(entry.head);
    chain.unshift(entry);
  }
  return chain.length === 0 ? undefined : chain;
}
