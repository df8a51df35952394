import { afterAll, beforeAll } from 'vitest';
import { type DatabaseServer, databaseServer } from './database-place.ts';
import { jobsContract } from './jobs.contract.ts';

let server: DatabaseServer;

beforeAll(async () => {
  server = await databaseServer();
});

afterAll(async () => {
  await server.stop();
});

jobsContract(() => server.place());
