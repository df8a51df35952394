import type { PathDifference } from './tree-difference.ts';

/**
 * The blobs that git's `ort` strategy may read when it merges two sides of one merge base: contents of paths that all three have differently, and,
 * where one side removed a path that the other one changed, what rename detection compares.
 */
export function blobsReadByMerge(
  ours: readonly PathDifference[],
  theirs: readonly PathDifference[],
): ReadonlySet<string> {
  const blobs = new Set<string>();
  const add = (id: string | undefined) => {
    if (id !== undefined) blobs.add(id);
  };
  const theirsByPath = new Map(theirs.map((difference) => [difference.path, difference]));
  for (const our of ours) {
    const their = theirsByPath.get(our.path);
    if (their === undefined || our.after === their.after) continue;
    if (our.after === our.before || their.after === their.before) continue;
    add(our.before);
    add(our.after);
    add(their.after);
  }
  for (const id of blobsReadForRenames(ours, theirsByPath)) blobs.add(id);
  for (const id of blobsReadForRenames(theirs, new Map(ours.map((difference) => [difference.path, difference]))))
    blobs.add(id);
  return blobs;
}

function blobsReadForRenames(
  side: readonly PathDifference[],
  other: ReadonlyMap<string, PathDifference>,
): readonly string[] {
  const sources = side.filter((difference) => difference.after === undefined && other.has(difference.path));
  if (sources.length === 0) return [];
  const added = side.filter((difference) => difference.before === undefined);
  const read = [
    ...sources.flatMap((source) => [source.before, other.get(source.path)?.after]),
    ...added.map((difference) => difference.after),
  ];
  return added.length === 0 ? [] : read.filter((id) => id !== undefined);
}

/** Every blob on either side: more than any merge reads. */
export function everyBlob(differences: readonly PathDifference[]): ReadonlySet<string> {
  return new Set(differences.flatMap(({ before, after }) => [before, after]).filter((id) => id !== undefined));
}
