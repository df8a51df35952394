import type { CommitSha, Repository, TreeSha } from '../../domain/identity.ts';
import type { FileRead } from '../../flows/ports/checkout.ts';
import { blobContents, bringBlobs } from './blob-contents.ts';
import type { Mirrors } from './mirror.ts';
import { type ListedEntry, parseTreeListing } from './tree-listing.ts';

export interface ReadLimits {
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

export async function listEntries(
  mirrors: Mirrors,
  repository: Repository,
  at: CommitSha | TreeSha,
): Promise<readonly ListedEntry[]> {
  const { output } = await mirrors.ask(repository, {
    doing: `listing ${at}`,
    arguments: ['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', at],
  });
  return parseTreeListing(output);
}

/** See `Checkout.readFiles`. */
export async function readFilesAt(
  mirrors: Mirrors,
  limits: ReadLimits,
  what: { readonly repository: Repository; readonly at: CommitSha | TreeSha; readonly paths: readonly string[] },
): Promise<ReadonlyMap<string, FileRead>> {
  const { repository, at, paths } = what;
  const reads = new Map<string, FileRead>();
  if (paths.length === 0) return reads;
  const entries = new Map((await listEntries(mirrors, repository, at)).map((entry) => [entry.path, entry]));
  const wanted = new Map<string, string>();
  for (const path of paths) {
    const entry = entries.get(path);
    const reason = entry === undefined ? undefined : refusalOfEntry(entry);
    if (entry === undefined) reads.set(path, { kind: 'absent' });
    else if (reason !== undefined) reads.set(path, refused(reason));
    else wanted.set(path, entry.id);
  }
  const sizes = await bringBlobs(mirrors, repository, [...wanted.values()]);
  const fitting = new Set<string>();
  let totalBytes = 0;
  for (const [path, blob] of wanted) {
    const sizeBytes = sizes.get(blob);
    if (sizeBytes === undefined) reads.set(path, refused('GitHub did not send it'));
    else if (sizeBytes > limits.maxFileBytes)
      reads.set(path, refused(`it has ${sizeBytes} bytes, more than ${limits.maxFileBytes}`));
    else if (fitting.has(blob)) continue;
    else if (totalBytes + sizeBytes > limits.maxTotalBytes)
      reads.set(path, refused(`the files before it fill the limit of ${limits.maxTotalBytes} bytes`));
    else {
      totalBytes += sizeBytes;
      fitting.add(blob);
    }
  }
  const contents = await blobContents(mirrors, repository, [...fitting], totalBytes);
  for (const [path, blob] of wanted) {
    const bytes = contents.get(blob);
    if (bytes !== undefined && !reads.has(path)) reads.set(path, fileOrPointer(bytes));
  }
  return reads;
}

function refused(reason: string): FileRead {
  return { kind: 'refused', reason };
}

function refusalOfEntry(entry: ListedEntry): string | undefined {
  if (entry.kind === 'symlink') return 'it is a symbolic link';
  if (entry.kind === 'submodule') return 'it is a submodule';
  if (!entry.nameIsUtf8) return 'its name is not UTF-8';
  if (entry.path.split('/').some(isReservedName))
    return 'its path has a part that means something to the file system or to git';
  return undefined;
}

/** Names that would leave the tree or reach git's own folder, also in the spellings that case-insensitive file systems take for the same. */
function isReservedName(part: string): boolean {
  return part === '' || part === '.' || part === '..' || /^(\.git|git~1)[ .]*$/i.test(part.replace(/\p{Cf}/gu, ''));
}

const pointerHeader = /^version https:\/\/(git-lfs|hawser)\.github\.com\/spec\//;

function fileOrPointer(bytes: Uint8Array): FileRead {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString('latin1');
  return pointerHeader.test(start) ? refused('it is a Git LFS pointer, not the file itself') : { kind: 'file', bytes };
}
