import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/adapters/postgres/embedded-postgres.ts';
import { isPostmaster } from '../../../src/adapters/postgres/postmaster-file.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

const holder = fileURLToPath(new URL('embedded-holder.ts', import.meta.url));

describe('embedded PostgreSQL', { timeout: 60_000 }, () => {
  let dataDirectory: string;
  let running: EmbeddedPostgres | undefined;
  const started: ChildProcess[] = [];

  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'planwright-test-'));
  });

  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    await running?.stop();
    running = undefined;
    await rm(dataDirectory, { recursive: true, force: true });
  });

  async function start(): Promise<EmbeddedPostgres> {
    running = await startEmbeddedPostgres({ dataDirectory, log: quietLog() });
    return running;
  }

  async function ask(database: EmbeddedPostgres, text: string): Promise<unknown> {
    const client = new Client(database.connection);
    await client.connect();
    try {
      const { rows } = await client.query({ text, rowMode: 'array' });
      return rows[0]?.[0];
    } finally {
      await client.end();
    }
  }

  async function isRunning(pid: number): Promise<boolean> {
    return await isPostmaster(pid, join(dataDirectory, 'postgres'));
  }

  /** A process that holds the folder, as `serve` does. */
  async function startHolder() {
    const child = spawn(process.execPath, [holder, dataDirectory], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
    const [said] = await once(child.stdout, 'data');
    return { child, postmaster: Number(said) };
  }

  it('is UTF-8 in C order, durable, and reachable through its socket only', async () => {
    const database = await start();
    expect(await ask(database, 'show server_encoding')).toBe('UTF8');
    expect(await ask(database, `select datcollate from pg_database where datname = 'postgres'`)).toBe('C');
    expect(await ask(database, 'show fsync')).toBe('on');
    expect(await ask(database, 'show synchronous_commit')).toBe('on');
    expect(await ask(database, 'show full_page_writes')).toBe('on');
    expect(await ask(database, 'show listen_addresses')).toBe('');
    expect((await stat(database.connection.host ?? '')).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDirectory, 'postgres'))).mode & 0o777).toBe(0o700);
  });

  it('keeps what was committed over a stop, and is ready again within a second', async () => {
    const first = await start();
    await ask(first, 'create table kept as select 42 as answer');
    await first.stop();
    expect(await isRunning(first.pid())).toBe(false);

    const startedMs = performance.now();
    const second = await start();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(second.adopted).toBe(false);
    expect(await ask(second, 'select answer from kept')).toBe(42);
  });

  it('refuses a second holder, naming the folder and the process of the first', async () => {
    await start();
    await expect(startEmbeddedPostgres({ dataDirectory, log: quietLog() })).rejects.toMatchObject({
      name: 'DatabaseInUse',
      message: expect.stringMatching(new RegExp(`${dataDirectory}.*pid ${process.pid}`)),
      pid: process.pid,
    });
  });

  it('refuses a second process, and lets it in when the first has ended', async () => {
    const { child, postmaster } = await startHolder();
    await expect(start()).rejects.toMatchObject({ name: 'DatabaseInUse', pid: child.pid });
    expect(await isRunning(postmaster)).toBe(true);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(await isRunning(postmaster)).toBe(false);
    expect((await start()).adopted).toBe(false);
  });

  it('takes over the database that outlived a killed holder, and stops it at the end', async () => {
    const { child, postmaster } = await startHolder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isRunning(postmaster)).toBe(true);

    const database = await start();
    expect(database.adopted).toBe(true);
    expect(database.pid()).toBe(postmaster);
    expect(await ask(database, 'select 1')).toBe(1);
    await database.stop();
    expect(await isRunning(postmaster)).toBe(false);
    expect(await readdir(join(dataDirectory, 'postgres'))).not.toContain('postmaster.pid');
  });

  it('recovers what was committed after both were killed', async () => {
    const { child, postmaster } = await startHolder();
    child.kill('SIGKILL');
    process.kill(postmaster, 'SIGKILL');
    await once(child, 'exit');
    const database = await start();
    expect(database.adopted).toBe(false);
    expect(await ask(database, 'select answer from written_by_holder')).toBe(42);
  });

  it('starts again on the same socket when it is killed under its holder', async () => {
    const database = await start();
    await ask(database, 'create table kept as select 42 as answer');
    const pid = database.pid();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(database.pid()).not.toBe(pid), { timeout: 20_000 });
    await vi.waitFor(async () => expect(await ask(database, 'select answer from kept')).toBe(42), { timeout: 20_000 });
    await vi.waitFor(async () => {
      await expect(startEmbeddedPostgres({ dataDirectory, log: quietLog() })).rejects.toMatchObject({
        name: 'DatabaseInUse',
      });
    });
  });

  it('is not fooled by a pid file that names some other process', async () => {
    await (await start()).stop();
    const file = join(dataDirectory, 'postgres', 'postmaster.pid');
    await writeFile(
      file,
      [process.pid, join(dataDirectory, 'postgres'), 1, 5432, '/nowhere', '', '1 1', 'ready', ''].join('\n'),
    );
    await chmod(file, 0o666);
    const database = await start();
    expect(database.adopted).toBe(false);
    expect(await ask(database, 'select 1')).toBe(1);
  });

  it('leaves nothing behind that looks like a database when its creation was cut short', async () => {
    await mkdir(join(dataDirectory, 'postgres.99999999'));
    await writeFile(join(dataDirectory, 'postgres.99999999', 'PG_VERSION'), '18\n');
    expect(await ask(await start(), 'select 1')).toBe(1);
  });

  it.runIf(process.geteuid?.() === 0)(
    'says where its data may lie when root starts it in a folder that only root may enter',
    async () => {
      await mkdir(join(dataDirectory, 'private', 'data'), { recursive: true });
      await chmod(join(dataDirectory, 'private'), 0o700);
      const started = startEmbeddedPostgres({ dataDirectory: join(dataDirectory, 'private', 'data'), log: quietLog() });
      await expect(started).rejects.toThrow(/cannot enter .*private, .*PLANWRIGHT_DATA/);
    },
  );

  it('says why it could not start', async () => {
    await (await start()).stop();
    await writeFile(join(dataDirectory, 'postgres', 'PG_VERSION'), '9.6\n');
    await expect(start()).rejects.toThrow(/did not start on .*9\.6/s);
  });

  it('has the links between its libraries in a folder of its own', async () => {
    await start();
    const home = (await readdir(dataDirectory)).find((name) => name.startsWith('postgresql-')) ?? '';
    const libraries = await readdir(join(dataDirectory, home, 'lib'));
    const links = JSON.parse(await readFile(linkList(), 'utf8')) as { target: string }[];
    expect(libraries).toEqual(expect.arrayContaining(links.map(({ target }) => target.slice('native/lib/'.length))));
  });
});

function linkList(): string {
  return fileURLToPath(
    new URL(
      '../native/pg-symlinks.json',
      import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`),
    ),
  );
}
