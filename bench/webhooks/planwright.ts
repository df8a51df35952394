import { openDatabase } from '../../src/adapters/postgres/open-database.ts';
import { startWebhookServer } from '../../src/entrypoints/webhooks/start-webhook-server.ts';
import { newPrivateKey } from './app-key.ts';
import { webhookSecret } from './signed-delivery.ts';

const [dataDirectory = '', databaseUrl] = process.argv.slice(2);
const toStderr = (facts: object, message: string): void => console.error(message, facts);
const log = { debug: () => undefined, info: () => undefined, warn: toStderr, error: toStderr };

const database = await openDatabase({ dataDirectory, log, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
const server = await startWebhookServer({
  app: { id: 1, privateKey: newPrivateKey(), webhookSecret },
  gitHub: { host: 'github.com', protocol: 'https' },
  port: 0,
  inbox: database.inbox,
  ready: async () => undefined,
  log,
});
process.on('disconnect', async () => {
  await server.drain(1_000);
  await database.close();
  process.exit();
});
process.send?.({ url: server.url });
