import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';

/** A way to a server that can be cut: every connection ends, and nobody listens any more. */
export interface TcpProxy {
  readonly port: number;
  cut(): Promise<void>;
}

export async function startTcpProxy(server: URL): Promise<TcpProxy> {
  const open = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = dial(Number(server.port), server.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    cut: async () => {
      const closed = new Promise((resolve) => proxy.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
