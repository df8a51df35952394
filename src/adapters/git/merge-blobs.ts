import type { PathDifference } from './tree-difference.ts';

/**
 * The blobs that git's `ort` strategy may read when it merges two sides of one merge base: contents of paths that all three have differently, and
 * what rename detection compares: it looks for a removed path when the other side changed that path, or added a file to a directory above it
 * (git asks whether the directory moved even where the answer is not used).
 */
export function blobsReadByMerge(
  ours: readonly PathDifference[],
  theirs: readonly PathDifference[],
): ReadonlySet<string> {
  return new Set([
    ...blobsOfContentMerges(ours, theirs),
    ...blobsOfRenames(ours, theirs),
    ...blobsOfRenames(theirs, ours),
  ]);
}

function blobsOfContentMerges(ours: readonly PathDifference[], theirs: readonly PathDifference[]): readonly string[] {
  const theirsByPath = byPath(theirs);
  return ours.flatMap((our) => {
    const their = theirsByPath.get(our.path);
    if (their === undefined || our.after === their.after) return [];
    if (our.after === our.before || their.after === their.before) return [];
    return present([our.before, our.after, their.after]);
  });
}

function blobsOfRenames(side: readonly PathDifference[], other: readonly PathDifference[]): readonly string[] {
  const otherByPath = byPath(other);
  const grown = new Set(other.filter(({ before }) => before === undefined).map(({ path }) => directoryOf(path)));
  const sources = side.filter(
    ({ after, path }) =>
      after === undefined &&
      (otherByPath.has(path) || directoriesAbove(path).some((directory) => grown.has(directory))),
  );
  const added = side.filter(({ before }) => before === undefined);
  if (sources.length === 0 || added.length === 0) return [];
  return present([
    ...sources.flatMap((source) => [source.before, otherByPath.get(source.path)?.after]),
    ...added.map(({ after }) => after),
  ]);
}

function byPath(differences: readonly PathDifference[]): ReadonlyMap<string, PathDifference> {
  return new Map(differences.map((difference) => [difference.path, difference]));
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** Without the root, which never moves. */
function directoriesAbove(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function present(ids: readonly (string | undefined)[]): readonly string[] {
  return ids.filter((id) => id !== undefined);
}

/** Every blob on either side: more than any merge reads. */
export function everyBlob(differences: readonly PathDifference[]): ReadonlySet<string> {
  return new Set(present(differences.flatMap(({ before, after }) => [before, after])));
}
