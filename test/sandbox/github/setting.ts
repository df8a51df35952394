import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Octokit } from '@octokit/rest';
import { type SandboxGitHub, startGitHub } from '../../../src/sandbox/github/github.ts';
import { openApiValidator } from '../openapi-validator.ts';

export const infra = { owner: 'acme', repo: 'infra' } as const;

export interface Setting {
  readonly github: SandboxGitHub;
  readonly appId: number;
  readonly privateKey: string;
  readonly installationId: number;
  /** The app's client, as an installation of acme. */
  readonly app: Octokit;
  readonly as: (login: string) => Octokit;
}

/** One pair a process: making it takes longer than most tests. */
const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

/** acme/infra with alice (write), bob (owner) and carol (nothing), and the app installed. */
export async function acme(): Promise<Setting> {
  const github = await startGitHub({ validator: openApiValidator() });
  github.createUser('alice');
  github.createUser('bob');
  github.createUser('carol');
  github.createOrganisation('acme', { owners: ['bob'] });
  const { id: appId } = github.registerApp({ publicKey: keys.publicKey });
  await github.createRepository('acme/infra', {
    files: { 'apps/web.yaml': 'replicas: 1\n', 'README.md': '# Infra\n' },
  });
  github.grant('acme/infra', 'alice', 'write');
  const installationId = github.installApp({ account: 'acme' }).id;
  return {
    github,
    appId,
    privateKey: keys.privateKey,
    installationId,
    app: client(github, github.createInstallationToken(installationId)),
    as: (login) => client(github, `user:${login}`),
  };
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const client = (github: SandboxGitHub, auth: string): Octokit =>
  new Octokit({ baseUrl: `${github.url}/api/v3`, auth, log: silent });

/** A pull request of alice's that changes the replicas. */
export async function proposeTwoReplicas(
  github: SandboxGitHub,
): Promise<{ readonly number: number; readonly sha: string }> {
  const sha = await github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/web.yaml': 'replicas: 2\n' },
    author: 'alice',
  });
  const number = await github.openPullRequest({
    repo: 'acme/infra',
    head: 'scale',
    title: 'Two replicas',
    author: 'alice',
  });
  return { number, sha };
}

export function jwt(
  claims: { readonly iss: number; readonly iat: number; readonly exp: number },
  privateKey: string,
): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
}

export function freshJwt(setting: Setting): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  return jwt({ iss: setting.appId, iat: nowSeconds - 30, exp: nowSeconds + 300 }, setting.privateKey);
}

export interface ReceivedHook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook receiver on 127.0.0.1 that answers with a status of the test's choice. */
export async function receiver(): Promise<{
  readonly url: string;
  readonly received: ReceivedHook[];
  answerWith(status: number): void;
  close(): Promise<void>;
}> {
  const received: ReceivedHook[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answerWith(next) {
      status = next;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
