import { CheckoutFailed } from '../../flows/ports/checkout.ts';
import { gitWords } from './git-words.ts';
import type { GitEnd } from './run-git.ts';

export interface Failure {
  /** What was done, as in "fetching main of acme/infra". */
  readonly doing: string;
  readonly end: GitEnd;
  readonly mirror: string;
  readonly timeoutMs: number;
  readonly secrets: readonly string[];
}

/** Says what was done on which repository, what git said, and what to do. */
export function checkoutFailed({ doing, end, mirror, timeoutMs, secrets }: Failure): CheckoutFailed {
  switch (end.kind) {
    case 'timed-out':
      return new CheckoutFailed(
        `${doing} was stopped after ${timeoutMs / 1000} s. Trying again is safe; if it stays slow, raise the time limit.`,
      );
    case 'too-long':
      return new CheckoutFailed(
        `${doing} was stopped: git wrote more than ${end.maxOutputBytes} bytes. The repository is too large for Planwright.`,
      );
    case 'killed':
      return new CheckoutFailed(`${doing} was ended by ${end.signal}. Trying again is safe.`);
    case 'exited': {
      const words = gitWords(end.words.replaceAll(mirror, 'the mirror'), secrets);
      return new CheckoutFailed(
        `${doing} failed: ${words === '' ? `git ended with status ${end.code}` : words}. ${advice(words)}`,
      );
    }
  }
}

/** True when git's words, or its crash, mean that the mirror's files are damaged, so that only a new mirror helps. */
export function isDamaged(end: GitEnd): boolean {
  if (end.kind === 'killed') return crashes.has(end.signal);
  return end.kind === 'exited' && damage.some((pattern) => pattern.test(end.words));
}

/** True when the fetch could not work from this mirror: it is damaged, gone, or its refs name what it does not hold. */
export function isUnfitForFetch(end: GitEnd): boolean {
  return isDamaged(end) || isGone(end) || (end.kind === 'exited' && unfit.some((pattern) => pattern.test(end.words)));
}

/** True when there is no repository in the mirror's folder. */
export function isGone(end: GitEnd): boolean {
  return end.kind === 'exited' && /not a git repository/.test(end.words);
}

const crashes = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT']);

const damage = [
  /object file .* is empty/,
  /corrupt/,
  /garbage at end/,
  /index file .* is too small/,
  /packfile .* (cannot be accessed|does not match index)/,
  /inflate: data stream error/,
  /bad (pack|index) (header|file)/,
] as const;

const unfit = [
  /bad object refs/,
  /did not send all necessary objects/,
  /unable to resolve reference/,
  /bad config/,
  /unresolved deltas/,
  /missing (commit|tree|object)/,
  /(Could not read|unable to read|unable to parse) [0-9a-f]{40}/,
] as const;

/** True when another git, or what one left behind, holds a lock. */
export function isLocked(end: GitEnd): boolean {
  return end.kind === 'exited' && /\.lock['"]?: File exists/.test(end.words);
}

function advice(words: string): string {
  return kindsOfTrouble.find(([pattern]) => pattern.test(words))?.[1] ?? 'Trying again is safe.';
}

const kindsOfTrouble: readonly (readonly [RegExp, string])[] = [
  [/No space left on device|Disk quota/i, 'Make room on the disk that holds the mirrors.'],
  [/error: 30\d|redirect/i, 'The repository was renamed or moved: it has to be looked up by its id again.'],
  [
    /Authentication failed|could not read Username|error: 40[13]|not found|error: 404/i,
    'Check that the App is installed on this repository and may read its contents.',
  ],
  [
    /Could not resolve host|Failed to connect|Connection (refused|reset|timed out)|error: (429|5\d\d)|early EOF|RPC failed|hung up|Operation too slow/i,
    'GitHub or the network is at fault; trying again is safe.',
  ],
  [/unrelated histories/i, 'The head has no commit in common with the base: start the branch from the base branch.'],
  [/fsck|index-pack failed/i, 'The repository holds an object that git takes for malformed.'],
];
