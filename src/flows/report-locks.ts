import { sha256Text } from '../domain/audit/content-digest.ts';
import type { PullNumber, TargetName } from '../domain/identity.ts';
import { lockGranted, locksKept } from '../domain/report/lock-comment.ts';
import type { PullRequest } from './ports/github.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';

/** Remembers that a pull request was told to wait for this target's lock. */
export function waitsKey(pull: PullNumber, target: TargetName): string {
  return `${waitsPrefix(pull)}${target}`;
}

function waitsPrefix(pull: PullNumber): string {
  return `waits:${pull}:`;
}

/** Tells a pull request that waited once it is its turn. */
export async function reportGrantedLocks(ports: PullRequestPorts, pull: PullRequest): Promise<void> {
  const { repository, number } = pull;
  for (const item of await ports.store.reportedUnder(repository.id, waitsPrefix(number))) {
    if (item.closed) continue;
    const target = item.key.slice(waitsPrefix(number).length) as TargetName;
    const queue = await ports.store.lockQueue(repository.id, target);
    const isHolder = queue[0]?.pull === number;
    if (!isHolder && queue.some((entry) => entry.pull === number)) continue;
    if (isHolder) await sayOnce(ports, pull, { about: `lock:${target}`, text: lockGranted(target) });
    await ports.store.saveReported({ ...item, closed: true });
  }
}

/** Tells a pull request that was closed without a merge which locks it keeps. */
export async function reportKeptLocks(
  ports: PullRequestPorts,
  pull: PullRequest,
  targets: readonly TargetName[],
): Promise<void> {
  if (targets.length > 0) await sayOnce(ports, pull, { about: `kept:${targets.join(' ')}`, text: locksKept(targets) });
}

async function sayOnce(
  { github, store }: PullRequestPorts,
  { repository, number }: PullRequest,
  at: { readonly about: string; readonly text: string },
): Promise<void> {
  const content = sha256Text(at.about);
  const key = `said:${number}:${content}`;
  if ((await store.reported(repository.id, key))?.closed === true) return;
  const marker = `<!-- planwright:said:${content} -->`;
  const item = { key, repository: repository.id, externalId: marker, content, closed: false };
  await store.saveReported(item);
  const there = await github.findComment(repository, number, marker);
  const { id } = there ?? (await github.createComment(repository, number, `${marker}\n${at.text}`));
  await store.saveReported({ ...item, githubId: id, closed: true });
}
