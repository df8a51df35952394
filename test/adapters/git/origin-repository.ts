import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type CommitSha,
  commitSha,
  installationId,
  type Repository,
  repositoryId,
} from '../../../src/domain/identity.ts';

const execute = promisify(execFile);

export type Content =
  | string
  | Buffer
  | { readonly mode: '120000' | '160000' | '100755'; readonly content: string }
  | null;

export interface OriginRepository {
  readonly repository: Repository;
  readonly folder: string;
  /** Commits these files (null deletes one) on top of `parents` (default: the ref's tip) and moves the ref there, by force if need be. */
  commit(ref: string, files: Readonly<Record<string, Content>>, parents?: readonly string[]): Promise<CommitSha>;
  git(arguments_: readonly string[], input?: string | Buffer, statuses?: readonly unknown[]): Promise<string>;
}

let lastId = 0;

export async function createOriginRepository(
  origins: string,
  name = `acme/infra-${lastId + 1}`,
): Promise<OriginRepository> {
  lastId += 1;
  const folder = join(origins, `${name}.git`);
  await execute('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder]);
  const [owner = '', short = ''] = name.split('/');
  const tips = new Map<string, CommitSha>();
  let mark = 0;

  async function git(
    arguments_: readonly string[],
    input: string | Buffer = '',
    statuses: readonly unknown[] = [0],
  ): Promise<string> {
    const child = spawn('git', ['-C', folder, ...arguments_], { stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    const words: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => words.push(chunk));
    // Commands that read no input may end before it is offered.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (!statuses.includes(code)) throw new Error(`git ${arguments_.join(' ')}: ${Buffer.concat(words).toString()}`);
    return Buffer.concat(output).toString('utf8').trim();
  }

  return {
    repository: { id: repositoryId(lastId), installation: installationId(1), owner, name: short },
    folder,
    git,
    async commit(ref, files, parents) {
      mark += 1;
      const from = parents ?? [tips.get(ref)].filter((tip) => tip !== undefined);
      const [first, ...others] = from;
      const parts: (string | Buffer)[] = [
        `commit ${ref}\ncommitter A <a@example.test> ${1_700_000_000 + mark} +0000\ndata <<END\nchange ${mark}\nEND\n`,
        ...(first === undefined ? [] : [`from ${first}\n`]),
        ...others.map((parent) => `merge ${parent}\n`),
        ...Object.entries(files).flatMap(([path, content]) => change(path, content)),
        '\n',
      ];
      // Without a parent, fast-import would go on from the ref's tip.
      const reset = first === undefined ? `reset ${ref}\n\n` : '';
      await git(
        ['fast-import', '--quiet', '--force', '--date-format=raw'],
        Buffer.concat([reset, ...parts].map((part) => Buffer.from(part))),
      );
      const tip = commitSha(await git(['rev-parse', '--verify', ref]));
      tips.set(ref, tip);
      return tip;
    },
  };
}

function change(path: string, content: Content): readonly (string | Buffer)[] {
  const name = quoted(path);
  if (content === null) return [`D ${name}\n`];
  if (typeof content === 'string' || Buffer.isBuffer(content)) return file('100644', name, Buffer.from(content));
  if (content.mode === '160000') return [`M 160000 ${content.content} ${name}\n`];
  return file(content.mode, name, Buffer.from(content.content));
}

function file(mode: string, name: string, bytes: Buffer): readonly (string | Buffer)[] {
  return [`M ${mode} inline ${name}\ndata ${bytes.length}\n`, bytes, '\n'];
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
