import type { TargetName } from '../identity.ts';
import type { Target } from './target.ts';

/** Finds the target whose directory most closely encloses a path: files of a nested stack are not the outer one's. */
export function enclosingTarget(targets: readonly Target[]): (path: string) => Target | undefined {
  const byDirectory = new Map(targets.map((target) => [target.directory, target]));
  return (path) => {
    for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      const target = byDirectory.get(path.slice(0, end));
      if (target !== undefined) return target;
    }
    return byDirectory.get('');
  };
}

/** The files below each target's directory, less nested stacks, in the order of `paths`. A target without files has an empty list. */
export function filesByTarget(
  targets: readonly Target[],
  paths: Iterable<string>,
): ReadonlyMap<TargetName, readonly string[]> {
  const files = new Map<TargetName, string[]>(targets.map((target) => [target.name, []]));
  const targetOf = enclosingTarget(targets);
  for (const path of paths) {
    const target = targetOf(path);
    if (target !== undefined) files.get(target.name)?.push(path);
  }
  return files;
}
