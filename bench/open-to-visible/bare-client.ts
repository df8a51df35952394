import { createSign } from 'node:crypto';
import { Agent, type RequestOptions, request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** A request as it is sent. */
export interface BareRequest {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string;
}

export interface BareClient {
  /** Sends it and reads the answer to its end; rejects when it is refused. */
  send(request: BareRequest): Promise<string>;
}

/** Of the API server, as the kubeconfig says, over connections that stay open. */
export function bareCluster(kubeconfig: string, inFlight: number): BareClient & { close(): void } {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new Error(`${kubeconfig} names no server`);
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const ready = (async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  })();
  return {
    async send({ method, path, type, body }) {
      const { ca, cert, key } = await ready;
      const headers = { Accept: 'application/json', ...(type === undefined ? {} : { 'Content-Type': type }) };
      return new Promise((resolve, reject) => {
        const sent = request(new URL(path, server), { ca, cert, key, agent, method, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => {
            text += part;
          });
          response.on('end', () => {
            // What is not there yet was asked for all the same.
            if (isAnswer(response.statusCode)) resolve(text);
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
          });
        });
        sent.on('error', reject);
        sent.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

function isAnswer(status: number | undefined): boolean {
  return status !== undefined && (status < 300 || status === 404);
}

/** Of GitHub, with a token that stays. */
export function bareGitHub(url: string, token: string): BareClient {
  return {
    async send({ method, path, body }) {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const response = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
      const text = await response.text();
      if (response.ok) return text;
      throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    },
  };
}

/** What an App proves with that it is itself. */
export function appToken(app: { readonly id: number; readonly privateKey: string }, now: number): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const seconds = Math.floor(now / 1_000);
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iss: app.id, iat: seconds - 30, exp: seconds + 300 })}`;
  return `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(app.privateKey, 'base64url')}`;
}
