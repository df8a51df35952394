import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** What a request tells of who sent it. */
export interface Visit extends Pick<IncomingMessage, 'headers' | 'httpVersion'> {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
}

/**
 * Why this request may not see plans, in words for whoever sent it; undefined when a person on this machine sent it directly. A request that a proxy
 * passed on comes from loopback as well, and a page of another site can make its own name point here (DNS rebinding): both are refused.
 */
export function visitorRefusal(request: Visit): string | undefined {
  if (!isLoopback(request.socket.remoteAddress))
    return `plans are shown only on the machine that Planwright runs on, because sign-in is not configured. ${advice}`;
  if (isProxied(request))
    return `this request came through a proxy, and plans are shown only to those who ask Planwright directly, because sign-in is not configured. ${advice}`;
  if (!isLoopbackHost(request.headers.host))
    return 'plans are shown only under a name of this machine itself: open the same page at localhost, 127.0.0.1 or [::1].';
  return undefined;
}

const advice =
  'Open a tunnel (such as ssh -L 3000:127.0.0.1:3000 HOST) and read the plan at http://localhost:3000, or read it with "planwright plan".';

function isLoopback(address: string | undefined): boolean {
  const family = address === undefined ? 0 : isIP(address);
  if (address === undefined || family === 0) return false;
  // Checks IPv4 addresses that are written as IPv6 (`::ffff:127.0.0.1`) as what they are.
  return loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function isProxied({ headers, httpVersion }: Visit): boolean {
  // What nginx does with a bare `proxy_pass`: no header tells of the visitor, but nothing else has spoken HTTP/1.0 for decades.
  if (httpVersion === '1.0') return true;
  return Object.keys(headers).some(
    (name) => name.startsWith('x-forwarded') || ['forwarded', 'via', 'x-real-ip'].includes(name),
  );
}

function isLoopbackHost(host: string | undefined): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  return plain?.toLowerCase() === 'localhost' || isLoopback(bracketed ?? plain);
}
