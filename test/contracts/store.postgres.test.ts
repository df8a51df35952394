import { afterAll, beforeAll } from 'vitest';
import { type DatabaseServer, databaseServer } from './database-place.ts';
import { storeContract } from './store.contract.ts';

let server: DatabaseServer;

beforeAll(async () => {
  server = await databaseServer();
});

afterAll(async () => {
  await server.stop();
});

storeContract(() => server.place());
