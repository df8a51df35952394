import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { type KnownSchemas, readBundle } from '../../domain/schema/known-schemas.ts';
import type { BundledSchemas } from '../../flows/ports/bundled-schemas.ts';

const newest = '1.35';
const versions = [newest, '1.34', '1.33', '1.32'] as const;

/** The files of schema/kubernetes, 15 KB each. */
export function bundledSchemas(): BundledSchemas {
  const read = new Map<string, KnownSchemas>();
  const load = (version: string) => {
    const known = read.get(version) ?? readBundle(textOf(version));
    read.set(version, known);
    return known;
  };
  return {
    versions,
    newest: () => load(newest),
    of: (version) => (versions.some((one) => one === version) ? load(version) : undefined),
  };
}

function textOf(version: string): string {
  const file = new URL(`../../../schema/kubernetes/${version}.json.br`, import.meta.url);
  return brotliDecompressSync(readFileSync(file)).toString('utf8');
}
