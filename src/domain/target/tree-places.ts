import { directoriesAbove } from './relative-path.ts';
import type { SourceEntry } from './source-entry.ts';

/** A tree, asked for single places in it. Each answer costs as much as the path is long. */
export interface TreePlaces {
  entryAt(path: string): SourceEntry | undefined;
  /** Whether something lies below it. */
  isDirectory(path: string): boolean;
  /** The link or submodule that the path is, or leads through. */
  specialOn(path: string): SourceEntry | undefined;
  /** A link or submodule below the directory. */
  specialBelow(directory: string): SourceEntry | undefined;
  /** Whether the chart's directory has a copy of this dependency in `charts`: a directory, or an archive of some version. */
  hasCopy(chart: string, dependency: string): boolean;
}

export function treePlaces(entries: readonly SourceEntry[]): TreePlaces {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const special = new Map<string, SourceEntry>();
  for (const entry of entries)
    if (entry.kind !== 'file') for (const directory of directoriesAbove(entry.path)) special.set(directory, entry);
  let known: ReadonlySet<string> | undefined;
  const copies = () => {
    known ??= copiesIn(entries);
    return known;
  };
  let all: ReadonlySet<string> | undefined;
  const directories = () => {
    all ??= directoriesOf(entries);
    return all;
  };
  return {
    entryAt: (path) => byPath.get(path),
    isDirectory: (path) => directories().has(path),
    specialOn: (path) => {
      if (special.size === 0) return undefined;
      for (const place of [path, ...directoriesAbove(path)]) {
        const entry = byPath.get(place);
        if (entry !== undefined && entry.kind !== 'file') return entry;
      }
      return undefined;
    },
    specialBelow: (directory) => special.get(directory),
    hasCopy: (chart, dependency) => copies().has(JSON.stringify([chart, dependency])),
  };
}

function directoriesOf(entries: readonly SourceEntry[]): ReadonlySet<string> {
  const directories = new Set<string>();
  for (const { path } of entries) {
    for (const directory of directoriesAbove(path)) {
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return directories;
}

const mostNameCharacters = 250;

function copiesIn(entries: readonly SourceEntry[]): ReadonlySet<string> {
  const copies = new Set<string>();
  for (const { path } of entries) {
    const names = path.split('/');
    names.forEach((name, at) => {
      const below = names[at + 1];
      if (name !== 'charts' || below === undefined || below.length > mostNameCharacters) return;
      const chart = names.slice(0, at).join('/');
      if (names.length > at + 2) copies.add(JSON.stringify([chart, below]));
      // An archive is named NAME-VERSION.tgz, and both may have dashes in them.
      else if (below.endsWith('.tgz'))
        for (const { index } of below.matchAll(/-v?\d/g)) copies.add(JSON.stringify([chart, below.slice(0, index)]));
    });
  }
  return copies;
}
