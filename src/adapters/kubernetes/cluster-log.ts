/** Where the adapter says what it did beside answering; pino's logger is one. */
export interface ClusterLog {
  debug(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
}
