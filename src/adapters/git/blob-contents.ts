import type { Repository } from '../../domain/identity.ts';
import { CheckoutFailed } from '../../flows/ports/checkout.ts';
import type { Mirrors } from './mirror.ts';

/** The size in bytes of each of these blobs that the mirror holds; the missing ones have no entry. */
async function blobSizes(
  mirrors: Mirrors,
  repository: Repository,
  blobs: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (blobs.length === 0) return new Map();
  const { output } = await mirrors.ask(repository, {
    doing: 'looking up files',
    arguments: ['cat-file', '--batch-check', '--buffer'],
    input: `${blobs.join('\n')}\n`,
  });
  const sizes = new Map<string, number>();
  for (const line of output.toString('latin1').split('\n')) {
    const [id, type, size] = line.split(' ');
    if (id !== undefined && type === 'blob' && size !== undefined) sizes.set(id, Number(size));
  }
  return sizes;
}

/** Fetches those of these blobs that the mirror lacks, in one request, and gives all sizes in bytes. */
export async function bringBlobs(
  mirrors: Mirrors,
  repository: Repository,
  blobs: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const distinct = [...new Set(blobs)];
  const present = await blobSizes(mirrors, repository, distinct);
  const missing = distinct.filter((blob) => !present.has(blob));
  if (missing.length === 0) return present;
  await mirrors.fetchBlobs(repository, missing);
  return new Map([...present, ...(await blobSizes(mirrors, repository, missing))]);
}

/** The contents of blobs that the mirror holds. */
export async function blobContents(
  mirrors: Mirrors,
  repository: Repository,
  blobs: readonly string[],
  maxBytes: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (blobs.length === 0) return new Map();
  const headerBytes = 256;
  const { output } = await mirrors.ask(repository, {
    doing: 'reading files',
    arguments: ['cat-file', '--batch', '--buffer'],
    input: `${blobs.join('\n')}\n`,
    maxOutputBytes: maxBytes + blobs.length * headerBytes,
  });
  const contents = new Map<string, Uint8Array>();
  let at = 0;
  while (at < output.length) {
    const lineEnd = output.indexOf('\n', at);
    const [id, type, size] = output.subarray(at, lineEnd).toString('latin1').split(' ');
    if (lineEnd < 0 || id === undefined || type !== 'blob' || size === undefined) {
      throw new CheckoutFailed(
        `reading files of ${repository.owner}/${repository.name} failed: git no longer has ${id ?? 'a blob'}. Trying again is safe.`,
      );
    }
    const start = lineEnd + 1;
    contents.set(id, output.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return contents;
}
