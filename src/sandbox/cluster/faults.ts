/** An answer that is given in place of the real one. */
export interface Fault {
  readonly method: string;
  /** Looked for in the path and query of the request. */
  readonly path: RegExp;
  readonly status: number;
  /** Sent as JSON; a Status that says so when absent. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many requests it meets; 1 when absent. */
  readonly times?: number;
}

export interface FaultQueue {
  add(fault: Fault): void;
  /** The fault that this request meets, which is used up by that. */
  take(method: string, requestURI: string): Fault | undefined;
}

export function createFaultQueue(): FaultQueue {
  const waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => {
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    take(method, requestURI) {
      const met = waiting.find(
        ({ fault, left }) => left > 0 && fault.method === method && requestURI.search(fault.path) !== -1,
      );
      if (met === undefined) return undefined;
      met.left -= 1;
      return met.fault;
    },
  };
}
