import { execFile } from 'node:child_process';
import { access, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a running PostgreSQL wrote into its data folder: `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly socketFolder: string;
  readonly ready: boolean;
}

/** Undefined while there is none, or while it is still being written. The lines are PostgreSQL's `LOCK_FILE_LINE_*`. */
export async function readPostmasterFile(dataFolder: string): Promise<Postmaster | undefined> {
  const text = await readFile(postmasterFile(dataFolder), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [pid, , , , socketFolder, , , status] = text.split('\n').map((line) => line.trim());
  if (!pid || !socketFolder || !status) return undefined;
  return { pid: Number(pid), socketFolder, ready: status === 'ready' };
}

export function postmasterFile(dataFolder: string): string {
  return join(dataFolder, 'postmaster.pid');
}

/** Whether the process is alive and is the PostgreSQL of this folder: a pid alone may belong to somebody else by now. */
export async function isPostmaster(pid: number, dataFolder: string): Promise<boolean> {
  if (await hasProc()) return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === dataFolder;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim().endsWith('postgres');
}

async function hasProc(): Promise<boolean> {
  return await access('/proc/self/cwd').then(
    () => true,
    () => false,
  );
}
