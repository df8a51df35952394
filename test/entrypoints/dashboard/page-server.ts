import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PlanDigest } from '../../../src/domain/identity.ts';
import { planPages } from '../../../src/entrypoints/dashboard/plan-page.ts';
import type { PlanOf, ShownPlan } from '../../../src/flows/show-plan.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PageServer extends AsyncDisposable {
  readonly port: number;
  /** One request on a connection of its own. */
  ask(
    path: string,
    options?: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer>;
}

/** Serves the pages of these plans, and 418 for every path that is not theirs. */
export async function servePages(plans: readonly ShownPlan[], host = '127.0.0.1'): Promise<PageServer> {
  const byDigest = new Map<PlanDigest, ShownPlan>(plans.map((shown) => [shown.plan.digest, shown]));
  const showPlan = async (digest: PlanDigest, of?: PlanOf) =>
    of === undefined
      ? byDigest.get(digest)
      : plans.find(({ plan }) => plan.target === of.target && plan.head === of.head);
  const handle = planPages({ showPlan, log: quietLog() });
  const server: Server = createServer((incoming, response) => {
    handle(incoming, response).then(
      (answered) => {
        if (!answered) response.writeHead(418).end();
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    ask: (path, { method = 'GET', headers = {} } = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = request({ host, port, path, method, headers, agent: false }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('end', () =>
            resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }),
          );
          response.once('error', reject);
        });
        outgoing.once('error', reject).end();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
