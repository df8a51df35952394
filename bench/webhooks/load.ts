import { randomUUID } from 'node:crypto';
import { Client } from 'undici';
import { signedDelivery } from './signed-delivery.ts';

/** What one run of deliveries over kept-alive connections gave. */
export interface Load {
  readonly acknowledged: number;
  readonly refused: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const connections = 10;
const path = '/api/github/webhooks';

process.on('message', ({ url, seconds }: { readonly url: string; readonly seconds: number }) => {
  void drive(url, seconds).then((load) => process.send?.(load));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function drive(url: string, seconds: number): Promise<Load> {
  const { body, headers } = signedDelivery();
  const latenciesMs: number[] = [];
  let refused = 0;
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;

  const post = async (): Promise<void> => {
    const client = new Client(url, { pipelining: 1 });
    for (let nowMs = performance.now(); nowMs < endMs; ) {
      const { statusCode, body: answer } = await client.request({
        path,
        method: 'POST',
        headers: { ...headers, 'x-github-delivery': randomUUID() },
        body,
      });
      await answer.dump();
      const thenMs = performance.now();
      if (statusCode === 200) latenciesMs.push(thenMs - nowMs);
      else refused += 1;
      nowMs = thenMs;
    }
    await client.close();
  };

  await Promise.all(Array.from({ length: connections }, post));
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  const sorted = latenciesMs.sort((a, b) => a - b);
  return {
    acknowledged: sorted.length,
    refused,
    perSecond: sorted.length / elapsedSeconds,
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  };
}
