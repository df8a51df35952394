/** What planning needs of an OpenAPI schema: where lists are keyed, and which maps and lists are one value. */
export interface FieldSchema {
  readonly type?: string;
  readonly properties?: ReadonlyMap<string, FieldSchema>;
  readonly additionalProperties?: FieldSchema;
  /** Fields that are not among the properties are kept as they are (`x-kubernetes-preserve-unknown-fields`). */
  readonly keepsUnknown?: boolean;
  readonly items?: FieldSchema;
  /** `atomic` when absent, as in server-side apply. */
  readonly listType?: 'atomic' | 'map' | 'set';
  readonly listMapKeys?: readonly string[];
  /** `granular` when absent. */
  readonly mapType?: 'atomic' | 'granular';
  /** Defaults of a keyed list's keys (`protocol: TCP`), which a rendered item may leave out. */
  readonly default?: string | number | boolean;
  readonly quantity?: boolean;
}

/** The schema of a kind, or undefined when the cluster publishes none. */
export type SchemaLookup = (apiVersion: string, kind: string) => FieldSchema | undefined;
