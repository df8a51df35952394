import type { TreeEntry } from '../../flows/ports/checkout.ts';

export interface ListedEntry extends TreeEntry {
  /** False when bytes of the name had to be replaced to show it. */
  readonly nameIsUtf8: boolean;
}

/** Reads `git ls-tree -r -z`. */
export function parseTreeListing(output: Buffer): readonly ListedEntry[] {
  return splitAtNul(output).map((record) => {
    const tab = record.indexOf('\t');
    const [mode, type, id] = record.subarray(0, tab).toString('latin1').split(' ');
    if (tab < 0 || mode === undefined || type === undefined || id === undefined) {
      throw new Error(`git ls-tree wrote a line that is not understood: ${JSON.stringify(record.toString('latin1'))}`);
    }
    const name = record.subarray(tab + 1);
    const path = name.toString('utf8');
    return { path, kind: kindOf(mode, type), id, nameIsUtf8: Buffer.from(path, 'utf8').equals(name) };
  });
}

function kindOf(mode: string, type: string): TreeEntry['kind'] {
  if (type === 'commit') return 'submodule';
  if (mode === '120000') return 'symlink';
  return 'file';
}

/** The parts that git's `-z` ends with a NUL byte. */
export function splitAtNul(output: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  while (start < output.length) {
    const end = output.indexOf(0, start);
    const stop = end < 0 ? output.length : end;
    parts.push(output.subarray(start, stop));
    start = stop + 1;
  }
  return parts;
}
