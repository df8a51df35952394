/** A directory with at least one file somewhere below it. */
export interface Directory {
  /** '' is the root. */
  readonly path: string;
  readonly directories: ReadonlyMap<string, Directory>;
  /** Names of the files in the directory itself. */
  readonly files: readonly string[];
}

interface GrowingDirectory extends Directory {
  readonly directories: Map<string, GrowingDirectory>;
  readonly files: string[];
}

/** The directories of a tree, from the paths of its files. Takes one step for each path and one for each directory. */
export function directoryTree(paths: Iterable<string>): Directory {
  const root: GrowingDirectory = { path: '', directories: new Map(), files: [] };
  const known = new Map<string, GrowingDirectory>([['', root]]);
  for (const path of paths) {
    const slash = path.lastIndexOf('/');
    directoryAt(slash < 0 ? '' : path.slice(0, slash), known, root).files.push(path.slice(slash + 1));
  }
  return root;
}

function directoryAt(path: string, known: Map<string, GrowingDirectory>, root: GrowingDirectory): GrowingDirectory {
  const there = known.get(path);
  if (there !== undefined) return there;
  let directory = root;
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
    const prefix = end < 0 ? path : path.slice(0, end);
    const next = known.get(prefix) ?? { path: prefix, directories: new Map(), files: [] };
    if (!known.has(prefix)) {
      known.set(prefix, next);
      directory.directories.set(prefix.slice(prefix.lastIndexOf('/') + 1), next);
    }
    directory = next;
    if (end < 0) return directory;
  }
}
