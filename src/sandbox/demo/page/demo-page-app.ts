import { setTimeout as delay } from 'node:timers/promises';
import { Hono } from 'hono';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import type { DemoSnapshot } from '../snapshot.ts';
import { markSvg } from './icon.ts';
import { type PageContent, pageContent, problemContent } from './page-content.ts';
import { pageDocument } from './page-document.ts';

export interface DemoPageParts {
  readonly snapshot: () => DemoSnapshot | Promise<DemoSnapshot>;
  /** Ends the open event streams. */
  readonly ending: AbortSignal;
}

const lookEveryMs = 500;
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** The page itself, its changes as server-sent events, and its icon. */
export function demoPageApp({ snapshot, ending }: DemoPageParts): Hono<{ Variables: SecureHeadersVariables }> {
  const app = new Hono<{ Variables: SecureHeadersVariables }>();

  // A name that somebody else points at this machine must not make the browser read the page to them (DNS rebinding).
  app.use(async (context, next) => {
    if (loopbackHost.test(context.req.header('host') ?? '')) return next();
    return context.text('This page is only for the machine that it runs on: open it as http://127.0.0.1.\n', 403);
  });
  app.use(
    secureHeaders({
      strictTransportSecurity: false,
      referrerPolicy: 'no-referrer',
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: [NONCE],
        scriptSrc: [NONCE],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    }),
  );
  app.use(async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
  });

  app.get('/', async (context) => {
    const { content, isProblem } = await currentContent(snapshot);
    return context.html(pageDocument(content, context.get('secureHeadersNonce') ?? ''), isProblem ? 500 : 200);
  });
  app.get('/icon.svg', (context) => context.body(markSvg, 200, { 'content-type': 'image/svg+xml' }));
  app.get('/events', (context) =>
    streamSSE(context, async (stream) => {
      let sent = '';
      while (!stream.aborted && !ending.aborted) {
        const data = JSON.stringify((await currentContent(snapshot)).content);
        if (data !== sent) await stream.writeSSE({ event: 'content', data });
        sent = data;
        await pause(ending);
      }
    }),
  );
  return app;
}

async function currentContent(
  snapshot: DemoPageParts['snapshot'],
): Promise<{ readonly content: PageContent; readonly isProblem: boolean }> {
  try {
    return { content: await pageContent(await snapshot()), isProblem: false };
  } catch (error) {
    return { content: await problemContent(error), isProblem: true };
  }
}

/** Ends early, and without an error, when the page ends. */
async function pause(ending: AbortSignal): Promise<void> {
  try {
    await delay(lookEveryMs, undefined, { signal: ending });
  } catch (error) {
    if (!ending.aborted) throw error;
  }
}
