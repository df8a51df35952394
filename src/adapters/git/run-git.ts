import { spawn } from 'node:child_process';

interface GitCall {
  /** Never a secret and never a name from outside that could be taken for an option. */
  readonly arguments: readonly string[];
  /** The whole environment of the child: nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly input?: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
}

export type GitEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: Buffer; readonly words: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-long'; readonly maxOutputBytes: number }
  | { readonly kind: 'killed'; readonly signal: string; readonly words: string };

export interface GitRunner {
  /** Runs one git to its end. Rejects only when git cannot be started. */
  run(call: GitCall): Promise<GitEnd>;
  /** Kills what still runs; every later call rejects. */
  close(): Promise<void>;
}

const maxWordsBytes = 64 * 1024;

/** Each child leads a process group of its own, so that its helpers (git-remote-https, index-pack) end with it. */
export function gitRunner(): GitRunner {
  const running = new Map<number, Promise<GitEnd>>();
  let closed = false;

  async function run(call: GitCall): Promise<GitEnd> {
    if (closed) throw new Error('git is not started any more: the checkout was closed');
    const child = spawn('git', call.arguments, {
      cwd: call.directory,
      env: call.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const end = new Promise<GitEnd>((resolve, reject) => {
      const output: Buffer[] = [];
      const words: Buffer[] = [];
      let outputBytes = 0;
      let wordsBytes = 0;
      let stopped: GitEnd | undefined;
      const stop = (reason: GitEnd) => {
        stopped ??= reason;
        killGroup(child.pid);
        // A grandchild that left the group could hold the pipes open for ever.
        child.stdout.destroy();
        child.stderr.destroy();
      };
      const deadline = setTimeout(() => stop({ kind: 'timed-out' }), call.timeoutMs);
      child.stdout.on('data', (chunk: Buffer) => {
        outputBytes += chunk.length;
        if (outputBytes > call.maxOutputBytes) stop({ kind: 'too-long', maxOutputBytes: call.maxOutputBytes });
        else output.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (wordsBytes < maxWordsBytes) words.push(chunk);
        wordsBytes += chunk.length;
      });
      // A child that ends before it has read its input closes the pipe; its exit status tells more than EPIPE.
      child.stdin.on('error', () => undefined);
      child.stdin.end(call.input ?? '');
      child.on('error', (cause) => {
        clearTimeout(deadline);
        reject(new Error(`git could not be started (${cause.message}); is git 2.39.4 or newer on PATH?`, { cause }));
      });
      child.on('close', (code, signal) => {
        clearTimeout(deadline);
        const said = Buffer.concat(words).toString('utf8');
        if (stopped !== undefined) resolve(stopped);
        else if (code === null) resolve({ kind: 'killed', signal: signal ?? 'unknown', words: said });
        else resolve({ kind: 'exited', code, output: Buffer.concat(output), words: said });
      });
    });
    const { pid } = child;
    if (pid === undefined) return end;
    running.set(pid, end);
    try {
      return await end;
    } finally {
      running.delete(pid);
    }
  }

  async function close(): Promise<void> {
    closed = true;
    const ends = [...running.values()];
    for (const pid of running.keys()) killGroup(pid);
    await Promise.allSettled(ends);
  }

  return { run, close };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
