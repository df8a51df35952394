import { once } from 'node:events';
import { createServer } from 'node:net';
import { run } from 'probot';
import { newPrivateKey } from './app-key.ts';
import { webhookSecret } from './signed-delivery.ts';

// Probot takes 0 for "not given".
const finder = createServer().listen(0, '127.0.0.1');
await once(finder, 'listening');
const address = finder.address();
finder.close();
await once(finder, 'close');
if (address === null || typeof address === 'string') throw new Error('no free port');

// What Probot's own command line starts, with one handler that does nothing; it logs no requests here.
await run(
  (app) => {
    if (process.env.WITHOUT_HANDLER === undefined) app.on('pull_request', () => undefined);
  },
  {
    env: {
      APP_ID: '1',
      PRIVATE_KEY: newPrivateKey(),
      WEBHOOK_SECRET: webhookSecret,
      HOST: '127.0.0.1',
      PORT: String(address.port),
      LOG_LEVEL: 'warn',
      NODE_ENV: 'production',
    },
  },
);
process.on('disconnect', () => process.exit());
process.send?.({ url: `http://127.0.0.1:${address.port}` });
