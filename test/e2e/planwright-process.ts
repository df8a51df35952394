import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Planwright, PlanwrightSettings } from '../../src/start-planwright.ts';

const root = join(import.meta.dirname, '../..');
const startsWithinMs = 60_000;

/** A test run that is broken off leaves no process behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** `planwright serve` as a process of its own, which a test may kill and start again. */
export class PlanwrightProcess implements Planwright {
  readonly #settings: PlanwrightSettings;
  #child: ChildProcess | undefined;
  #url = '';

  private constructor(settings: PlanwrightSettings) {
    this.#settings = settings;
  }

  static async start(settings: PlanwrightSettings): Promise<PlanwrightProcess> {
    // One address for all starts: reports link to it.
    const started = new PlanwrightProcess({ ...settings, listen: { ...settings.listen, port: await freePort() } });
    await mkdir(settings.dataDirectory, { recursive: true });
    await writeFile(keyPath(settings), settings.app.privateKey, { mode: 0o600 });
    await started.again();
    return started;
  }

  get url(): string {
    return this.#url;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('Planwright does not run');
    return this.#child.pid;
  }

  /** Starts it (again), and resolves when it is ready. */
  async again(): Promise<void> {
    const child = serve(this.#settings);
    this.#child = child;
    const ended = new AbortController();
    child.once('exit', (code, signal) =>
      ended.abort(new Error(`planwright serve ended before it was ready: ${code ?? signal}`)),
    );
    const deadline = AbortSignal.any([ended.signal, AbortSignal.timeout(startsWithinMs)]);
    const ready = Promise.withResolvers<string>();
    deadline.addEventListener('abort', () => ready.reject(deadline.reason), { once: true });
    if (child.stdout === null || child.stderr === null) throw new Error('its output is not piped');
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        this.#settings.log.info({}, line);
        const url = readyUrl(line);
        if (url !== undefined) ready.resolve(url);
      });
    this.#url = await ready.promise;
  }

  /** Ends it in the middle of whatever it does; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Asks it to end, as an operator does; the exit code. */
  async terminate(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = await gone;
    return code;
  }

  async stop(): Promise<void> {
    await this.terminate();
  }

  /** What a second `serve` with the same settings ends with. */
  async second(): Promise<{ readonly code: number | null; readonly said: string }> {
    const child = serve(this.#settings);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += String(text)));
    const [code] = await once(child, 'close');
    return { code, said };
  }
}

function serve(settings: PlanwrightSettings): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'serve'], {
    cwd: root,
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function environment(settings: PlanwrightSettings): NodeJS.ProcessEnv {
  const repositories = new Set([...settings.server.clusters.values()].flatMap((cluster) => cluster.repositories));
  return {
    PATH: process.env.PATH,
    APP_ID: String(settings.app.id),
    PRIVATE_KEY_PATH: keyPath(settings),
    WEBHOOK_SECRET: settings.app.webhookSecret,
    GHE_HOST: settings.gitHub.host,
    GHE_PROTOCOL: settings.gitHub.protocol,
    PORT: String(settings.listen.port),
    PLANWRIGHT_REPOSITORIES: [...repositories].join(','),
    PLANWRIGHT_DATA: settings.dataDirectory,
    KUBECONFIG: settings.kubeconfig,
    DATABASE_URL: settings.databaseUrl,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function keyPath(settings: PlanwrightSettings): string {
  return join(settings.dataDirectory, '..', 'app.pem');
}

function readyUrl(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  const entry: { readonly msg?: unknown; readonly url?: unknown } = JSON.parse(line);
  return entry.msg === 'ready' && typeof entry.url === 'string' ? entry.url : undefined;
}
