import { splitAtNul } from './tree-listing.ts';

/** One path that differs between two trees; a side that has no file there, or a submodule, has no blob. */
export interface PathDifference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Reads `git diff-tree -r -z --raw --no-abbrev --no-renames`. */
export function parseTreeDifference(output: Buffer): readonly PathDifference[] {
  const parts = splitAtNul(output);
  const differences: PathDifference[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [oldMode, newMode, before, after] = (parts[index]?.toString('latin1') ?? '').replace(/^:/, '').split(' ');
    // Latin-1 keeps every byte of a name apart; these paths are only compared, never shown.
    const path = parts[index + 1]?.toString('latin1') ?? '';
    differences.push({ path, before: blob(oldMode, before), after: blob(newMode, after) });
  }
  return differences;
}

function blob(mode: string | undefined, id: string | undefined): string | undefined {
  if (mode === undefined || id === undefined) throw new Error('git diff-tree wrote a line that is not understood');
  return mode === '000000' || mode === '160000' ? undefined : id;
}
