import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { FileRead, TreeEntry } from '../../flows/ports/checkout.ts';
import type { Directory } from '../../flows/ports/directory.ts';

export interface DirectoryLimits {
  readonly maxEntries?: number;
  /** Larger files are refused. */
  readonly maxFileBytes?: number;
  /** For one reading; what goes beyond it is refused. */
  readonly maxTotalBytes?: number;
}

const leftOut = new Set(['.git', 'node_modules']);

/** A directory of the local file system. Its files are read one after the other: a command that does nothing else is fastest so. */
export function localDirectory(path: string, limits: DirectoryLimits = {}): Directory {
  const root = resolve(path);
  const { maxEntries = 200_000, maxFileBytes = 10 * 1024 * 1024, maxTotalBytes = 512 * 1024 * 1024 } = limits;
  return {
    name: basename(root),
    list: async () => listBelow(root, maxEntries),
    read: async (paths) => {
      const reads = new Map<string, FileRead>();
      let totalBytes = 0;
      for (const wanted of paths) {
        const left = Math.min(maxFileBytes, maxTotalBytes - totalBytes);
        const read = readFile(join(root, wanted), left);
        if (read.kind === 'file') totalBytes += read.bytes.length;
        reads.set(wanted, read);
      }
      return reads;
    },
  };
}

function listBelow(root: string, maxEntries: number): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  const waiting = [''];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!leftOut.has(entry.name)) waiting.push(path);
        continue;
      }
      const kind = kindOf(entry);
      if (kind === undefined) continue;
      if (entries.length >= maxEntries)
        throw new Error(`${root} holds more than ${maxEntries} files; name a directory below it`);
      entries.push({ path, kind, id: '' });
    }
  }
  return entries.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Pipes, sockets and devices are no files. */
function kindOf(entry: Dirent): TreeEntry['kind'] | undefined {
  if (entry.isSymbolicLink()) return 'symlink';
  return entry.isFile() ? 'file' : undefined;
}

function readFile(path: string, maxBytes: number): FileRead {
  let file: number;
  try {
    // What was a file when it was listed may be a link or a pipe by now.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { kind: 'absent' };
    return { kind: 'refused', reason: code === 'ELOOP' ? 'it is a symbolic link' : `it cannot be opened (${code})` };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { kind: 'refused', reason: 'it is no file' };
    if (stats.size > maxBytes) return { kind: 'refused', reason: `it has ${stats.size} bytes, more than ${maxBytes}` };
    return { kind: 'file', bytes: readFileSync(file) };
  } finally {
    closeSync(file);
  }
}
