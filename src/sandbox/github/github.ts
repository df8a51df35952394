import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callerName } from './access.ts';
import { apiListener } from './api-server.ts';
import { type SandboxClock, sandboxClock } from './clock.ts';
import { Faults } from './faults.ts';
import { parseGitPath, serveGit } from './git-http.ts';
import { GitStorage, temporaryGitDirectory } from './git-storage.ts';
import { createAccount } from './model/accounts.ts';
import { World } from './model/world.ts';
import type { LoggedRequest } from './request-log.ts';
import { SandboxGitHub } from './sandbox-github.ts';
import type { Validator, Violation } from './validator.ts';
import { WebhookSender } from './webhook-sender.ts';

export { SandboxGitHub } from './sandbox-github.ts';

export interface SandboxOptions {
  /** 0, the default, takes any free port of 127.0.0.1. */
  readonly port?: number;
  /** Compares all traffic with GitHub's description; without one nothing is compared. */
  readonly validator?: Validator;
  readonly now?: () => Date;
  /** Where the bare repositories lie; by default a temporary folder that `close` removes. */
  readonly directory?: string;
}

/** GitHub uses its own account for commits made on its pages. */
const webFlow = { id: 19_864_447, login: 'web-flow', name: 'GitHub', email: 'noreply@github.com' };

/** Starts an empty GitHub on 127.0.0.1. Everything is lost when it is closed. */
export async function startGitHub(options: SandboxOptions = {}): Promise<SandboxGitHub> {
  const clock = sandboxClock(options.now ?? (() => new Date()));
  const directory =
    options.directory === undefined
      ? await temporaryGitDirectory()
      : { path: options.directory, remove: async () => {} };
  const violations: Violation[] = [];
  const requests: LoggedRequest[] = [];
  const world = newWorld(clock, directory.path, {
    validator: options.validator ?? null,
    record: (violation) => violations.push(violation),
  });
  createAccount(world, { ...webFlow, kind: 'User' });
  const faults = new Faults();
  const log = (request: LoggedRequest): void => void requests.push(request);
  const api = apiListener({
    world,
    faults,
    validator: options.validator ?? null,
    log,
    record: (violation) => violations.push(violation),
  });
  const server = createServer((request, response) =>
    isGit(request) ? answerGit(world, request, response, log) : api(request, response),
  );
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  world.url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    await world.webhooks.settled();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await directory.remove();
  };
  return new SandboxGitHub({ world, faults, requests, violations, close });
}

function newWorld(
  clock: SandboxClock,
  directory: string,
  checking: { readonly validator: Validator | null; readonly record: (violation: Violation) => void },
): World {
  let nextId = 1000;
  const newId = (): number => ++nextId;
  const webhooks = new WebhookSender({ clock, newId, ...checking });
  return new World({ clock, git: new GitStorage(directory), webhooks, newId });
}

const isGit = (request: IncomingMessage): boolean => parseGitPath((request.url ?? '').split('?')[0] ?? '') !== null;

function answerGit(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  log: (request: LoggedRequest) => void,
): void {
  const caller = serveGit(world, request, response);
  log({
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    template: null,
    status: response.statusCode,
    who: callerName(caller),
    at: world.clock.now(),
  });
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
