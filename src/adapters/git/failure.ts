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
      return new CheckoutFailed(`${doing} was ended by ${end.signal} from outside. Trying again is safe.`);
    case 'exited': {
      const words = gitWords(end.words.replaceAll(mirror, 'the mirror'), secrets);
      return new CheckoutFailed(
        `${doing} failed: ${words === '' ? `git ended with status ${end.code}` : words}. ${advice(words)}`,
      );
    }
  }
}

/** True when git's words mean that the mirror itself is broken, so that a new one would do. */
export function isBrokenMirror(end: GitEnd): boolean {
  return (
    end.kind === 'exited' &&
    /bad object|not a git repository|object file .* is empty|is corrupt|corrupt loose object|garbage at end|did not send all necessary objects|bad (pack|index) (header|file)|index file .* is too small|packfile .* cannot be accessed|does not match index|bad config|broken (ref|name)|unable to resolve reference|inflate|pack has bad|invalid sha1 pointer/i.test(
      end.words,
    )
  );
}

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
