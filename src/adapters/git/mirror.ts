import { join, resolve } from 'node:path';
import type { Repository } from '../../domain/identity.ts';
import { CheckoutFailed } from '../../flows/ports/checkout.ts';
import type { WantedRef } from './branch-ref.ts';
import { checkoutFailed, isDamaged, isGone, isLocked, isUnfitForFetch } from './failure.ts';
import { type GitSetting, gitEnvironment } from './git-environment.ts';
import { clearLeavings, countPacks, prepareMirror, removeMirror } from './mirror-folder.ts';
import { type Origin, origin } from './origin.ts';
import { type GitEnd, gitRunner } from './run-git.ts';
import { turns } from './turns.ts';

export interface CheckoutLog {
  warn(fields: object, message: string): void;
}

export interface MirrorOptions {
  readonly directory: string;
  readonly originUrl: (repository: Repository) => string;
  readonly token: (repository: Repository) => Promise<string | undefined>;
  readonly log: CheckoutLog;
  readonly timeoutMs: number;
  readonly repackAfterPacks: number;
}

interface Question {
  /** For the message when it fails, as in "listing a tree". */
  readonly doing: string;
  readonly arguments: readonly string[];
  readonly input?: string;
  /** Exit statuses that are answers; default 0 alone. */
  readonly answers?: readonly number[];
  readonly maxOutputBytes?: number;
}

export interface Answer {
  readonly code: number;
  readonly output: Buffer;
}

type Fetched = { readonly kind: 'fetched' } | { readonly kind: 'absent'; readonly ref: string };

export interface Mirrors {
  readonly log: CheckoutLog;
  /** Asks git about what the mirror holds. Never touches the network; questions run side by side. Throws CheckoutFailed. */
  ask(repository: Repository, question: Question): Promise<Answer>;
  /** Brings refs up to date, all or (when one is absent at the origin) none. Fetches of one repository run one after the other. */
  fetchRefs(repository: Repository, refs: readonly WantedRef[], doing: string): Promise<Fetched>;
  /** Brings these blobs, all in one request. */
  fetchBlobs(repository: Repository, blobs: readonly string[]): Promise<void>;
  forgetRef(repository: Repository, ref: string): Promise<void>;
  close(): Promise<void>;
}

const defaultMaxOutputBytes = 128 * 1024 * 1024;
const fetchArguments = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
  '--no-write-fetch-head',
  '--no-show-forced-updates',
  '--filter=blob:none',
  '--stdin',
  '--end-of-options',
  'origin',
] as const;

interface Run {
  readonly mirror: string;
  readonly arguments: readonly string[];
  readonly input?: string;
  readonly maxOutputBytes?: number;
  readonly protocols?: readonly string[];
  readonly settings?: readonly GitSetting[];
}

/** The mirrors of all repositories: `<directory>/<repository id>.git` each. */
export function mirrors(options: MirrorOptions): Mirrors {
  const home = resolve(options.directory);
  const runner = gitRunner();
  const writes = turns();
  const opened = new Map<string, Promise<void>>();
  const damaged = new Set<string>();

  const folderOf = (repository: Repository) => join(home, `${repository.id}.git`);
  const nameOf = (repository: Repository) => `${repository.owner}/${repository.name}`;

  async function run({ mirror, protocols = [], settings = [], maxOutputBytes = defaultMaxOutputBytes, ...call }: Run) {
    try {
      return await runner.run({
        ...call,
        environment: gitEnvironment({ home, mirror, protocols, settings }),
        directory: home,
        timeoutMs: options.timeoutMs,
        maxOutputBytes,
      });
    } catch (cause) {
      throw new CheckoutFailed(messageOf(cause), { cause });
    }
  }

  /** Only inside a turn of this mirror. */
  function open(repository: Repository): Promise<void> {
    const mirror = folderOf(repository);
    const already = opened.get(mirror);
    if (already !== undefined) return already;
    const opening = makeReady(repository);
    opened.set(mirror, opening);
    // Whoever waits for it is told of the failure; the next one tries again.
    opening.catch(() => opened.delete(mirror));
    return opening;
  }

  async function makeReady(repository: Repository): Promise<void> {
    const doing = `making a mirror of ${nameOf(repository)}`;
    try {
      await prepareMirror(folderOf(repository), async (folder) => {
        const end = await run({ mirror: folder, arguments: ['init', '--quiet', '--bare', '--template='] });
        if (end.kind !== 'exited' || end.code !== 0) throw failed(repository, doing, end);
      });
    } catch (cause) {
      if (cause instanceof CheckoutFailed) throw cause;
      throw new CheckoutFailed(`${doing} failed: ${messageOf(cause)}. Look after the folder of the mirrors.`, {
        cause,
      });
    }
  }

  async function discard(repository: Repository): Promise<void> {
    options.log.warn({ repository: nameOf(repository) }, 'the mirror is damaged and is made anew');
    opened.delete(folderOf(repository));
    damaged.delete(folderOf(repository));
    await removeMirror(folderOf(repository));
  }

  function failed(repository: Repository, doing: string, end: GitEnd, secrets: readonly string[] = []): CheckoutFailed {
    return checkoutFailed({ doing, end, mirror: folderOf(repository), timeoutMs: options.timeoutMs, secrets });
  }

  async function ask(repository: Repository, question: Question): Promise<Answer> {
    const mirror = folderOf(repository);
    await (opened.get(mirror) ?? writes.take(mirror, () => open(repository)));
    const { doing, answers = [0], ...call } = question;
    const end = await run({ mirror, ...call });
    if (end.kind === 'exited' && answers.includes(end.code)) return { code: end.code, output: end.output };
    if (isGone(end)) opened.delete(mirror);
    if (isDamaged(end)) damaged.add(mirror);
    throw failed(repository, `${doing} of ${nameOf(repository)}`, end);
  }

  async function originOf(repository: Repository): Promise<Origin> {
    try {
      return origin(options.originUrl(repository), await options.token(repository));
    } catch (cause) {
      throw new CheckoutFailed(`no access to ${nameOf(repository)}: ${messageOf(cause)}`, { cause });
    }
  }

  async function fetch(
    repository: Repository,
    lines: readonly string[],
    settings: readonly GitSetting[],
  ): Promise<{ readonly end: GitEnd; readonly secrets: readonly string[] }> {
    const mirror = folderOf(repository);
    const from = await originOf(repository);
    const attempt = async () => {
      await open(repository);
      return await run({
        mirror,
        arguments: fetchArguments,
        input: `${lines.join('\n')}\n`,
        protocols: [from.protocol],
        settings: [...from.settings, ...settings],
      });
    };
    if (damaged.has(mirror)) await discard(repository);
    const end = await attempt();
    if (isLocked(end)) {
      options.log.warn(
        { repository: nameOf(repository) },
        'a lock stood in the way of a fetch; what a killed git left is cleared',
      );
      await clearLeavings(mirror);
      return { end: await attempt(), secrets: from.secrets };
    }
    if (isUnfitForFetch(end)) {
      await discard(repository);
      return { end: await attempt(), secrets: from.secrets };
    }
    return { end, secrets: from.secrets };
  }

  async function fetchRefs(repository: Repository, refs: readonly WantedRef[], doing: string): Promise<Fetched> {
    return writes.take(folderOf(repository), async () => {
      const { end, secrets } = await fetch(
        repository,
        refs.map(({ theirs, ours }) => `+${theirs}:${ours}`),
        [],
      );
      if (end.kind === 'exited' && end.code === 0) {
        await repackWhenMany(repository);
        return { kind: 'fetched' };
      }
      const absent = refs.find((ref) => end.kind === 'exited' && saysAbsent(end.words, ref));
      if (absent !== undefined) return { kind: 'absent', ref: absent.theirs };
      throw failed(repository, `${doing} of ${nameOf(repository)}`, end, secrets);
    });
  }

  async function fetchBlobs(repository: Repository, blobs: readonly string[]): Promise<void> {
    if (blobs.length === 0) return;
    await writes.take(folderOf(repository), async () => {
      // What is wanted is known to the last object: telling GitHub what we have would only cost time.
      const { end, secrets } = await fetch(repository, blobs, [['fetch.negotiationAlgorithm', 'noop']]);
      if (end.kind === 'exited' && end.code === 0) return await repackWhenMany(repository);
      throw failed(repository, `fetching ${blobs.length} files' contents of ${nameOf(repository)}`, end, secrets);
    });
  }

  async function forgetRef(repository: Repository, ref: string): Promise<void> {
    const mirror = folderOf(repository);
    await writes.take(mirror, async () => {
      await open(repository);
      const end = await run({ mirror, arguments: ['update-ref', '-d', '--end-of-options', ref] });
      if (end.kind === 'exited' && end.code === 0) return;
      throw failed(repository, `forgetting ${ref} of ${nameOf(repository)}`, end);
    });
  }

  /** Upkeep is not what the caller asked for: when it fails, the fetch has still succeeded. */
  async function repackWhenMany(repository: Repository): Promise<void> {
    const mirror = folderOf(repository);
    if ((await countPacks(mirror)) < options.repackAfterPacks) return;
    // With the promisor named, everything that was ever fetched is kept, reachable or not; what is pruned are trees of old test merges.
    const settings: readonly GitSetting[] = [['remote.origin.promisor', 'true']];
    for (const call of upkeep) {
      const end = await run({ mirror, arguments: call, settings });
      if (end.kind === 'exited' && end.code === 0) continue;
      options.log.warn(
        { repository: nameOf(repository), error: failed(repository, `git ${call[0]}`, end).message },
        'upkeep of the mirror failed',
      );
      return;
    }
  }

  return { log: options.log, ask, fetchRefs, fetchBlobs, forgetRef, close: () => runner.close() };
}

const upkeep: readonly (readonly string[])[] = [
  ['repack', '-a', '-d', '-q'],
  ['pack-refs', '--all'],
  ['prune', '--exclude-promisor-objects', '--expire=14.days.ago'],
];

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function saysAbsent(words: string, ref: WantedRef): boolean {
  return words
    .split('\n')
    .some(
      (line) =>
        line.trim().endsWith(`couldn't find remote ref ${ref.theirs}`) || line.includes(`not our ref ${ref.theirs}`),
    );
}
