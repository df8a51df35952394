import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitCheckoutOptions, gitCheckout } from '../../../src/adapters/git/git-checkout.ts';
import { type HttpOrigin, startHttpOrigin } from './http-origin.ts';

export const token = 'ghs_canaryTokenThatMustNotLeak0123456789';

export interface Scene {
  readonly origin: HttpOrigin;
  readonly directory: string;
  /** Messages that the checkout logged. */
  readonly logged: readonly string[];
  checkout(options?: Partial<GitCheckoutOptions>): ReturnType<typeof gitCheckout>;
  close(): Promise<void>;
}

/** An origin, an empty folder of mirrors, and checkouts that work there until the scene is closed. */
export async function startScene(): Promise<Scene> {
  const origin = await startHttpOrigin(token);
  const directory = await mkdtemp(join(tmpdir(), 'planwright-mirrors-'));
  const opened: ReturnType<typeof gitCheckout>[] = [];
  const logged: string[] = [];
  return {
    origin,
    directory,
    logged,
    checkout(options = {}) {
      const checkout = gitCheckout({
        directory,
        originUrl: ({ owner, name }) => `${origin.url}/${owner}/${name}.git`,
        token: async () => token,
        log: {
          warn: (fields, message) => logged.push(`${message} ${JSON.stringify(fields)}`),
        },
        ...options,
      });
      opened.push(checkout);
      return checkout;
    },
    async close() {
      for (const checkout of opened) await checkout.close();
      await origin.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
