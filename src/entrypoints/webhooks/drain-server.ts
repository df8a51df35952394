import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes no new connections, waits for the requests under way, and cuts off all that is left after the grace.
 */
export async function drainServer({
  server,
  underWay,
  graceMs,
}: {
  readonly server: Server;
  /** Requests, until they have been answered. */
  readonly underWay: ReadonlySet<Promise<void>>;
  readonly graceMs: number;
}): Promise<void> {
  const closed = once(server, 'close');
  // Node closes idle connections at once, and the others when their answers are out.
  server.close();
  const cutOff = new AbortController();
  const grace = sleep(graceMs, undefined, { signal: cutOff.signal }).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  try {
    // A sender that hung up may have left a delivery that is still being stored.
    await Promise.race([Promise.all([closed, ...underWay]), grace]);
  } finally {
    cutOff.abort();
  }
}
