import type { JsonObject } from '../json.ts';
import type { FieldSchema, SchemaLookup } from '../plan/field-schema.ts';
import type { KindCatalog, ServedKind } from '../plan/prediction.ts';
import { builtInSchemas } from './read-open-api.ts';

/** The kinds of one API and what is known of their fields, without asking it. */
export interface KnownSchemas {
  /** For people: `Kubernetes 1.35`. */
  readonly source: string;
  readonly kinds: KindCatalog;
  readonly schemas: SchemaLookup;
}

/** A file of schema/kubernetes: kinds by `group/version/kind`, and each definition as a text that is read when it is asked for. */
interface Bundle {
  readonly version: string;
  readonly kinds: Readonly<Record<string, readonly [resource: string, definition: string, namespaced: boolean]>>;
  readonly definitions: Readonly<Record<string, string>>;
}

/** Reads the bundled schemas of a Kubernetes version; what none of the objects needs is not looked at. */
export function readBundle(text: string): KnownSchemas {
  const bundle = JSON.parse(text) as Bundle;
  const definitions = new Map(Object.entries(bundle.definitions));
  const schemaOf = builtInSchemas((name) => JSON.parse(definitions.get(name) ?? '{}') as JsonObject);
  const kinds: ServedKind[] = [];
  const byKind = new Map<string, string>();
  for (const [key, [resource, definition, namespaced]] of Object.entries(bundle.kinds)) {
    const [group = '', version = '', kind = ''] = key.split('/');
    const served: ServedKind = { group, version, kind, resource, namespaced, verbs: [] };
    kinds.push(served);
    // The core group is no part of an apiVersion.
    byKind.set(key.startsWith('/') ? key.slice(1) : key, definition);
  }
  return {
    source: `Kubernetes ${bundle.version}`,
    kinds: { kinds, broken: new Map() },
    schemas: (apiVersion, kind): FieldSchema | undefined => {
      const definition = byKind.get(`${apiVersion}/${kind}`);
      return definition === undefined ? undefined : schemaOf(definition);
    },
  };
}
