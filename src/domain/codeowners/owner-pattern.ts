import { matchNames } from '../config/glob.ts';

/** Longer than any path can be; matching takes pattern × path steps. */
const maxPatternLength = 4096;

/** A pattern of CODEOWNERS, taken apart into names: `*` and `?` stay within one, `**` is any number of them. */
export interface OwnerPattern {
  readonly names: readonly string[];
}

export type OwnerPatternRead =
  | { readonly kind: 'pattern'; readonly pattern: OwnerPattern }
  /** GitHub skips its line. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * gitignore's patterns, with GitHub's exceptions: one with a slash that is not its last character begins at the root, any other matches at every depth; one
 * that names a directory means everything below it; a last name `*` behind a slash means files of that very directory only; letter case counts.
 */
export function readOwnerPattern(written: string): OwnerPatternRead {
  if (written.startsWith('!') || written.startsWith('\\#') || /[[\]]/.test(written)) return { kind: 'invalid' };
  if (written.length > maxPatternLength)
    return { kind: 'unreadable', reason: `the pattern has more than ${maxPatternLength} characters` };
  const unescaped = written.replaceAll('\\ ', ' ');
  if (unescaped.includes('\\'))
    return { kind: 'unreadable', reason: `${JSON.stringify(written)}: "\\" may stand before a space only` };
  const names = unescaped.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) return { kind: 'invalid' };
  const anchored = unescaped.slice(0, -1).includes('/');
  return {
    kind: 'pattern',
    pattern: { names: [...(anchored || names[0] === '**' ? [] : ['**']), ...names, ...below(unescaped, names)] },
  };
}

function below(written: string, names: readonly string[]): readonly string[] {
  const last = names.at(-1);
  if (written.endsWith('/') || last === '**') return ['**', '*'];
  return last === '*' ? [] : ['**'];
}

/** At most pattern × path steps, whatever the pattern. */
export function matchesPath(pattern: OwnerPattern, names: readonly string[]): boolean {
  return matchNames(pattern.names, names);
}

/** The names that every path it matches begins with: all of them up to the first wildcard. */
export function literalStart({ names }: OwnerPattern): readonly string[] {
  const wild = names.findIndex((name) => /[*?]/.test(name));
  return wild === -1 ? names : names.slice(0, wild);
}
