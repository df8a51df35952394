import type { IncomingMessage, ServerResponse } from 'node:http';
import { commitSha, type PlanDigest, parseTargetName, planDigest } from '../../domain/identity.ts';
import type { Log } from '../../flows/ports/clock.ts';
import type { PlanOf, ShownPlan } from '../../flows/show-plan.ts';
import { visitorRefusal } from './local-visitor.ts';
import { contentPolicy } from './page-frame.ts';
import { planHtml } from './plan-html.ts';
import { planJson } from './plan-json.ts';
import { prefersJson } from './prefers-json.ts';

export interface PlanPagesOptions {
  readonly showPlan: (digest: PlanDigest, of?: PlanOf) => Promise<ShownPlan | undefined>;
  readonly log: Log;
}

/**
 * `GET /plans/{digest}`: the full plan as a page, or as JSON for who prefers that; `GET /api/v1/plans/{digest}`: always JSON. `?target=…&head=…` says which
 * one is meant where several share the digest. Only for direct visitors
 * from this machine. Resolves to false, without an answer, for every other path; rejects when the plan cannot be loaded.
 */
export function planPages({
  showPlan,
  log,
}: PlanPagesOptions): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const [, api, digest, query = ''] = /^(\/api\/v1)?\/plans\/([^?]*?)\/*(?:\?(.*))?$/.exec(request.url ?? '') ?? [];
    if (digest === undefined) return false;
    const format: Format = api !== undefined || prefersJson(request.headers.accept) ? 'json' : 'html';
    const refusal = visitorRefusal(request);
    if (refusal !== undefined) {
      log.debug({ remoteAddress: request.socket.remoteAddress }, 'a request for a plan was refused');
      return send(response, said(403, refusal, format));
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return send(response, said(405, 'plans can only be read: use GET.', format));
    }
    if (!/^[0-9a-f]{64}$/.test(digest))
      return send(
        response,
        said(400, 'this is no digest of a plan: it has 64 lower-case hex digits, as in the links of comments.', format),
      );
    const of = planOf(new URLSearchParams(query));
    if (of === 'unknown')
      return send(response, said(400, 'which plan is meant is said by `target` and `head` together.', format));
    const shown = await showPlan(planDigest(digest), of);
    if (shown === undefined)
      return send(
        response,
        said(
          404,
          'there is no plan with this digest here. A newer one stands in the comment of the pull request.',
          format,
        ),
      );
    return send(response, await planAnswer(shown, format));
  };
}

/** Links to plans that share a digest say which one is meant; a digest alone stays a valid address. */
function planOf(query: URLSearchParams): PlanOf | undefined | 'unknown' {
  const [target, head] = [query.get('target'), query.get('head')];
  if (target === null && head === null) return undefined;
  try {
    return { target: parseTargetName(target ?? ''), head: commitSha(head ?? '') };
  } catch {
    return 'unknown';
  }
}

type Format = 'html' | 'json';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function planAnswer(shown: ShownPlan, format: Format): Promise<Answer> {
  if (format === 'json') return { status: 200, type: 'application/json', body: planJson(shown) };
  return { status: 200, type: 'text/html', body: await planHtml(shown) };
}

function said(status: number, text: string, format: Format): Answer {
  if (format === 'json') return { status, type: 'application/json', body: `${JSON.stringify({ error: text })}\n` };
  return { status, type: 'text/plain', body: `${text}\n` };
}

function send(response: ServerResponse, { status, type, body }: Answer): true {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': String(Buffer.byteLength(body)),
    'Content-Security-Policy': contentPolicy,
    'Cache-Control': 'private, no-store',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    Vary: 'Accept',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
  return true;
}
