import type { KnownSchemas } from '../../domain/schema/known-schemas.ts';

/** Schemas of Kubernetes versions that came with Planwright. Each is read when it is first asked for, and kept. */
export interface BundledSchemas {
  /** `1.35`, newest first. */
  readonly versions: readonly string[];
  newest(): KnownSchemas;
  /** Undefined for a version that is not among them. */
  of(version: string): KnownSchemas | undefined;
}
