import { type CommitSha, commitSha, type Repository } from '../../domain/identity.ts';
import { type Checkout, CheckoutFailed, type TreeEntry } from '../../flows/ports/checkout.ts';
import { branchRef, commitRef, pullRef, type WantedRef } from './branch-ref.ts';
import { type CheckoutLog, mirrors as openMirrors } from './mirror.ts';
import { listEntries, readFilesAt } from './read-files.ts';
import { commitTestMerge, mergeForTest, treeAt } from './test-merge.ts';
import { splitAtNul } from './tree-listing.ts';

export interface GitCheckoutOptions {
  /** Holds a bare repository for each repository; belongs to one process at a time. */
  readonly directory: string;
  /** An http or https URL (file in tests) without credentials. */
  readonly originUrl: (repository: Repository) => string;
  /** Asked before each fetch; undefined fetches without one. */
  readonly token: (repository: Repository) => Promise<string | undefined>;
  readonly log: CheckoutLog;
  /** For each git child; default 300,000. */
  readonly timeoutMs?: number;
  /** Larger files are refused; default 8 MiB. */
  readonly maxFileBytes?: number;
  /** For one `readFiles`; what goes beyond it is refused. Default 128 MiB. */
  readonly maxTotalBytes?: number;
  /** Each fetch adds a pack; so many are made into one. Default 50. */
  readonly repackAfterPacks?: number;
}

/** `Checkout` by the `git` on PATH (2.39.4 or newer). `close` kills what still runs; nothing can be asked afterwards. */
export function gitCheckout(options: GitCheckoutOptions): Checkout & { close(): Promise<void> } {
  const {
    timeoutMs = 300_000,
    maxFileBytes = 8 * 1024 * 1024,
    maxTotalBytes = 128 * 1024 * 1024,
    repackAfterPacks = 50,
  } = options;
  const mirrors = openMirrors({ ...options, timeoutMs, repackAfterPacks });

  async function refuseBadBranch(repository: Repository, branch: string): Promise<void> {
    const shown = JSON.stringify(branch.slice(0, 255));
    const refusal = () =>
      new CheckoutFailed(
        `fetching branch ${shown} of ${repository.owner}/${repository.name} was refused: git does not allow that name.`,
      );
    if (branch.includes('\0') || branch.length > 1000) throw refusal();
    const { code } = await mirrors.ask(repository, {
      doing: `checking the branch name ${shown}`,
      arguments: ['check-ref-format', `refs/heads/${branch}`],
      answers: [0, 1],
    });
    if (code !== 0) throw refusal();
  }

  async function tipOf(repository: Repository, ref: WantedRef): Promise<CommitSha> {
    const { output } = await mirrors.ask(repository, {
      doing: `looking up ${JSON.stringify(ref.theirs)}`,
      arguments: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref.ours}^{commit}`],
    });
    return commitSha(output.toString('latin1').trim());
  }

  async function isCommit(repository: Repository, commit: CommitSha): Promise<boolean> {
    const { output } = await mirrors.ask(repository, {
      doing: `looking for ${commit}`,
      arguments: ['cat-file', '--batch-check'],
      input: `${commit}\n`,
    });
    return output.toString('latin1').startsWith(`${commit} commit `);
  }

  return {
    async fetchBranch(repository, branch, pull) {
      await refuseBadBranch(repository, branch);
      const wanted = branchRef(branch);
      const doing = `fetching branch ${JSON.stringify(branch)}`;
      const head = pull === undefined ? undefined : pullRef(pull);
      const both = await mirrors.fetchRefs(repository, head === undefined ? [wanted] : [wanted, head], doing);
      if (both.kind === 'fetched') {
        return {
          tip: await tipOf(repository, wanted),
          ...(head === undefined ? {} : { head: await tipOf(repository, head) }),
        };
      }
      const alone =
        head !== undefined && both.ref === head.theirs ? await mirrors.fetchRefs(repository, [wanted], doing) : both;
      if (alone.kind === 'absent') {
        throw new CheckoutFailed(
          `${doing} of ${repository.owner}/${repository.name} failed: GitHub has no such branch (any more).`,
        );
      }
      if (head !== undefined) await mirrors.forgetRef(repository, head.ours);
      return { tip: await tipOf(repository, wanted) };
    },

    async fetchCommit(repository, commit) {
      if (await isCommit(repository, commit)) return true;
      const fetched = await mirrors.fetchRefs(repository, [commitRef(commit)], `fetching commit ${commit}`);
      return fetched.kind === 'fetched' && (await isCommit(repository, commit));
    },

    testMerge: (repository, base, head) => mergeForTest(mirrors, { repository, base, head }),

    commitTestMerge: (repository, base, head) => commitTestMerge(mirrors, { repository, base, head }),

    async changedPaths(repository, from, to) {
      const { output } = await mirrors.ask(repository, {
        doing: `comparing ${from} with ${to}`,
        arguments: [
          'diff-tree',
          '-r',
          '-z',
          '--name-only',
          '--no-renames',
          '--no-ext-diff',
          '--ignore-submodules=none',
          '--end-of-options',
          from,
          to,
        ],
      });
      return splitAtNul(output).map((path) => path.toString('utf8'));
    },

    async listTree(repository, at) {
      const entries = await listEntries(mirrors, repository, at);
      return entries.map(({ path, kind, id }): TreeEntry => ({ path, kind, id }));
    },

    readFiles: (repository, at, paths) =>
      readFilesAt(mirrors, { maxFileBytes, maxTotalBytes }, { repository, at, paths }),

    async isAncestor(repository, ancestor, commit) {
      const { code } = await mirrors.ask(repository, {
        doing: `looking for ${ancestor} in the history of ${commit}`,
        arguments: ['merge-base', '--is-ancestor', '--end-of-options', ancestor, commit],
        answers: [0, 1],
      });
      return code === 0;
    },

    async firstParent(repository, commit) {
      const { output } = await mirrors.ask(repository, {
        doing: `looking for the parent of ${commit}`,
        arguments: ['rev-list', '--parents', '--max-count=1', '--end-of-options', commit],
      });
      const [, parent] = output.toString('latin1').trim().split(' ');
      return parent === undefined ? undefined : commitSha(parent);
    },

    treeOf: (repository, commit) => treeAt(mirrors, repository, commit),

    close: () => mirrors.close(),
  };
}
