import { type CommitSha, commitSha, type Repository, treeSha } from '../../domain/identity.ts';
import { CheckoutFailed, type TestMerge } from '../../flows/ports/checkout.ts';
import { bringBlobs } from './blob-contents.ts';
import { blobsReadByMerge, everyBlob } from './merge-blobs.ts';
import type { Answer, Mirrors } from './mirror.ts';
import { type PathDifference, parseTreeDifference } from './tree-difference.ts';
import { splitAtNul } from './tree-listing.ts';

interface Sides {
  readonly repository: Repository;
  readonly base: CommitSha;
  readonly head: CommitSha;
}

const cannotRead = /unable to (read|access)|could not (read|fetch)|missing blob|cannot read/i;

/** See `Checkout.testMerge`. */
export async function mergeForTest(mirrors: Mirrors, sides: Sides): Promise<TestMerge> {
  const { repository, base, head } = sides;
  const mergeBases = await findMergeBases(mirrors, sides);
  const [only] = mergeBases;
  if (only === base || only === head)
    return { kind: 'merged', tree: await treeAt(mirrors, repository, only === base ? head : base) };
  const few = only !== undefined && mergeBases.length === 1;
  await bringBlobs(
    mirrors,
    repository,
    few ? await likelyBlobs(mirrors, sides, only) : await allBlobs(mirrors, sides, mergeBases),
  );
  try {
    return parseTestMerge(await runMerge(mirrors, sides));
  } catch (error) {
    if (!few || !(error instanceof CheckoutFailed) || !cannotRead.test(error.message)) throw error;
    // Another version of git may read more than we think: bring all that it can read.
    mirrors.log.warn(
      { repository: `${repository.owner}/${repository.name}`, base, head },
      'a merge read more than foreseen',
    );
    await bringBlobs(mirrors, repository, await allBlobs(mirrors, sides, mergeBases));
    return parseTestMerge(await runMerge(mirrors, sides));
  }
}

/** Nobody's name and no time: nothing but the parents may decide the commit's id. */
const signature = 'planwright <> 0 +0000';

/** See `Checkout.commitTestMerge`. */
export async function commitTestMerge(mirrors: Mirrors, sides: Sides): Promise<CommitSha | undefined> {
  const { repository, base, head } = sides;
  const merged = await mergeForTest(mirrors, sides);
  if (merged.kind === 'conflict') return undefined;
  const lines = [
    `tree ${merged.tree}`,
    `parent ${base}`,
    `parent ${head}`,
    `author ${signature}`,
    `committer ${signature}`,
    '',
    'Test merge',
    '',
  ];
  const { output } = await mirrors.ask(repository, {
    doing: `keeping the test merge of ${head} into ${base}`,
    arguments: ['hash-object', '-t', 'commit', '-w', '--stdin'],
    input: lines.join('\n'),
  });
  return commitSha(output.toString('latin1').trim());
}

function runMerge(mirrors: Mirrors, { repository, base, head }: Sides): Promise<Answer> {
  return mirrors.ask(repository, {
    doing: `merging ${head} into ${base}`,
    arguments: ['merge-tree', '--write-tree', '--name-only', '-z', '--no-messages', '--end-of-options', base, head],
    answers: [0, 1],
  });
}

function parseTestMerge({ code, output }: Answer): TestMerge {
  const [tree, ...files] = splitAtNul(output).map((part) => part.toString('utf8'));
  if (code === 0) return { kind: 'merged', tree: treeSha(tree ?? '') };
  return { kind: 'conflict', files: [...new Set(files)].filter((file) => file !== '') };
}

export async function treeAt(mirrors: Mirrors, repository: Repository, commit: CommitSha) {
  const { output } = await mirrors.ask(repository, {
    doing: `looking up the tree of ${commit}`,
    arguments: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`],
  });
  return treeSha(output.toString('latin1').trim());
}

async function findMergeBases(mirrors: Mirrors, { repository, base, head }: Sides): Promise<readonly string[]> {
  const { code, output } = await mirrors.ask(repository, {
    doing: `looking for the merge base of ${base} and ${head}`,
    arguments: ['merge-base', '--all', '--end-of-options', base, head],
    answers: [0, 1],
  });
  if (code === 0) return output.toString('latin1').trim().split('\n');
  throw new CheckoutFailed(
    `merging ${head} into ${base} of ${repository.owner}/${repository.name} failed: they have unrelated histories. ` +
      'The head has no commit in common with the base: start the branch from the base branch.',
  );
}

async function differences(
  mirrors: Mirrors,
  repository: Repository,
  from: string,
  to: string,
): Promise<readonly PathDifference[]> {
  const { output } = await mirrors.ask(repository, {
    doing: `comparing ${from} with ${to}`,
    arguments: ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--end-of-options', from, to],
  });
  return parseTreeDifference(output);
}

async function likelyBlobs(
  mirrors: Mirrors,
  { repository, base, head }: Sides,
  mergeBase: string,
): Promise<readonly string[]> {
  const [ours, theirs] = await Promise.all([
    differences(mirrors, repository, mergeBase, base),
    differences(mirrors, repository, mergeBase, head),
  ]);
  return [...blobsReadByMerge(ours, theirs)];
}

/** Several merge bases are merged with one another first, so every blob that differs between any two of the commits may be read. */
async function allBlobs(mirrors: Mirrors, sides: Sides, mergeBases: readonly string[]): Promise<readonly string[]> {
  const { repository, base, head } = sides;
  const commits = new Set<string>([base, head, ...mergeBases]);
  await addOlderMergeBases(mirrors, repository, mergeBases, commits);
  const [first, ...rest] = [...commits];
  if (first === undefined) return [];
  const sets = await Promise.all(rest.map((commit) => differences(mirrors, repository, first, commit)));
  return [...new Set(sets.flatMap((set) => [...everyBlob(set)]))];
}

async function addOlderMergeBases(
  mirrors: Mirrors,
  repository: Repository,
  mergeBases: readonly string[],
  commits: Set<string>,
): Promise<void> {
  if (mergeBases.length < 2) return;
  const [first, ...rest] = mergeBases;
  if (first === undefined) return;
  const { output } = await mirrors.ask(repository, {
    doing: 'looking for older merge bases',
    arguments: ['merge-base', '--all', '--end-of-options', first, ...rest],
    answers: [0, 1],
  });
  const older = output
    .toString('latin1')
    .split('\n')
    .filter((id) => id !== '' && !commits.has(id));
  for (const id of older) commits.add(id);
  await addOlderMergeBases(mirrors, repository, older, commits);
}
