import type { CodeOwner, CodeOwnersLine } from './code-owners.ts';
import { literalStart, matchesPath, type OwnerPattern } from './owner-pattern.ts';

/** A few seconds of work: 1,000 lines that begin with a wildcard for 3,000 files, or thirty that were made to take long. */
const maxCost = 5_000_000;
/** So many steps of matching cost as much as looking at a line at all. */
const stepsPerCost = 100;

export interface FileOwners {
  readonly path: string;
  readonly owners: readonly CodeOwner[];
}

export type OwnedFilesFound =
  | { readonly kind: 'found'; readonly files: readonly FileOwners[] }
  | { readonly kind: 'too-many' };

/**
 * The files that somebody owns, each by the last line that matches it. Lines are found by the literal beginning of their patterns, so that only those with a
 * wildcard at their beginning are compared with every path. Yields after each comparison; gives up when they come to more than a few seconds of work.
 */
export function* findOwnedFiles(
  lines: readonly CodeOwnersLine[],
  paths: readonly string[],
): Generator<void, OwnedFilesFound> {
  const byStart = Map.groupBy(lines, ({ pattern }) => literalStart(pattern).join('/'));
  for (const [start, candidates] of byStart) byStart.set(start, candidates.toReversed());
  const deepest = lines.reduce((depth, { pattern }) => Math.max(depth, literalStart(pattern).length), 0);
  const files: FileOwners[] = [];
  let cost = 0;
  for (const path of paths) {
    const names = path.split('/');
    let last: CodeOwnersLine | undefined;
    for (let depth = 0; depth <= Math.min(deepest, names.length); depth += 1) {
      for (const candidate of byStart.get(names.slice(0, depth).join('/')) ?? []) {
        if (last !== undefined && candidate.line < last.line) break;
        cost += 1 + (matchingSteps(candidate.pattern) * path.length) / stepsPerCost;
        if (cost > maxCost) return { kind: 'too-many' };
        if (matchesPath(candidate.pattern, names)) last = candidate;
        yield;
      }
    }
    if (last !== undefined && last.owners.length > 0) files.push({ path, owners: last.owners });
    yield;
  }
  return { kind: 'found', files };
}

/** For each character of a path, at most. */
function matchingSteps({ names }: OwnerPattern): number {
  return names.reduce((steps, name) => steps + name.length, 0);
}
