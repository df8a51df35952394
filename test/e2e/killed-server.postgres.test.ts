import { afterAll, beforeAll } from 'vitest';
import { type DatabaseServer, databaseServer } from '../contracts/database-place.ts';
import { killedContract } from './killed.contract.ts';

let server: DatabaseServer;

beforeAll(async () => {
  server = await databaseServer();
});

afterAll(async () => {
  await server.stop();
});

killedContract(async () => (await server.place()).options.databaseUrl);
