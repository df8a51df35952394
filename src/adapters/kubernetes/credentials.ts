import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { User } from '@kubernetes/client-node/dist/config_types.js';
import type { ClusterAccess } from './kubeconfig.ts';

/** What a request needs to be let in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Gives the credentials of now: tokens of plugins and files are renewed when they have ended. Rejects with what failed, never with a token. */
export type Authenticate = () => Promise<Credentials>;

interface Authenticator {
  applyAuthentication(user: User, options: RequestOptions): Promise<void>;
}

/** Prepares authentication as the kubeconfig says it. */
export async function authenticator(access: ClusterAccess): Promise<Authenticate> {
  const { cluster, user } = access;
  const [ca, cert, key] = await Promise.all([
    pem('certificate authority', cluster.caFile, cluster.caData),
    pem('client certificate', user.certFile, user.certData),
    pem('client key', user.keyFile, user.keyData),
  ]);
  const provider = await findProvider(access);
  const fixed = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };

  return async () => {
    if (!provider) return { ...fixed, headers: ownHeaders(user) };
    const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    try {
      await provider.applyAuthentication(withExecInfo(access), options);
    } catch (error) {
      throw new Error(providerFault(user, error));
    }
    return {
      ...fixed,
      ...(typeof options.cert === 'string' && { cert: options.cert }),
      ...(typeof options.key === 'string' && { key: options.key }),
      headers: { ...ownHeaders(user), ...trimmed(options.headers) },
    };
  };
}

async function findProvider({ user }: ClusterAccess): Promise<Authenticator | undefined> {
  if (user.exec) {
    const { ExecAuth } = await import('@kubernetes/client-node/dist/exec_auth.js');
    return new ExecAuth();
  }
  const name: unknown = user.authProvider?.name;
  if (name === undefined) return undefined;
  if (name === 'tokenFile') {
    const { FileAuth } = await import('@kubernetes/client-node/dist/file_auth.js');
    return new FileAuth();
  }
  if (name === 'oidc') {
    const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
    return new OpenIDConnectAuth();
  }
  throw new Error(`auth-provider "${String(name)}" is not supported; use an exec plugin`);
}

/** What client-go tells a plugin (KEP-541), which the library leaves out. */
function withExecInfo({ cluster, user }: ClusterAccess): User {
  if (!user.exec) return user;
  const info = {
    kind: 'ExecCredential',
    apiVersion: user.exec.apiVersion,
    spec: {
      interactive: false,
      ...(user.exec.provideClusterInfo === true && {
        cluster: {
          server: cluster.server,
          ...(cluster.tlsServerName && { 'tls-server-name': cluster.tlsServerName }),
          ...(cluster.caData && { 'certificate-authority-data': cluster.caData }),
        },
      }),
    },
  };
  const env = [...(user.exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
  return { ...user, exec: { ...user.exec, env } };
}

/** Says nothing of what the provider said: its output is a credential. */
function providerFault(user: User, error: unknown): string {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  if (user.exec) {
    const command = String(user.exec.command);
    return missing
      ? `exec plugin ${command} is not installed here`
      : `exec plugin ${command} gave no credentials; run it by hand to see why`;
  }
  return missing ? 'the token file does not exist' : `auth-provider ${String(user.authProvider?.name)} gave no token`;
}

function ownHeaders(user: User): Record<string, string> {
  if (user.token) return { Authorization: `Bearer ${user.token.trim()}` };
  if (!user.username) return {};
  return { Authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` };
}

/** A token file ends in a newline, which no header may hold. */
function trimmed(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]));
}

async function pem(what: string, file: string | undefined, data: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!file) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`the ${what} ${file} cannot be read`, { cause: error });
  }
}
