import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const sweepMs = 50;

/**
 * Takes no new connections, waits for the requests under way, closes connections as they fall idle, and cuts off all that is left after the
 * grace.
 */
export async function drainServer({
  server,
  connections,
  underWay,
  graceMs,
}: {
  readonly server: Server;
  readonly connections: ReadonlySet<Socket>;
  /** Requests, until they have been answered. */
  readonly underWay: ReadonlySet<Promise<void>>;
  readonly graceMs: number;
}): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // Node closes those that are idle now, and keeps alive the others when their answers are out.
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  // For Node one that has never said anything is not idle; load balancers and browsers keep such in reserve.
  for (const connection of connections) if (connection.bytesRead === 0) connection.destroy();
  const cutOff = new AbortController();
  const grace = sleep(graceMs, undefined, { signal: cutOff.signal }).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  try {
    // A sender that hung up may have left a delivery that is still being stored.
    await Promise.race([Promise.all([closed, ...underWay]), grace]);
  } finally {
    clearInterval(sweep);
    cutOff.abort();
  }
}
