export interface Refreshed<Value> {
  /** The value, at most `maxAgeMs` old. Callers at one time share one load; a failed load is not kept. */
  get(): Promise<Value>;
  /** The next `get` loads. For `unsettledMs` from now on nothing is kept: what is loaded may still be changing. */
  invalidate(unsettledMs: number): void;
}

/** Keeps what is expensive to load. `nowMs` is a monotonic clock. */
export function refreshed<Value>(load: () => Promise<Value>, maxAgeMs: number, nowMs: () => number): Refreshed<Value> {
  let current: { readonly value: Promise<Value>; freshUntilMs: number } | undefined;
  let unsettledUntilMs = Number.NEGATIVE_INFINITY;

  return {
    get: () => {
      if (current && nowMs() < current.freshUntilMs) return current.value;
      const loading = { value: load(), freshUntilMs: Number.POSITIVE_INFINITY };
      current = loading;
      loading.value.then(
        () => {
          loading.freshUntilMs = nowMs() < unsettledUntilMs ? Number.NEGATIVE_INFINITY : nowMs() + maxAgeMs;
        },
        () => {
          loading.freshUntilMs = Number.NEGATIVE_INFINITY;
        },
      );
      return loading.value;
    },
    invalidate: (unsettledMs) => {
      current = undefined;
      unsettledUntilMs = nowMs() + unsettledMs;
    },
  };
}
