import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { authenticate, type Caller, sees } from './access.ts';
import { gitEnvironment } from './git-storage.ts';
import { grants } from './model/apps.ts';
import { Refusal } from './model/refusal.ts';
import type { Repository } from './model/state.ts';
import { covers, type World } from './model/world.ts';

const service = 'git-upload-pack';

/** `/OWNER/REPO.git/info/refs` or `/OWNER/REPO.git/git-upload-pack`; null for anything else. */
export function parseGitPath(path: string): { readonly repository: string; readonly action: string } | null {
  const found = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path);
  return found === null ? null : { repository: found[1] ?? '', action: found[2] ?? '' };
}

/** Serves fetches only; returns the caller for the request log. */
export function serveGit(world: World, request: IncomingMessage, response: ServerResponse): Caller {
  const url = new URL(request.url ?? '/', world.url);
  const asked = parseGitPath(url.pathname);
  let caller: Caller = { kind: 'anonymous' };
  try {
    caller = authenticate(world, request.headers.authorization);
    if (asked === null) throw new Refusal(404, 'Not Found');
    const repository = repositoryFor(world, caller, asked.repository);
    if (
      asked.action === 'git-receive-pack' ||
      (asked.action === 'info/refs' && url.searchParams.get('service') !== service)
    ) {
      throw new Refusal(403, 'The sandbox GitHub takes no pushes over HTTP; use its push().');
    }
    uploadPack(world, repository, { request, response, advertises: asked.action === 'info/refs' });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(response, error);
  }
  return caller;
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const headers = refusal.status === 401 ? { 'WWW-Authenticate': 'Basic realm="GitHub"' } : {};
  response.writeHead(refusal.status, { 'Content-Type': 'text/plain', ...headers }).end(`${refusal.message}\n`);
}

function repositoryFor(world: World, caller: Caller, name: string): Repository {
  const repository = world.findRepository(name) ?? world.state.repositories.get(world.formerName(name) ?? 0);
  if (caller.kind === 'anonymous') {
    if (repository !== undefined && !repository.private) return repository;
    throw new Refusal(401, 'Authentication required');
  }
  if (repository === undefined || !sees(world, caller, repository)) throw new Refusal(404, 'Repository not found.');
  if (
    caller.kind === 'installation' &&
    covers(caller.installation, repository) &&
    !grants(caller.token.permissions, 'contents', 'read')
  ) {
    throw new Refusal(403, 'Resource not accessible by integration');
  }
  return repository;
}

function uploadPack(
  world: World,
  repository: Repository,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly advertises: boolean },
): void {
  const { request, response, advertises } = exchange;
  const directory = world.git.directory(repository.id);
  const protocol = request.headers['git-protocol'];
  const child = spawn(
    'git',
    ['upload-pack', '--strict', '--stateless-rpc', ...(advertises ? ['--http-backend-info-refs'] : []), directory],
    {
      cwd: directory,
      env: { ...gitEnvironment(directory), ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}) },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  response.writeHead(200, {
    'Content-Type': `application/x-${service}-${advertises ? 'advertisement' : 'result'}`,
    'Cache-Control': 'no-cache',
  });
  if (advertises && !/version=2/.test(String(protocol))) response.write(`${packetLine(`# service=${service}\n`)}0000`);
  child.on('error', () => response.destroy());
  // A client that stops reading must not leave a git process behind.
  response.on('close', () => child.kill());
  child.stdin.on('error', () => response.destroy());
  child.stdout.pipe(response);
  if (advertises) {
    child.stdin.end();
    request.resume();
    return;
  }
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  body.on('error', () => response.destroy());
  body.pipe(child.stdin);
}

const packetLine = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
