import type { SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';

type Data = Readonly<Record<string, string>>;

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly data?: Data;
  };
}

/** `settings.level: low → high`; a value that is not there is `nothing`. */
export function moveText(name: string, key: string, before: string | undefined, after: string | undefined): string {
  return `${name}.${key}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`;
}

/**
 * Holds what happens to the ConfigMaps and Secrets in `default`, write by write as the API server tells of it, against what people approve: each value
 * that moves must be approved at that moment, or be moved by hand.
 */
export class ApprovedMoves {
  /** What moved although nobody had approved it, as `moveText` writes it. */
  readonly unapproved: string[] = [];
  readonly #approved = new Set<string>();
  readonly #byHand = new Set<string>();
  readonly #stop = new AbortController();
  readonly #watches: readonly Promise<void>[];

  constructor(cluster: SandboxCluster) {
    const known = new Map(
      cluster.objects().map(({ kind, metadata, data }) => [`${kind} ${metadata.name}`, (data ?? {}) as Data] as const),
    );
    this.#watches = ['configmaps', 'secrets'].map((resource) => this.#watch(cluster, resource, known));
  }

  approve(moves: readonly string[]): void {
    for (const move of moves) this.#approved.add(move);
  }

  /** From now on these approvals are worth nothing. */
  withdraw(moves: readonly string[]): void {
    for (const move of moves) this.#approved.delete(move);
  }

  /** Somebody is about to do this past Planwright, once. */
  expectByHand(move: string): void {
    this.#byHand.add(move);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watches);
  }

  async #watch({ url, token }: SandboxCluster, resource: string, known: Map<string, Data>): Promise<void> {
    try {
      const { body } = await fetch(`${url}/api/v1/namespaces/default/${resource}?watch=true`, {
        headers: { authorization: `Bearer ${token}` },
        signal: this.#stop.signal,
      });
      let rest = '';
      for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#see(known, JSON.parse(line) as WatchEvent);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  #see(known: Map<string, Data>, { type, object }: WatchEvent): void {
    const { name } = object.metadata;
    const identity = `${object.kind} ${name}`;
    const before = known.get(identity) ?? {};
    const after = type === 'DELETED' ? {} : (object.data ?? {});
    known.set(identity, after);
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (before[key] === after[key]) continue;
      const move = moveText(name, key, before[key], after[key]);
      if (!this.#byHand.delete(move) && !this.#approved.has(move)) this.unapproved.push(move);
    }
  }
}
