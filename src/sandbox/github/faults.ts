export interface Fault {
  readonly method: string;
  /** Tried on the path without `/api/v3`, with the query. */
  readonly path: RegExp;
  /** 0 cuts the connection without an answer. */
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The work is done and only its answer is replaced. */
  readonly afterEffect?: boolean;
  readonly times?: number;
}

export class Faults {
  readonly #planned: { readonly fault: Fault; left: number }[] = [];

  plan(fault: Fault): void {
    this.#planned.push({ fault, left: fault.times ?? 1 });
  }

  /** The first planned fault that fits, used up by one. */
  take(method: string, path: string): Fault | null {
    const found = this.#planned.find(
      ({ fault, left }) => left > 0 && fault.method.toUpperCase() === method && fault.path.test(path),
    );
    if (found === undefined) return null;
    found.left -= 1;
    return found.fault;
  }
}
