import type { CommitSha, PullNumber, Repository, TreeSha } from '../../domain/identity.ts';

export type TestMerge =
  | { readonly kind: 'merged'; readonly tree: TreeSha }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

/** An entry of a tree. Symbolic links and submodules are named so that they can be refused. */
export interface TreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'submodule';
  /** Blob (or commit, for a submodule) id. */
  readonly id: string;
  readonly sizeBytes?: number;
}

export type FileRead =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'absent' }
  /** A symbolic link, submodule, LFS pointer or a file over the limit: never followed, never read. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Repositories as bare partial clones on disk. Nothing is ever checked out with hooks, filters, submodules or LFS; a token is handed to git
 * for one fetch through its environment and stands in no argument, remote or file. All names and paths are untrusted.
 */
export interface Checkout {
  /**
   * Brings the branch's tip (and the pull request's head) into the mirror, creating it when it is missing.
   * `head` is undefined when the pull request's ref does not exist.
   */
  fetchBranch(
    repository: Repository,
    branch: string,
    pull?: PullNumber,
  ): Promise<{ readonly tip: CommitSha; readonly head?: CommitSha }>;
  /** Makes sure that this commit is in the mirror; false when GitHub does not have it (any more). */
  fetchCommit(repository: Repository, commit: CommitSha): Promise<boolean>;
  /** `git merge-tree`: head merged into base, as a tree. Both commits are in the mirror. */
  testMerge(repository: Repository, base: CommitSha, head: CommitSha): Promise<TestMerge>;
  /**
   * The test merge as a commit with these parents, in the mirror alone: the same parents give the same commit, also after the mirror was lost. Undefined
   * when they conflict. Both commits are in the mirror.
   */
  commitTestMerge(repository: Repository, base: CommitSha, head: CommitSha): Promise<CommitSha | undefined>;
  /** Every path that differs (both sides of a rename). */
  changedPaths(repository: Repository, from: CommitSha | TreeSha, to: CommitSha | TreeSha): Promise<readonly string[]>;
  listTree(repository: Repository, at: CommitSha | TreeSha): Promise<readonly TreeEntry[]>;
  /** Reads these files; the blobs that are missing are fetched in one batch first. The answer has an entry for every path asked for. */
  readFiles(
    repository: Repository,
    at: CommitSha | TreeSha,
    paths: readonly string[],
  ): Promise<ReadonlyMap<string, FileRead>>;
  /** True when `ancestor` is reachable from `commit` (or is it). */
  isAncestor(repository: Repository, ancestor: CommitSha, commit: CommitSha): Promise<boolean>;
  /** Undefined for a root commit. */
  firstParent(repository: Repository, commit: CommitSha): Promise<CommitSha | undefined>;
  /** The tree of a commit. */
  treeOf(repository: Repository, commit: CommitSha): Promise<TreeSha>;
}

/** git ended with an error; the message holds git's own words without any token. */
export class CheckoutFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CheckoutFailed';
  }
}
