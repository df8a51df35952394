import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';

/** An empty database to open, and what can be done to it from outside. */
export interface DatabasePlace {
  readonly options: { readonly databaseUrl?: string; readonly dataDirectory: string };
  /** For statements of a test's own. */
  connection(): Promise<ClientConfig>;
  /** Every connection breaks at once; the database is back soon. */
  interrupt(): Promise<void>;
  remove(): Promise<void>;
}

/** A folder for the embedded PostgreSQL. */
export async function embeddedPlace(): Promise<DatabasePlace> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'planwright-test-'));
  return {
    options: { dataDirectory },
    async connection() {
      const text = await readFile(join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8');
      return { host: text.split('\n')[4] ?? '', user: 'planwright', database: 'postgres' };
    },
    async interrupt() {
      const pid = await embeddedPid(dataDirectory);
      process.kill(pid, 'SIGKILL');
      while ((await embeddedPid(dataDirectory).catch(() => pid)) === pid) await sleep(20);
    },
    async remove() {
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

export async function embeddedPid(dataDirectory: string): Promise<number> {
  const text = await readFile(join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

export interface DatabaseServer {
  /** A new database on the server. */
  place(): Promise<DatabasePlace>;
  stop(): Promise<void>;
}

/** The server of DATABASE_URL when that is set, else one that is started from the machine's PostgreSQL. */
export async function databaseServer(): Promise<DatabaseServer> {
  const given = process.env.DATABASE_URL;
  return given === undefined ? await startServer() : givenServer(given);
}

function givenServer(url: string): DatabaseServer {
  return {
    place: () =>
      newDatabase(url, async (name) => {
        await administer(url, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      }),
    stop: async () => undefined,
  };
}

/** PostgreSQL refuses root. */
const nobody = { uid: 65_534, gid: 65_534 };

async function startServer(): Promise<DatabaseServer> {
  const binaries = await installedBinaries();
  const user = process.geteuid?.() === 0 ? nobody : undefined;
  const home = await mkdtemp(join(tmpdir(), 'planwright-server-'));
  if (user !== undefined) await chown(home, user.uid, user.gid);
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    const child = spawn(join(binaries, program), [...args], { ...user, cwd: home, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with status ${code}`);
  };
  const data = join(home, 'data');
  const port = await freePort();
  const control = [
    '-D',
    data,
    '-w',
    '-l',
    join(home, 'log'),
    '-o',
    `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=`,
  ];
  await run('initdb', [
    '-D',
    data,
    '--username=planwright',
    '--encoding=UTF8',
    '--no-locale',
    '--auth=trust',
    '--no-sync',
  ]);
  await run('pg_ctl', ['start', ...control]);
  const url = `postgresql://planwright:canary-password@127.0.0.1:${port}/postgres`;
  return {
    place: () => newDatabase(url, () => run('pg_ctl', ['restart', '-m', 'immediate', ...control])),
    async stop() {
      await run('pg_ctl', ['stop', '-m', 'fast', ...control]);
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function installedBinaries(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  const [newest] = versions;
  if (newest === undefined) {
    throw new Error('there is no PostgreSQL to test against: set DATABASE_URL, or `apt-get install postgresql`');
  }
  return join(root, newest, 'bin');
}

async function newDatabase(url: string, interrupt: (name: string) => Promise<void>): Promise<DatabasePlace> {
  const name = `planwright_${randomBytes(6).toString('hex')}`;
  await administer(url, `create database ${name} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0`, []);
  const databaseUrl = new URL(url);
  databaseUrl.pathname = `/${name}`;
  return {
    options: { databaseUrl: databaseUrl.href, dataDirectory: '/nonexistent' },
    connection: async () => ({ connectionString: databaseUrl.href }),
    interrupt: () => interrupt(name),
    remove: () => administer(url, `drop database ${name} with (force)`, []),
  };
}

async function administer(url: string, text: string, values: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text, [...values]);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
