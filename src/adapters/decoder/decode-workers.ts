import { extname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { decodeFile } from '../../domain/manifest/decode-file.ts';
import { joinDecoded, manifestsInOrder } from '../../domain/manifest/decode-manifests.ts';
import type { Decoded, ManifestFile } from '../../domain/manifest/manifest-file.ts';
import type { Problem, RenderedObject } from '../../domain/manifest/rendered-object.ts';
import type { Decoder } from '../../flows/ports/decoder.ts';
import { unpackObject } from './packed-object.ts';
import type { Answer, Question } from './worker-messages.ts';

export interface DecodeLimits {
  /** Threads at a time; a thread without work ends after a while. */
  readonly workers: number;
  /** For one file. */
  readonly timeMs: number;
  /** Of one thread's heap. */
  readonly memoryMb: number;
  /** Files up to this length, in UTF-16 code units, are decoded where they are asked for, unless they have anchors. */
  readonly inlineLength: number;
  readonly idleMs: number;
}

/** The hardest file within the limits of decode-file.ts takes two seconds and 400 MB on a slow machine. */
const defaultLimits: DecodeLimits = {
  workers: 2,
  timeMs: 30_000,
  memoryMb: 1024,
  inlineLength: 32 * 1024,
  idleMs: 30_000,
};

/** How long small files are decoded before others get a turn. */
const turnMs = 20;

export interface DecodeWorkers extends Decoder {
  /** What is still being decoded rejects. Idempotent. */
  close(): Promise<void>;
}

/** Decodes large files in threads of their own. Threads start when they are needed, and keep no process alive. */
export function decodeWorkers(limits: Partial<DecodeLimits> = {}): DecodeWorkers {
  const pool = new WorkerPool({ ...defaultLimits, ...limits });
  return {
    async decode(files) {
      const decoded: Decoded[] = [];
      let turnEnds = performance.now() + turnMs;
      for (const file of manifestsInOrder(files)) {
        if (pool.takes(file)) decoded.push(await pool.decode(file));
        else decoded.push(decodeFile(file));
        if (performance.now() < turnEnds) continue;
        await nextTurn();
        turnEnds = performance.now() + turnMs;
      }
      return joinDecoded(decoded);
    },
    close: () => pool.close(),
  };
}

class WorkerPool {
  readonly #limits: DecodeLimits;
  readonly #idle: DecodeThread[] = [];
  readonly #all = new Set<DecodeThread>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  /** A small file with aliases can still be a large object. */
  takes({ text }: ManifestFile): boolean {
    return text.length > this.#limits.inlineLength || text.includes('&');
  }

  async decode(file: ManifestFile): Promise<Decoded> {
    while (this.#idle.length === 0 && this.#all.size >= this.#limits.workers && !this.#closed)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#closed) throw new Error(`${file.path} is not decoded: the process is going down`);
    const thread = this.#idle.pop() ?? this.#start();
    try {
      const decoded = await thread.decode(file, this.#limits.timeMs);
      if (this.#closed) throw new Error(`${file.path} is not decoded: the process is going down`);
      return decoded;
    } finally {
      if (thread.isAlive) this.#rest(thread);
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await Promise.all([...this.#all].map((thread) => thread.end()));
  }

  #start(): DecodeThread {
    const thread = new DecodeThread(this.#limits.memoryMb, () => {
      this.#all.delete(thread);
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    this.#all.add(thread);
    return thread;
  }

  #rest(thread: DecodeThread): void {
    this.#idle.push(thread);
    thread.endAfter(this.#limits.idleMs);
  }
}

/** One thread, which decodes one file at a time. */
class DecodeThread {
  readonly #worker: Worker;
  readonly #ended: () => void;
  #answered: ((answer: Answer | Error) => void) | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #alive = true;

  constructor(memoryMb: number, ended: () => void) {
    // Its own extension: `.ts` in the sources, `.js` in the published package.
    const program = new URL(`./decode-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(program, {
      name: 'decode',
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      env: {},
    });
    this.#ended = ended;
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#answered?.(answer));
    this.#worker.on('error', (error) => this.#ends(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#ends(new Error('the thread ended')));
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  async decode(file: ManifestFile, timeMs: number): Promise<Decoded> {
    clearTimeout(this.#idleTimer);
    this.#worker.ref();
    const late = setTimeout(() => this.#answered?.(new TookTooLong(timeMs)), timeMs);
    try {
      const objects: RenderedObject[] = [];
      let answer = await this.#ask({ kind: 'decode', file });
      clearTimeout(late);
      for (;;) {
        if (answer instanceof Error) {
          await this.end();
          return { objects: [], problems: [undecoded(file, answer)] };
        }
        for (const object of answer.objects) objects.push(unpackObject(object));
        if (answer.kind === 'last') return { objects, problems: answer.problems };
        await nextTurn();
        answer = await this.#ask({ kind: 'more' });
      }
    } finally {
      clearTimeout(late);
      this.#worker.unref();
    }
  }

  endAfter(idleMs: number): void {
    this.#idleTimer = setTimeout(() => void this.end(), idleMs);
    this.#idleTimer.unref();
  }

  async end(): Promise<void> {
    clearTimeout(this.#idleTimer);
    // Ending takes a while, in which nobody may give it work.
    this.#ends(new Error('the thread ended'));
    await this.#worker.terminate();
  }

  #ask(question: Question): Promise<Answer | Error> {
    return new Promise((resolve) => {
      if (!this.#alive) {
        resolve(new Error('the thread ended'));
        return;
      }
      this.#answered = resolve;
      this.#worker.postMessage(question);
    });
  }

  #ends(error: Error): void {
    this.#answered?.(error);
    if (!this.#alive) return;
    this.#alive = false;
    this.#ended();
  }
}

class TookTooLong extends Error {
  constructor(timeMs: number) {
    super(`it takes longer than ${Math.round(timeMs / 1000)} s`);
  }
}

/** Quotes nothing of the fault, which may quote the file. */
function undecoded(file: ManifestFile, error: Error): Problem {
  const cause =
    error instanceof TookTooLong
      ? error.message
      : 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'it takes too much memory'
        : 'reading it failed';
  return {
    severity: 'error',
    message: `${file.path} could not be decoded: ${cause}; split it into smaller files`,
    position: { path: file.path, line: 1, column: 1 },
  };
}
