import type { FileRead, TreeEntry } from './checkout.ts';

/** A directory of this machine, as it is, in git or not. Symbolic links are named and never followed; `.git` and `node_modules` are no part of it. */
export interface Directory {
  /** Its own name, without the path to it. */
  readonly name: string;
  /** Every file below it, in path order. Rejects when the directory cannot be read, or holds more than a limit. */
  list(): Promise<readonly TreeEntry[]>;
  /** The answer has an entry for every path asked for. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, FileRead>>;
}
