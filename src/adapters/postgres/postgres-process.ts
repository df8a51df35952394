import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { PostgresUser } from './postgres-user.ts';
import { isPostmaster, postmasterFile, readPostmasterFile } from './postmaster-file.ts';

export const superuser = 'planwright';

/** One database folder and what is needed to run PostgreSQL on it. */
export interface PostgresHome {
  readonly dataFolder: string;
  readonly logFile: string;
  readonly binaries: PostgresBinaries;
  readonly user: PostgresUser | undefined;
}

const startTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;
const socketFolderPrefix = 'planwright-pg-';
/** A unix socket's path holds 107 bytes on Linux, 103 on macOS. */
const socketFolderLimit = 80;

/** A few tens of megabytes of memory at most; nothing that weakens durability is touched. */
const settings = [
  'listen_addresses=',
  'unix_socket_permissions=0700',
  'max_connections=60',
  'shared_buffers=32MB',
  'max_wal_size=256MB',
  'min_wal_size=32MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'io_method=sync',
  'jit=off',
  'huge_pages=off',
  'deadlock_timeout=200ms',
  'log_checkpoints=off',
  'log_timezone=UTC',
  'timezone=UTC',
];

/** Creates the database cluster once; killed half way it leaves nothing that looks like one. */
export async function initialise(home: PostgresHome): Promise<void> {
  const unfinished = `${home.dataFolder}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (home.user !== undefined) await chown(unfinished, home.user.uid, home.user.gid);
  await runToEnd(home, [
    `--pgdata=${unfinished}`,
    `--username=${superuser}`,
    '--encoding=UTF8',
    '--no-locale',
    '--auth-local=trust',
    '--auth-host=reject',
    '--no-instructions',
  ]);
  await rename(unfinished, home.dataFolder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

/** The PostgreSQL that runs on this folder already, e.g. because the process that started it was killed; waits until it has recovered. */
export async function findRunning(
  home: PostgresHome,
): Promise<{ readonly pid: number; readonly socketFolder: string } | undefined> {
  const deadlineMs = performance.now() + startTimeoutMs;
  while (performance.now() < deadlineMs) {
    const found = await readPostmasterFile(home.dataFolder);
    if (found === undefined) return undefined;
    if (!(await isPostmaster(found.pid, home.dataFolder))) {
      // After a restart of the machine or container the pid may be another process's, which PostgreSQL would take for itself.
      await rm(postmasterFile(home.dataFolder), { force: true });
      return undefined;
    }
    if (found.ready) return found;
    await sleep(20);
  }
  throw new Error(
    `PostgreSQL on ${home.dataFolder} is running and did not become ready in ${startTimeoutMs / 1000} s: see ${home.logFile}`,
  );
}

/** Starts PostgreSQL on the folder and resolves with its pid when it answers; it outlives this process unless it is stopped. */
export async function launch(home: PostgresHome, socketFolder: string): Promise<number> {
  const log = await open(home.logFile, 'a', 0o600);
  const { size: logStart } = await log.stat();
  const child = spawn(
    home.binaries.postgres,
    [
      '-D',
      home.dataFolder,
      ...[...settings, `unix_socket_directories=${socketFolder}`].flatMap((setting) => ['-c', setting]),
    ],
    {
      ...spawnAs(home.user),
      // A session of its own: Ctrl-C in the terminal must not stop the database before Planwright has drained.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `exit ${code ?? signal}`;
  });
  child.unref();
  try {
    const deadlineMs = performance.now() + startTimeoutMs;
    while (performance.now() < deadlineMs) {
      if (ended !== undefined)
        throw new Error(
          `PostgreSQL did not start on ${home.dataFolder} (${ended}): ${await lastLines(home.logFile, logStart)}`,
        );
      const found = await readPostmasterFile(home.dataFolder);
      if (found?.ready && found.pid === child.pid) return found.pid;
      await sleep(5);
    }
    child.kill('SIGQUIT');
    throw new Error(
      `PostgreSQL on ${home.dataFolder} did not become ready in ${startTimeoutMs / 1000} s: ${await lastLines(home.logFile, logStart)}`,
    );
  } finally {
    await log.close();
  }
}

/** Fast shutdown: ends the sessions, writes a checkpoint; resolves when the process has gone. */
export async function shutDown(home: PostgresHome, pid: number): Promise<void> {
  if (!(await isPostmaster(pid, home.dataFolder))) return;
  process.kill(pid, 'SIGINT');
  const deadlineMs = performance.now() + stopTimeoutMs;
  while (await isPostmaster(pid, home.dataFolder)) {
    if (performance.now() > deadlineMs)
      throw new Error(
        `PostgreSQL (pid ${pid}) on ${home.dataFolder} did not stop in ${stopTimeoutMs / 1000} s: see ${home.logFile}`,
      );
    await sleep(10);
  }
}

/** A short folder that only the database's account may enter. */
export async function makeSocketFolder(user: PostgresUser | undefined): Promise<string> {
  const base = tmpdir().length <= socketFolderLimit ? tmpdir() : '/tmp';
  const folder = await mkdtemp(join(base, socketFolderPrefix));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  return folder;
}

export async function removeSocketFolder(folder: string): Promise<void> {
  if (basename(folder).startsWith(socketFolderPrefix)) await rm(folder, { recursive: true, force: true });
}

/** The environment holds secrets that are no business of the database's. */
function spawnAs(user: PostgresUser | undefined) {
  return { ...user, cwd: '/', env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } };
}

async function runToEnd(home: PostgresHome, args: readonly string[]): Promise<void> {
  const child = spawn(home.binaries.initdb, args, { ...spawnAs(home.user), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`initdb failed on ${home.dataFolder} (exit ${code ?? signal}): ${said.trim()}`);
}

async function lastLines(file: string, from: number): Promise<string> {
  const text = (await readFile(file)).subarray(from).toString('utf8').trim();
  return text.split('\n').slice(-5).join(' | ');
}
