import { KubeConfig } from '@kubernetes/client-node';
import { Pool } from 'undici';

export interface BareApi {
  /** Sends these requests, `inFlight` at a time, and reads every answer to its end without looking into it. */
  sendAll(requests: readonly BareCall[]): Promise<void>;
  close(): Promise<void>;
}

export interface BareCall {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  readonly accept?: string;
  readonly apply?: string;
}

/** A client that does nothing but send: undici over kept connections, as Planwright has them. */
export async function bareApi(kubeconfig: string, inFlight: number): Promise<BareApi> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new Error(`${kubeconfig} names no server`);
  const options: { ca?: string; cert?: string; key?: string } = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key } = options;
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const pool = new Pool(server, { connections: inFlight, connect: tls });

  async function send({ method, path, accept, apply }: BareCall): Promise<void> {
    const response = await pool.request({
      method,
      path,
      headers: {
        accept: accept ?? 'application/json',
        ...(apply === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
      },
      ...(apply === undefined ? {} : { body: apply }),
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`);
  }

  return {
    async sendAll(requests) {
      const waiting = [...requests];
      const lanes = Array.from({ length: inFlight }, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await send(next);
      });
      await Promise.all(lanes);
    },
    close: () => pool.close(),
  };
}
