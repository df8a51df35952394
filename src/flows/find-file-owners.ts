import { codeOwnersPaths, maxCodeOwnersBytes, readCodeOwners } from '../domain/codeowners/code-owners.ts';
import { type FileOwners, findOwnedFiles } from '../domain/codeowners/owned-files.ts';
import type { CommitSha, Repository } from '../domain/identity.ts';
import { inTurns } from './in-turns.ts';
import type { Checkout } from './ports/checkout.ts';
import type { Clock } from './ports/clock.ts';
import type { PullRequest } from './ports/github.ts';
import { textOf } from './render-stack.ts';

export interface CodeOwnerPorts {
  readonly checkout: Pick<Checkout, 'fetchCommit' | 'testMerge' | 'changedPaths' | 'listTree' | 'readFiles'>;
  readonly clock: Clock;
}

/** A pull request: what is asked is what its head changes. */
export interface ChangedHead extends Pick<PullRequest, 'repository' | 'number'> {
  readonly head: Pick<PullRequest['head'], 'sha'>;
}

export type FileOwnersFound =
  | { readonly kind: 'found'; readonly files: readonly FileOwners[] }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Each team is one request. */
const maxTeams = 100;

/** The files that the head changes and somebody owns, by CODEOWNERS as it stands on the base branch: the head's own says nothing. */
export async function findFileOwners(
  ports: CodeOwnerPorts,
  { repository, head }: ChangedHead,
  { base, owners = base }: { readonly base: CommitSha | undefined; readonly owners?: CommitSha | undefined },
): Promise<FileOwnersFound> {
  const { checkout } = ports;
  if (base === undefined || owners === undefined) return unknown('no plan of this head tells which files it changes');
  for (const commit of new Set([base, owners, head.sha]))
    if (!(await checkout.fetchCommit(repository, commit))) return unknown(`GitHub does not have ${commit} any more`);
  const merged = await checkout.testMerge(repository, base, head.sha);
  if (merged.kind === 'conflict') return unknown('the head conflicts with the base');
  const text = await codeOwnersText(checkout, repository, owners);
  if (text.kind !== 'text') return text.kind === 'absent' ? { kind: 'found', files: [] } : text;
  const read = await inTurns(readCodeOwners(text.text), ports.clock);
  if (read.kind === 'unreadable') return unknown(`${text.path}, ${read.reason}`);
  const paths = await checkout.changedPaths(repository, base, merged.tree);
  const found = await inTurns(findOwnedFiles(read.lines, paths), ports.clock);
  if (found.kind === 'too-many')
    return unknown(
      `${text.path} has too many patterns that begin with a wildcard for ${paths.length} changed files; begin them with a directory, or change fewer files`,
    );
  const teams = new Set(
    found.files.flatMap(({ owners }) => owners.flatMap((owner) => (owner.kind === 'team' ? owner.written : []))),
  );
  if (teams.size > maxTeams)
    return unknown(`the changed files are owned by ${teams.size} teams, more than ${maxTeams}; change fewer files`);
  return found;
}

async function codeOwnersText(
  checkout: CodeOwnerPorts['checkout'],
  repository: Repository,
  base: CommitSha,
): Promise<
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string }
> {
  const paths = new Set((await checkout.listTree(repository, base)).map((entry) => entry.path));
  const path = codeOwnersPaths.find((candidate) => paths.has(candidate));
  if (path === undefined) return { kind: 'absent' };
  const read = (await checkout.readFiles(repository, base, [path])).get(path);
  if (read?.kind === 'file' && read.bytes.byteLength > maxCodeOwnersBytes)
    return unknown(`${path} is larger than 3 MB, which GitHub does not load`);
  const text = textOf(path, read);
  return text.kind === 'text' ? { kind: 'text', path, text: text.text } : unknown(text.problem.message);
}

function unknown(reason: string): { readonly kind: 'unknown'; readonly reason: string } {
  return { kind: 'unknown', reason };
}
