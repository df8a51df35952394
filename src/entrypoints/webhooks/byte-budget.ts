/** Bytes that may be held at the same time by everybody together. */
export interface ByteBudget {
  /** False, and nothing taken, when that much is not left. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function byteBudget(totalBytes: number): ByteBudget {
  let leftBytes = totalBytes;
  return {
    take(bytes) {
      if (bytes > leftBytes) return false;
      leftBytes -= bytes;
      return true;
    },
    give(bytes) {
      leftBytes += bytes;
    },
  };
}
