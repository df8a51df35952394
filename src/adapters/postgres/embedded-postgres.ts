import { access, chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolConfig } from 'pg';
import type { Log } from '../../flows/ports/clock.ts';
import { placePostgresBinaries } from './postgres-binaries.ts';
import {
  findRunning,
  initialise,
  launch,
  makeSocketFolder,
  type PostgresHome,
  removeSocketFolder,
  shutDown,
  superuser,
} from './postgres-process.ts';
import { checkReachable, postgresUser } from './postgres-user.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { DatabaseInUse, type ServeClaim, takeServeClaim } from './serve-claim.ts';

export interface EmbeddedPostgres {
  readonly connection: PoolConfig;
  /** True when a PostgreSQL that had outlived its parent was taken over. */
  readonly adopted: boolean;
  pid(): number;
  /** Fast shutdown; resolves when the database has gone. Idempotent. Close the connections first. */
  stop(): Promise<void>;
}

const claimTimeoutMs = 30_000;
const reviveLongestWaitMs = 5_000;

/**
 * Starts PostgreSQL on `dataDirectory` (created when absent), or takes over one that outlived a killed parent. It listens on a unix socket only.
 * While it is held, one that dies is started again on the same socket. Rejects with DatabaseInUse when another process holds the folder.
 */
export async function startEmbeddedPostgres(options: {
  readonly dataDirectory: string;
  readonly log: Log;
}): Promise<EmbeddedPostgres> {
  const { log } = options;
  const home = await prepare(options.dataDirectory);
  let { pid, socketFolder, adopted, claim } = await startAndClaim(home);
  log.info(
    { pid, dataFolder: home.dataFolder, adopted },
    adopted ? 'took over the running embedded PostgreSQL' : 'started the embedded PostgreSQL',
  );

  let stopped: Promise<void> | undefined;
  const revive = async (): Promise<void> => {
    for (let waitMs = 50; stopped === undefined; waitMs = Math.min(waitMs * 2, reviveLongestWaitMs)) {
      try {
        pid = (await findRunning(home))?.pid ?? (await launch(home, socketFolder));
        claim = await takeServeClaim(connection, home.dataFolder);
        log.warn({ pid, dataFolder: home.dataFolder }, 'the embedded PostgreSQL had gone and is running again');
        watch();
        return;
      } catch (error) {
        log.error(
          { err: error, dataFolder: home.dataFolder },
          'the embedded PostgreSQL could not be started again; trying on',
        );
        await sleep(waitMs);
      }
    }
  };
  let reviving: Promise<void> = Promise.resolve();
  const watch = (): void => {
    void claim.lost.then(() => {
      if (stopped === undefined) reviving = revive();
    });
  };
  const connection: PoolConfig = connectionTo(socketFolder);
  watch();

  const stop = async (): Promise<void> => {
    await reviving;
    await claim.release();
    await shutDown(home, pid);
    await removeSocketFolder(socketFolder);
  };
  return {
    connection,
    adopted,
    pid: () => pid,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/**
 * The database of `dataDirectory` for somebody who only reads: that of the server that runs, or one that is started until `release`. A server that is
 * started in between is refused as by another server. Rejects when there is no database.
 */
export async function shareEmbeddedPostgres(options: {
  readonly dataDirectory: string;
  readonly log: Log;
}): Promise<{ readonly connection: PoolConfig; release(): Promise<void> }> {
  const { dataDirectory } = options;
  const folder = await realpath(dataDirectory).catch(() => dataDirectory);
  if (!(await hasCluster(join(folder, 'postgres'))))
    throw new Error(
      `there is no database in ${dataDirectory}: set PLANWRIGHT_DATA to the folder of the server, or DATABASE_URL to its database`,
    );
  const running = await findRunning(await prepare(dataDirectory));
  if (running !== undefined) return { connection: connectionTo(running.socketFolder), release: async () => undefined };
  const started = await startEmbeddedPostgres(options);
  return { connection: started.connection, release: () => started.stop() };
}

async function prepare(directory: string): Promise<PostgresHome> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const dataDirectory = await realpath(directory);
  const user = await postgresUser();
  if (user !== undefined) {
    // Only to pass through: what lies inside has permissions of its own.
    await chmod(dataDirectory, (await stat(dataDirectory)).mode | 0o011);
    await checkReachable(dataDirectory, user);
  }
  const home = {
    dataFolder: join(dataDirectory, 'postgres'),
    logFile: join(dataDirectory, 'postgres.log'),
    binaries: await placePostgresBinaries(dataDirectory),
    user,
  };
  if (!(await hasCluster(home.dataFolder))) await initialise(home);
  return home;
}

interface Started {
  readonly pid: number;
  readonly socketFolder: string;
  readonly adopted: boolean;
  readonly claim: ServeClaim;
}

/** Another process may start or stop PostgreSQL on the folder at the same moment: looks again until one of the two has it. */
async function startAndClaim(home: PostgresHome): Promise<Started> {
  const deadlineMs = performance.now() + claimTimeoutMs;
  for (let failures = 1; ; failures += 1) {
    try {
      return await tryStart(home);
    } catch (error) {
      if (error instanceof DatabaseInUse || performance.now() > deadlineMs) throw error;
      const contested = (await findRunning(home)) !== undefined;
      if (!contested && failures >= 3) throw error;
      await sleep(50);
    }
  }
}

async function tryStart(home: PostgresHome): Promise<Started> {
  const left = await readPostmasterFile(home.dataFolder);
  const running = await findRunning(home);
  if (running !== undefined) {
    const claim = await takeServeClaim(connectionTo(running.socketFolder), home.dataFolder);
    return { ...running, adopted: true, claim };
  }
  if (left !== undefined) await removeSocketFolder(left.socketFolder);
  const socketFolder = await makeSocketFolder(home.user);
  try {
    const pid = await launch(home, socketFolder);
    const claim = await takeServeClaim(connectionTo(socketFolder), home.dataFolder);
    return { pid, socketFolder, adopted: false, claim };
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) await removeSocketFolder(socketFolder);
    throw error;
  }
}

function connectionTo(socketFolder: string): PoolConfig {
  return { host: socketFolder, port: 5432, user: superuser, database: 'postgres' };
}

async function hasCluster(dataFolder: string): Promise<boolean> {
  return await access(dataFolder).then(
    () => true,
    () => false,
  );
}
