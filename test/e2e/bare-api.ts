import { Pool } from 'undici';
import { authenticator } from '../../src/adapters/kubernetes/credentials.ts';
import { readKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { JsonObject } from '../../src/domain/json.ts';

/** A request as nobody's client changes it, and the API's own answer. */
export interface BareRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: JsonObject;
  /** Of a PATCH; server-side apply when absent. */
  readonly patchType?: string;
  /** Somebody to act as, instead of the kubeconfig's own user. */
  readonly user?: string;
}

export interface BareAnswer {
  readonly status: number;
  readonly body: JsonObject;
  /** The Status's message, or '' for an object. */
  readonly message: string;
}

export interface BareApi {
  readonly server: URL;
  ask(request: BareRequest): Promise<BareAnswer>;
  /** Server-side apply that is only predicted: what any planner could ask for. */
  dryRun(path: string, object: JsonObject): Promise<BareAnswer>;
  close(): Promise<void>;
}

/** Speaks to the first context of a kubeconfig; for what the API itself says, with nothing between. */
export async function bareApi(kubeconfig: string): Promise<BareApi> {
  const [access] = readKubeconfig([kubeconfig]).contexts.values();
  if (access === undefined) throw new Error(`${kubeconfig} has no context`);
  const { ca, cert, key, headers } = await (await authenticator(access))();
  const server = new URL(access.cluster.server);
  const pool = new Pool(server.origin, {
    connect: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  });
  const ask = async ({ method, path, body, patchType = 'application/apply-patch+yaml', user }: BareRequest) => {
    const answer = await pool.request({
      method,
      path,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': method === 'PATCH' ? patchType : 'application/json' }),
        ...(user === undefined ? {} : { 'impersonate-user': user }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const read = parsed(text);
    return {
      status: answer.statusCode,
      body: read,
      message: read.kind === 'Status' && typeof read.message === 'string' ? read.message : '',
    };
  };
  return {
    server,
    ask,
    dryRun: (path, object) =>
      ask({ method: 'PATCH', path: `${path}?fieldManager=planwright&fieldValidation=Strict&dryRun=All`, body: object }),
    close: () => pool.destroy(),
  };
}

/** An API server that knows no route answers in plain text. */
function parsed(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return { kind: 'Status', message: text };
  }
}
