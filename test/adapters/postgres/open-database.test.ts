import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Client } from 'pg';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../../src/adapters/postgres/embedded-postgres.ts';
import { type Database, openDatabase } from '../../../src/adapters/postgres/open-database.ts';
import { deliveryGuid } from '../../../src/domain/identity.ts';
import { type DatabasePlace, embeddedPlace } from '../../contracts/database-place.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

describe('opening the database', { timeout: 60_000 }, () => {
  const log = quietLog();
  let place: DatabasePlace;
  let database: Database | undefined;
  let server: Server | undefined;

  beforeAll(async () => {
    place = await embeddedPlace();
    return async () => await place.remove();
  }, 60_000);

  afterEach(async () => {
    await database?.close();
    database = undefined;
    server?.close();
    server = undefined;
  });

  it('closes any number of times, and refuses deliveries afterwards', async () => {
    database = await openDatabase({ ...place.options, log });
    await Promise.all([database.close(), database.close()]);
    await database.close();
    await expect(database.inbox.store({ guid: deliveryGuid('late'), event: 'ping' })).rejects.toThrow();
  });

  it('refuses a second server of the folder and leaves the first at work', async () => {
    database = await openDatabase({ ...place.options, log });
    await expect(openDatabase({ ...place.options, log })).rejects.toMatchObject({
      name: 'DatabaseInUse',
      pid: process.pid,
    });
    expect(await database.inbox.store({ guid: deliveryGuid('first'), event: 'ping' })).toBe(true);
  });

  it('refuses a database that a newer Planwright has changed, and stops what it started', async () => {
    database = await openDatabase({ ...place.options, log });
    await onDatabase(`insert into planwright.planwright_migration (number, name) values (999, 'future')`);
    await database.close();
    await expect(openDatabase({ ...place.options, log })).rejects.toMatchObject({
      name: 'DatabaseNewer',
      message: expect.stringContaining('999'),
    });

    const embedded = await startEmbeddedPostgres({ dataDirectory: place.options.dataDirectory, log });
    expect(embedded.adopted).toBe(false);
    await onDatabase('delete from planwright.planwright_migration where number = 999');
    await embedded.stop();
  });

  it('says that nothing answers, without the password', async () => {
    const port = await closedPort();
    const refused = openDatabase({
      databaseUrl: `postgresql://planwright:canary-password@127.0.0.1:${port}/db?x=canary`,
      dataDirectory: '/nonexistent',
      log,
      waitMs: 300,
    });
    await expect(refused).rejects.toMatchObject({
      name: 'DatabaseUnreachable',
      message: expect.stringContaining(`postgresql://planwright@127.0.0.1:${port}/db`),
    });
    const error: unknown = await refused.catch((cause: unknown) => cause);
    expect(everything(error) + log.lines.join('\n')).not.toContain('canary');
  });

  it('waits for a database that comes up late, and says what it then refuses', async () => {
    const port = await closedPort();
    const opening = openDatabase({
      databaseUrl: `postgresql://planwright:canary-password@127.0.0.1:${port}/db`,
      dataDirectory: '/nonexistent',
      log,
      waitMs: 20_000,
    });
    const failed = opening.catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 400));
    let connections = 0;
    server = createServer((socket) => {
      connections += 1;
      // `E`: an error with severity, SQLSTATE and text.
      const body = Buffer.from('SFATAL\0C28P01\0Mpassword authentication failed for user "planwright"\0\0');
      const head = Buffer.from([0x45, 0, 0, 0, body.length + 4]);
      socket.once('data', () => socket.end(Buffer.concat([head, body])));
      socket.on('error', () => undefined);
    }).listen(port, '127.0.0.1');
    const error = await failed;
    expect(error).toMatchObject({
      name: 'DatabaseUnreachable',
      message: expect.stringContaining('password authentication failed'),
    });
    expect(everything(error)).not.toContain('canary');
    expect(connections).toBe(1);
  });

  it('refuses an address that is none, without quoting it', async () => {
    const opening = openDatabase({ databaseUrl: 'user:canary-password@host', dataDirectory: '/nonexistent', log });
    const error: unknown = await opening.catch((cause: unknown) => cause);
    expect(String(error)).toContain('DATABASE_URL is not an address');
    expect(everything(error)).not.toContain('canary');
  });

  async function onDatabase(text: string): Promise<void> {
    const client = new Client(await place.connection());
    await client.connect();
    await client.query(text);
    await client.end();
  }
});

/** All that a log could print of an error. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.stack, JSON.stringify(error, Object.getOwnPropertyNames(error)), everything(error.cause)].join('\n');
}

async function closedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
