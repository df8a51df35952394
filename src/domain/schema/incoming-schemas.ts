import { isJsonArray, isJsonObject } from '../json.ts';
import { groupOf, type RenderedObject } from '../manifest/rendered-object.ts';
import type { FieldSchema, SchemaLookup } from '../plan/field-schema.ts';
import { readStructuralSchema } from './read-open-api.ts';

/** A version of a kind that a CustomResourceDefinition of the same render defines. */
export interface DefinedKind {
  readonly group: string;
  readonly kind: string;
  /** `group/version`, served ones only. */
  readonly apiVersions: readonly string[];
  readonly namespaced: boolean;
  /** Undefined where that version says nothing of its fields. */
  schema(apiVersion: string): FieldSchema | undefined;
}

/** What the CustomResourceDefinitions among these objects define; of a kind that two define, the last counts. */
export function definedKinds(rendered: readonly RenderedObject[]): readonly DefinedKind[] {
  const kinds = new Map<string, DefinedKind>();
  for (const object of rendered) {
    const defined = definedKind(object);
    if (defined !== undefined) kinds.set(`${defined.group}/${defined.kind}`, defined);
  }
  return [...kinds.values()];
}

function definedKind(object: RenderedObject): DefinedKind | undefined {
  if (object.kind !== 'CustomResourceDefinition' || groupOf(object.apiVersion) !== 'apiextensions.k8s.io')
    return undefined;
  const { spec } = object.content;
  if (!isJsonObject(spec) || !isJsonObject(spec['names'])) return undefined;
  const group = String(spec['group']);
  const versions = (isJsonArray(spec['versions']) ? spec['versions'] : [])
    .filter(isJsonObject)
    .filter((version) => version['served'] !== false);
  const schemas = new Map<string, FieldSchema>();
  for (const version of versions) {
    const { schema } = version;
    const structural = isJsonObject(schema) ? schema['openAPIV3Schema'] : undefined;
    if (isJsonObject(structural)) schemas.set(`${group}/${String(version['name'])}`, readStructuralSchema(structural));
  }
  return {
    group,
    kind: String(spec['names']['kind']),
    apiVersions: versions.map((version) => `${group}/${String(version['name'])}`),
    namespaced: spec['scope'] === 'Namespaced',
    schema: (apiVersion) => schemas.get(apiVersion),
  };
}

/** Schemas of what is known already, then of what the change itself defines: while a cluster has a version, its own schema is what it checks by. */
export function withIncoming(known: SchemaLookup, defined: readonly DefinedKind[]): SchemaLookup {
  const byKind = new Map(defined.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  return (apiVersion, kind) =>
    known(apiVersion, kind) ?? byKind.get(`${groupOf(apiVersion)}/${kind}`)?.schema(apiVersion);
}
