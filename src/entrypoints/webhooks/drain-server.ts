import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const sweepMs = 50;

/**
 * Takes no new connections, waits for the requests under way, closes connections as they fall idle, and cuts off all that is left after the
 * grace.
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
  server.close();
  // A connection that was busy just now is kept alive when its answer is out.
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
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
