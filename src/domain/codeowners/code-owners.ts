import { type OwnerPattern, readOwnerPattern } from './owner-pattern.ts';

/** Where GitHub looks for the file; the first one that is there counts. */
export const codeOwnersPaths = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;

/** GitHub does not load a larger one. */
export const maxCodeOwnersBytes = 3 * 1024 * 1024;

/** Each with the words of the file: `@bob`, `@acme/sre`, `bob@example.com`. */
export type CodeOwner =
  | { readonly kind: 'user'; readonly login: string; readonly written: string }
  | { readonly kind: 'team'; readonly organization: string; readonly slug: string; readonly written: string }
  /** GitHub knows whose address it is, and tells nobody. */
  | { readonly kind: 'email'; readonly written: string };

export interface CodeOwnersLine {
  /** 1-based. */
  readonly line: number;
  readonly pattern: OwnerPattern;
  /** Empty: the files that it matches have no owner. */
  readonly owners: readonly CodeOwner[];
}

export type CodeOwnersRead =
  | { readonly kind: 'read'; readonly lines: readonly CodeOwnersLine[] }
  /** What GitHub would make of the file cannot be told. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Reads CODEOWNERS as GitHub does (https://docs.github.com/articles/about-code-owners): lines that are not valid are skipped, among them those with `!`, with a
 * character range, and with a pattern that begins with `\#`. Yields after each line.
 */
export function* readCodeOwners(text: string): Generator<void, CodeOwnersRead> {
  const lines: CodeOwnersLine[] = [];
  const written = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r\n|\r|\n/);
  for (const [index, content] of written.entries()) {
    yield;
    const [pattern, ...owners] = wordsOf(content);
    if (pattern === undefined) continue;
    const read = readOwnerPattern(pattern);
    if (read.kind === 'unreadable') return { kind: 'unreadable', reason: `line ${index + 1}: ${read.reason}` };
    const named = owners.map(ownerOf);
    const known = named.filter((owner) => owner !== undefined);
    if (read.kind === 'invalid' || known.length < named.length) continue;
    lines.push({ line: index + 1, pattern: read.pattern, owners: known });
  }
  return { kind: 'read', lines };
}

/** What stands between white space that no backslash escapes, up to a comment. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:\\.|[^\s\\]|\\$)+/gu)) {
    if (word.startsWith('#')) break;
    words.push(word);
  }
  return words;
}

function ownerOf(written: string): CodeOwner | undefined {
  const team = /^@([A-Za-z0-9_-]{1,100})\/([A-Za-z0-9._-]{1,100})$/.exec(written);
  if (team?.[1] !== undefined && team[2] !== undefined)
    return { kind: 'team', organization: team[1], slug: team[2], written };
  const user = /^@([A-Za-z0-9_-]{1,100})$/.exec(written);
  if (user?.[1] !== undefined) return { kind: 'user', login: user[1], written };
  return /^[^\s@]{1,100}@[^\s@]{1,255}$/.test(written) ? { kind: 'email', written } : undefined;
}
