import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { DemoSnapshot } from '../snapshot.ts';
import { demoPageApp } from './demo-page-app.ts';

export interface DemoPageOptions {
  /** Any free one unless given. */
  readonly port?: number;
  /** The address to listen on; 127.0.0.1 unless given. Whatever it is, only requests for a loopback host are answered. */
  readonly host?: string;
  /** Asked at every load, and twice a second while a page is open. */
  readonly snapshot: () => DemoSnapshot | Promise<DemoSnapshot>;
}

export interface DemoPage {
  readonly url: string;
  /** Ends open pages' connections too. Idempotent. */
  close(): Promise<void>;
}

/** Serves the demo's page, which follows the snapshot while it is open. Rejects when the address cannot be listened on. */
export async function startDemoPage({ port = 0, host = '127.0.0.1', snapshot }: DemoPageOptions): Promise<DemoPage> {
  const ending = new AbortController();
  const { fetch } = demoPageApp({ snapshot, ending: ending.signal });
  const server = createAdaptorServer({ fetch });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(
      `The demo's page cannot listen on ${host}, port ${port}. Is another demo running? Try another port.`,
      {
        cause: error,
      },
    );
  }
  const { port: listeningPort } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listeningPort}/`,
    close: async () => {
      if (ending.signal.aborted) return;
      ending.abort();
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
