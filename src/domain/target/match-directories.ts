import type { PathPattern, PatternPart } from '../config/path-pattern.ts';
import type { Directory } from './directory-tree.ts';

/** A directory that a pattern stands for, with what its placeholders stand for there. */
export interface DirectoryMatch {
  readonly directory: string;
  readonly stack: string | undefined;
  readonly environment: string | undefined;
}

/**
 * The directories that a stack's path stands for. `{environment}` stands for the given names only; `{stack}` for anything within a name, but never for one that begins
 * with a dot. A name that can be read in two ways (`{stack}-{environment}` with environments `b` and `a-b`) gives two matches.
 */
export function matchDirectories(
  pattern: PathPattern,
  root: Directory,
  environments: readonly string[],
): readonly DirectoryMatch[] {
  let found: readonly Found[] = [{ directory: root, stack: undefined, environment: undefined }];
  for (const parts of pattern.segments) {
    const names = nameMatcher(parts, environments);
    found = found.flatMap((above) => step(above, names));
  }
  return found.map(({ directory, stack, environment }) => ({ directory: directory.path, stack, environment }));
}

interface Found {
  readonly directory: Directory;
  readonly stack: string | undefined;
  readonly environment: string | undefined;
}

/** One way to read a name. With `stack`, prefix and suffix surround what is captured; without, `prefix` is the whole name. */
interface Reading {
  readonly environment: string | undefined;
  readonly capturesStack: boolean;
  readonly prefix: string;
  readonly suffix: string;
}

function step(above: Found, readings: readonly Reading[]): readonly Found[] {
  return readings.flatMap((reading) => (reading.capturesStack ? capturing(above, reading) : exactly(above, reading)));
}

function exactly(above: Found, reading: Reading): readonly Found[] {
  const directory = above.directory.directories.get(reading.prefix);
  return directory === undefined
    ? []
    : [{ directory, stack: above.stack, environment: reading.environment ?? above.environment }];
}

function capturing(above: Found, { environment, prefix, suffix }: Reading): readonly Found[] {
  const found: Found[] = [];
  for (const [name, directory] of above.directory.directories) {
    if (name.length <= prefix.length + suffix.length || !name.startsWith(prefix) || !name.endsWith(suffix)) continue;
    const stack = name.slice(prefix.length, name.length - suffix.length);
    if (prefix === '' && stack.startsWith('.')) continue;
    found.push({ directory, stack, environment: environment ?? above.environment });
  }
  return found;
}

/** `{environment}` is filled in first, so that at most one unknown is left in a name. */
function nameMatcher(parts: readonly PatternPart[], environments: readonly string[]): readonly Reading[] {
  const candidates = parts.some((part) => part.kind === 'placeholder' && part.name === 'environment')
    ? environments
    : [undefined];
  return candidates.map((environment) => {
    const filled = parts.map((part) => {
      if (part.kind === 'literal') return part.text;
      return part.name === 'environment' ? (environment ?? '') : undefined;
    });
    const hole = filled.indexOf(undefined);
    const capturesStack = hole >= 0;
    return {
      environment,
      capturesStack,
      prefix: filled.slice(0, capturesStack ? hole : undefined).join(''),
      suffix: capturesStack ? filled.slice(hole + 1).join('') : '',
    };
  });
}
