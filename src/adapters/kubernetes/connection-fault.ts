/** Why no answer came, in words for a person; holds neither headers nor bodies. */
export interface ConnectionFault {
  /** Whether asking again soon may help. */
  readonly passing: boolean;
  readonly reason: string;
}

const advice: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is the API server running?',
  ENOTFOUND: 'the host name is not known; look at "server" in the kubeconfig',
  EAI_AGAIN: 'name resolution does not answer',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ECONNRESET: 'the connection was reset',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time limit; is there a firewall in between?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not signed by the authority in the kubeconfig',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by the authority in the kubeconfig',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by the authority in the kubeconfig',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another host; look at "server" and "tls-server-name" in the kubeconfig',
};

const passingCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN']);

/** Reads what undici, a socket or TLS threw. */
export function describeConnectionFault(error: unknown, server: string): ConnectionFault {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { passing: false, reason: `${server} did not answer in time` };
  }
  const code = findCode(error);
  const explanation = code === undefined ? 'the connection failed' : (advice[code] ?? 'the connection failed');
  return {
    passing: code !== undefined && passingCodes.has(code),
    reason: `${server} cannot be reached: ${explanation}${code === undefined ? '' : ` (${code})`}`,
  };
}

function findCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return error.errors.map(findCode).find((code) => code !== undefined);
  return findCode(error.cause);
}
