/** A pattern over paths, ready to be asked. */
export type GlobMatcher = (path: string) => boolean;

/** In one pattern. */
export const maxWildcards = 20;

/** What is wrong with a glob, or undefined. The syntax is small on purpose: what it leaves out (braces, classes, negation) is refused, not guessed. */
export function globFault(glob: string): string | undefined {
  if (glob.startsWith('/'))
    return 'the pattern must be relative to the root of the repository: take the leading "/" away';
  if (/[{}[\]()!\\]/.test(glob))
    return 'the pattern may hold the wildcards *, ** and ?, but no braces, brackets, "!" or "\\"';
  const names = glob.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..'))
    return 'the pattern must not hold empty names, "." or ".."';
  if (names.some((name) => name.includes('**') && name !== '**')) return '"**" must be a whole name, as in lib/**';
  if ((glob.match(/[*?]/g) ?? []).length > maxWildcards)
    return `the pattern has more than ${maxWildcards} wildcards: use several patterns`;
  return undefined;
}

/**
 * Compiles a glob: `*` and `?` stay within a name, `**` is any number of names (at the end, behind `lib/`: at least one), letter case counts, leading dots do not matter.
 * Matching costs at most pattern × path steps, whatever the pattern: a regular expression with several stars can take minutes on one hostile path.
 */
export function compileGlob(glob: string): GlobMatcher {
  const written = glob.split('/');
  const names = written.at(-1) === '**' ? [...written, '*'] : written;
  return (path) => matchNames(names, path.split('/'));
}

/** Compares name by name: `**` is any number of names, `*` and `?` stay within one. At most pattern × names steps. */
export function matchNames(pattern: readonly string[], names: readonly string[]): boolean {
  return matchSequence(pattern, names, { isStar: (name) => name === '**', matches: matchName });
}

/** Compares one name, whatever is in it: `*` is any characters, `?` one. At most pattern × name steps. */
export function matchName(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  return matchSequence([...pattern], [...name], {
    isStar: (symbol) => symbol === '*',
    matches: (symbol, character) => symbol === '?' || symbol === character,
  });
}

interface Symbols {
  readonly isStar: (symbol: string) => boolean;
  readonly matches: (symbol: string, item: string) => boolean;
}

/** Two pointers; on a mismatch the latest star takes one item more. Earlier stars never need to be tried again. */
function matchSequence(pattern: readonly string[], items: readonly string[], symbols: Symbols): boolean {
  let at = 0;
  let star = -1;
  let starItem = 0;
  for (let item = 0; item < items.length; ) {
    const symbol = pattern[at];
    if (symbol !== undefined && symbols.isStar(symbol)) {
      star = at;
      starItem = item;
      at += 1;
    } else if (symbol !== undefined && symbols.matches(symbol, items[item] ?? '')) {
      at += 1;
      item += 1;
    } else if (star >= 0) {
      starItem += 1;
      item = starItem;
      at = star + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((symbol) => symbols.isStar(symbol));
}
