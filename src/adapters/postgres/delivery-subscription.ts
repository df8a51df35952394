import { Client, type ClientConfig } from 'pg';
import type { Log } from '../../flows/ports/clock.ts';
import { deliveryChannel } from './delivery-records.ts';

export interface DeliverySubscription {
  close(): Promise<void>;
}

const firstWaitMs = 100;
const longestWaitMs = 5_000;

/**
 * Calls back soon after deliveries were stored, by whatever process, and after each (re)connection, as some may have been missed. Several
 * deliveries at once make one call. A connection that breaks is made again until the subscription is closed.
 */
export async function subscribeDeliveries(
  options: { readonly connection: ClientConfig; readonly log: Log },
  callback: () => void,
): Promise<DeliverySubscription> {
  let closed = false;
  let current: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let due = false;

  const call = (): void => {
    if (due) return;
    due = true;
    setImmediate(() => {
      due = false;
      if (!closed) callback();
    });
  };

  const connect = async (): Promise<void> => {
    const client = new Client({ ...options.connection, application_name: 'planwright deliveries', keepAlive: true });
    // Reported by `end`; without a listener it would end the process.
    client.on('error', () => undefined);
    client.on('notification', call);
    await client.connect();
    try {
      await client.query(`listen ${deliveryChannel}`);
    } catch (error) {
      await client.end();
      throw error;
    }
    client.once('end', () => retry(firstWaitMs));
    current = client;
    if (closed) await client.end();
    else call();
  };

  const retry = (waitMs: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      connect().catch((error: unknown) => {
        options.log.warn({ err: error }, 'waiting for deliveries: the database does not answer; trying on');
        retry(Math.min(waitMs * 2, longestWaitMs));
      });
    }, waitMs);
  };

  await connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = current;
      current = undefined;
      await last?.end();
    },
  };
}
