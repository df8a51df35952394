import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { ManifestFile } from '../../../src/domain/manifest/manifest-file.ts';

const directory = process.env.PLANWRIGHT_CASES ?? resolve(import.meta.dirname, '../../../../shared/cases');

/** The inputs from real repositories, or undefined (said on the terminal) where they are not on this machine. */
export function casesDirectory(): string | undefined {
  if (existsSync(directory)) return directory;
  console.warn('did not run: the cases from real repositories are absent (set PLANWRIGHT_CASES to their directory)');
  return undefined;
}

/** The manifest files below a directory, by their path in it. */
export function manifestsBelow(root: string): ManifestFile[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { path: relative(root, path), text: readFileSync(path, 'utf8') };
  });
}
