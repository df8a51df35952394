import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Signature {
  readonly name: string;
  readonly email: string;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature & { readonly at: Date };
  readonly committer: Signature & { readonly at: Date };
  readonly message: string;
}

export interface ChangedFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly sha: string;
  readonly path: string;
  readonly size: number;
}

/** null deletes the path; a mode makes a symbolic link (`120000`), an executable (`100755`) or a submodule (`160000`, content a SHA). */
export type FileContent =
  | string
  | null
  | { readonly mode: '100644' | '100755' | '120000' | '160000'; readonly content: string };

export interface NewCommit {
  readonly files: Readonly<Record<string, FileContent>>;
  readonly parent: string | null;
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
  readonly at: Date;
}

export const noCommit = '0'.repeat(40);

const servingOptions = `[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[gc]
\tauto = 0
`;

/** The repositories' real git directories, one bare repository an id. Branches and `refs/pull/N/head` are ordinary refs. */
export class GitStorage {
  readonly #root: string;
  readonly #commits = new Map<string, Commit>();
  readonly #ranges = new Map<string, Promise<readonly string[]>>();
  readonly #differences = new Map<string, Promise<readonly ChangedFile[]>>();

  constructor(root: string) {
    this.#root = root;
  }

  directory(repositoryId: number): string {
    return join(this.#root, `${repositoryId}.git`);
  }

  async create(repositoryId: number, defaultBranch: string): Promise<void> {
    const directory = this.directory(repositoryId);
    await mkdir(directory, { recursive: true });
    await this.#git(repositoryId, ['init', '--quiet', '--bare', '--template=', `--initial-branch=${defaultBranch}`]);
    await appendFile(join(directory, 'config'), servingOptions);
  }

  /** The commit that a branch, a tag, a full ref name or a SHA stands for; null when there is none. */
  async resolve(repositoryId: number, name: string): Promise<string | null> {
    for (const candidate of [name, `refs/heads/${name}`, `refs/${name}`]) {
      if (candidate.startsWith('-')) continue;
      const answer = await this.#tryGit(repositoryId, [
        'rev-parse',
        '--verify',
        '--quiet',
        '--end-of-options',
        `${candidate}^{commit}`,
      ]);
      if (answer !== null) return answer.trim();
    }
    return null;
  }

  async refs(repositoryId: number, prefix: string): Promise<ReadonlyMap<string, string>> {
    const text = await this.#git(repositoryId, ['for-each-ref', '--format=%(objectname) %(refname)', prefix]);
    return new Map(lines(text).map((line) => [line.slice(41), line.slice(0, 40)]));
  }

  async setRef(repositoryId: number, ref: string, sha: string): Promise<void> {
    await this.#git(repositoryId, ['update-ref', ref, sha]);
  }

  /** Moves a ref only if it still is where the caller saw it. */
  async moveRef(
    repositoryId: number,
    ref: string,
    move: { readonly before: string; readonly after: string },
  ): Promise<void> {
    await this.#git(repositoryId, ['update-ref', ref, move.after, move.before]);
  }

  async deleteRef(repositoryId: number, ref: string): Promise<void> {
    await this.#git(repositoryId, ['update-ref', '-d', ref]);
  }

  /** Writes one commit and returns its SHA; no ref moves. */
  async commit(repositoryId: number, commit: NewCommit): Promise<string> {
    const when = `${Math.floor(commit.at.getTime() / 1000)} +0000`;
    const ref = `refs/sandbox/${randomUUID()}`;
    const parts = [
      'feature done\n',
      `commit ${ref}\n`,
      'mark :1\n',
      `author ${commit.author.name} <${commit.author.email}> ${when}\n`,
      `committer ${commit.committer.name} <${commit.committer.email}> ${when}\n`,
      data(commit.message),
    ];
    if (commit.parent !== null) parts.push(`from ${commit.parent}\n`);
    for (const [path, content] of Object.entries(commit.files)) {
      parts.push(fileChange(path, content));
    }
    parts.push('\nget-mark :1\n', `reset ${ref}\nfrom ${noCommit}\n`, '\ndone\n');
    const answer = await this.#git(repositoryId, ['fast-import', '--quiet', '--force'], { input: parts.join('') });
    return answer.trim();
  }

  /** A commit of an existing tree. */
  async commitTree(
    repositoryId: number,
    commit: Omit<NewCommit, 'files' | 'parent'> & { readonly tree: string; readonly parents: readonly string[] },
  ): Promise<string> {
    const when = `${Math.floor(commit.at.getTime() / 1000)} +0000`;
    const answer = await this.#git(
      repositoryId,
      ['commit-tree', commit.tree, ...commit.parents.flatMap((parent) => ['-p', parent])],
      {
        input: commit.message,
        environment: {
          GIT_AUTHOR_NAME: commit.author.name,
          GIT_AUTHOR_EMAIL: commit.author.email,
          GIT_AUTHOR_DATE: when,
          GIT_COMMITTER_NAME: commit.committer.name,
          GIT_COMMITTER_EMAIL: commit.committer.email,
          GIT_COMMITTER_DATE: when,
        },
      },
    );
    return answer.trim();
  }

  /** The tree of merging `head` into `base`; null when they conflict. */
  async mergeTree(repositoryId: number, base: string, head: string): Promise<string | null> {
    const answer = await this.#tryGit(repositoryId, ['merge-tree', '--write-tree', base, head]);
    return answer === null ? null : (lines(answer)[0] ?? null);
  }

  async mergeBase(repositoryId: number, one: string, other: string): Promise<string | null> {
    const answer = await this.#tryGit(repositoryId, ['merge-base', one, other]);
    return answer === null ? null : answer.trim();
  }

  async isAncestor(repositoryId: number, ancestor: string, descendant: string): Promise<boolean> {
    return (await this.#tryGit(repositoryId, ['merge-base', '--is-ancestor', ancestor, descendant])) !== null;
  }

  /** The commits that `head` has and `base` has not, oldest first; all of `head`'s when `base` is null. */
  between(repositoryId: number, base: string | null, head: string): Promise<readonly string[]> {
    const range = base === null || base === noCommit ? [head] : [head, `^${base}`];
    return remembered(this.#ranges, `${repositoryId} ${range.join(' ')}`, async () =>
      lines(await this.#git(repositoryId, ['rev-list', '--topo-order', '--reverse', ...range, '--'])),
    );
  }

  async read(repositoryId: number, sha: string): Promise<Commit> {
    const known = this.#commits.get(sha);
    if (known !== undefined) return known;
    const format = ['%H', '%T', '%P', '%an', '%ae', '%at', '%cn', '%ce', '%ct', '%B'].join('%x00');
    const text = await this.#git(repositoryId, ['log', '-1', `--format=${format}`, '--end-of-options', sha]);
    const [
      hash,
      tree,
      parents,
      authorName,
      authorEmail,
      authoredAt,
      committerName,
      committerEmail,
      committedAt,
      message,
    ] = text.split('\0');
    const commit: Commit = {
      sha: hash ?? sha,
      tree: tree ?? '',
      parents: (parents ?? '').split(' ').filter((parent) => parent !== ''),
      author: { name: authorName ?? '', email: authorEmail ?? '', at: new Date(Number(authoredAt) * 1000) },
      committer: { name: committerName ?? '', email: committerEmail ?? '', at: new Date(Number(committedAt) * 1000) },
      message: (message ?? '').trimEnd(),
    };
    this.#commits.set(sha, commit);
    return commit;
  }

  /** Commits never change, so neither does their difference: it is worked out once. */
  changedFiles(repositoryId: number, from: string, to: string): Promise<readonly ChangedFile[]> {
    return remembered(this.#differences, `${repositoryId} ${from} ${to}`, async () => {
      const options = ['--no-ext-diff', '--no-textconv', '-M', '-z', '--no-abbrev', '--raw', '--numstat'];
      const text = await this.#git(repositoryId, ['diff', ...options, from, to, '--']);
      const counts = countsByPath(text);
      return rawEntries(text).map((entry) => ({
        ...entry,
        ...(counts.get(entry.path) ?? { additions: 0, deletions: 0 }),
      }));
    });
  }

  async entry(repositoryId: number, commit: string, path: string): Promise<TreeEntry | null> {
    if (path === '')
      return { mode: '040000', type: 'tree', sha: (await this.read(repositoryId, commit)).tree, path: '', size: 0 };
    return (await this.#list(repositoryId, [commit, '--', path]))[0] ?? null;
  }

  async entries(repositoryId: number, commit: string, path: string): Promise<readonly TreeEntry[]> {
    return this.#list(repositoryId, path === '' ? [commit] : [commit, '--', `${path}/`]);
  }

  async blob(repositoryId: number, sha: string): Promise<Buffer> {
    return (await this.#run(repositoryId, ['cat-file', 'blob', sha], {})).output;
  }

  /** Copies a commit and what it reaches from one repository into a ref of another. */
  async copy(from: number, sha: string, to: number, ref: string): Promise<void> {
    if (from !== to) {
      const source = this.directory(from);
      await this.#git(to, [
        '-c',
        'uploadpack.allowAnySHA1InWant=true',
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        source,
        sha,
      ]);
    }
    await this.setRef(to, ref, sha);
  }

  async copyBranches(from: number, to: number): Promise<void> {
    await this.#git(to, [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      this.directory(from),
      'refs/heads/*:refs/heads/*',
    ]);
  }

  async #list(repositoryId: number, what: readonly string[]): Promise<readonly TreeEntry[]> {
    const answer = await this.#git(repositoryId, ['ls-tree', '-z', '--long', '--full-tree', ...what]);
    return answer.split('\0').flatMap((line) => {
      const found = /^(\d+) (blob|tree|commit) ([0-9a-f]+) +(\d+|-)\t(.+)$/s.exec(line);
      if (found === null) return [];
      const [, mode = '', type, sha = '', size, path = ''] = found;
      return [{ mode, type: type as TreeEntry['type'], sha, path, size: size === '-' ? 0 : Number(size) }];
    });
  }

  async #git(repositoryId: number, args: readonly string[], options: GitOptions = {}): Promise<string> {
    const result = await this.#run(repositoryId, args, options);
    if (result.code !== 0) {
      throw new Error(
        `git ${args.join(' ')} failed in the sandbox's repository ${repositoryId}: ${result.errors.trim()}`,
      );
    }
    return result.output.toString('utf8');
  }

  async #tryGit(repositoryId: number, args: readonly string[]): Promise<string | null> {
    const result = await this.#run(repositoryId, args, {});
    return result.code === 0 ? result.output.toString('utf8') : null;
  }

  #run(
    repositoryId: number,
    args: readonly string[],
    options: GitOptions,
  ): Promise<{ code: number; output: Buffer; errors: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn('git', ['-c', 'core.hooksPath=/dev/null', ...args], {
        cwd: this.directory(repositoryId),
        env: { ...gitEnvironment(this.#root), ...options.environment },
        stdio: 'pipe',
      });
      const output: Buffer[] = [];
      const errors: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
      // A git that ends early closes its input; its exit status and message say why.
      child.stdin.on('error', () => {});
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({ code: code ?? -1, output: Buffer.concat(output), errors: Buffer.concat(errors).toString('utf8') }),
      );
      if (options.input === undefined) child.stdin.end();
      else child.stdin.end(options.input);
    });
  }
}

function remembered<T>(memory: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const found = find();
  memory.set(key, found);
  return found;
}

interface GitOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Nothing of the person who runs the sandbox reaches its git: no configuration, no credentials, no hooks. */
export const gitEnvironment = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: home,
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
});

export async function temporaryGitDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'planwright-github-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const data = (content: string): string => `data ${Buffer.byteLength(content)}\n${content}\n`;

function fileChange(path: string, content: FileContent): string {
  const quoted = JSON.stringify(path);
  if (content === null) return `D ${quoted}\n`;
  if (typeof content === 'string') return `M 100644 inline ${quoted}\n${data(content)}`;
  if (content.mode === '160000') return `M 160000 ${content.content} ${quoted}\n`;
  return `M ${content.mode} inline ${quoted}\n${data(content.content)}`;
}

function countsByPath(text: string): ReadonlyMap<string, { additions: number; deletions: number }> {
  const fields = text.split('\0');
  const counts = new Map<string, { additions: number; deletions: number }>();
  for (let at = 0; at < fields.length; at += 1) {
    const [additions, deletions, path] = (fields[at] ?? '').split('\t');
    if (additions === undefined || deletions === undefined || path === undefined) continue;
    const renamed = path === '';
    const name = renamed ? fields[at + 2] : path;
    if (renamed) at += 2;
    counts.set(name ?? '', { additions: Number(additions) || 0, deletions: Number(deletions) || 0 });
  }
  return counts;
}

function rawEntries(text: string): readonly Omit<ChangedFile, 'additions' | 'deletions'>[] {
  const fields = text.split('\0');
  const entries: Omit<ChangedFile, 'additions' | 'deletions'>[] = [];
  for (let at = 0; at < fields.length; at += 1) {
    const found = /^:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(fields[at] ?? '');
    if (found === null) continue;
    const [, before = '', after = '', letter = ''] = found;
    const renamed = letter === 'R' || letter === 'C';
    const first = fields[at + 1] ?? '';
    const path = renamed ? (fields[at + 2] ?? '') : first;
    at += renamed ? 2 : 1;
    entries.push({
      path,
      previousPath: renamed ? first : null,
      status:
        letter === 'A'
          ? 'added'
          : letter === 'D'
            ? 'removed'
            : renamed
              ? 'renamed'
              : letter === 'T'
                ? 'changed'
                : 'modified',
      sha: letter === 'D' ? before : after,
    });
  }
  return entries;
}
