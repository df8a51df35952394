import { afterAll, beforeAll } from 'vitest';
import { type DatabaseServer, databaseServer } from '../contracts/database-place.ts';
import { lineContract } from './line.contract.ts';

let server: DatabaseServer;

beforeAll(async () => {
  server = await databaseServer();
});

afterAll(async () => {
  await server.stop();
});

lineContract(async () => {
  const { databaseUrl } = (await server.place()).options;
  if (databaseUrl === undefined) throw new Error('a server has an address');
  return { databaseUrl };
});
