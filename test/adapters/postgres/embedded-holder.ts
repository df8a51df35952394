/** A process that holds the embedded PostgreSQL of the folder in its argument; says the postmaster's pid, and stops it on SIGTERM. */
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../../src/adapters/postgres/embedded-postgres.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

const database = await startEmbeddedPostgres({ dataDirectory: process.argv[2] ?? '', log: quietLog() });
const client = new Client(database.connection);
await client.connect();
await client.query('create table written_by_holder as select 42 as answer');
await client.end();
process.once('SIGTERM', async () => {
  await database.stop();
});
console.log(database.pid());
