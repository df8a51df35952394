import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { FieldSchema } from '../../domain/plan/field-schema.ts';

/** Finds a kind's schema in one OpenAPI document. */
export type KindSchemas = (group: string, version: string, kind: string) => FieldSchema | undefined;

const quantitySchema = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/**
 * The schemas of one group version's OpenAPI v3 document. What a schema contains is looked at when it is asked for, so that a
 * recursive one (JSONSchemaProps) and a large one cost nothing before.
 */
export function readOpenApi(document: Json): KindSchemas {
  const components = objectAt(objectAt(document, 'components'), 'schemas');
  const resolve = resolver(components);
  const names = namesByKind(components);
  return (group, version, kind) => {
    const name = names.get(kindKey(group, version, kind));
    return name === undefined ? undefined : resolve({ $ref: `#/components/schemas/${name}` });
  };
}

function namesByKind(components: JsonObject): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, schema] of Object.entries(components)) {
    const kinds = isJsonObject(schema) ? schema['x-kubernetes-group-version-kind'] : undefined;
    // DeleteOptions and WatchEvent stand for every group: they are no kinds of one.
    if (!isJsonArray(kinds) || kinds.length !== 1) continue;
    const [kind] = kinds;
    if (isJsonObject(kind)) names.set(kindKey(text(kind.group), text(kind.version), text(kind.kind)), name);
  }
  return names;
}

type Resolve = (schema: JsonObject) => FieldSchema;

function resolver(components: JsonObject): Resolve {
  const named = new Map<string, FieldSchema>();
  const resolve: Resolve = (schema) => {
    const name = referenceIn(schema);
    if (name === undefined) return describe(schema, [], resolve);
    // Only what stands beside a reference makes it another schema: `default: {}` does not.
    if (!hasOwnTraits(schema)) return shared(name);
    return describe(schema, [target(name)], resolve, name);
  };
  const target = (name: string) => objectAt(components, name);
  const shared = (name: string) => {
    const known = named.get(name);
    if (known) return known;
    const schema = describe({}, [target(name)], resolve, name);
    named.set(name, schema);
    return schema;
  };
  return resolve;
}

/** Builds a schema from its own keywords and, where it has none, those of what it refers to. */
function describe(own: JsonObject, referred: readonly JsonObject[], resolve: Resolve, name?: string): FieldSchema {
  const sources = [own, ...referred];
  const find = (keyword: string) => sources.find((source) => source[keyword] !== undefined)?.[keyword];
  const type = find('type');
  const listType = find('x-kubernetes-list-type');
  const keys = find('x-kubernetes-list-map-keys');
  const mapType = find('x-kubernetes-map-type');
  const fallback = find('default');
  const schema: FieldSchema = {
    ...(typeof type === 'string' && { type }),
    ...(isListType(listType) && { listType }),
    ...(isJsonArray(keys) && { listMapKeys: keys.filter((key) => typeof key === 'string') }),
    ...((mapType === 'atomic' || mapType === 'granular') && { mapType }),
    ...(isPlain(fallback) && { default: fallback }),
    ...(find('x-kubernetes-preserve-unknown-fields') === true && { keepsUnknown: true }),
    ...(name === quantitySchema && { quantity: true }),
  };
  const properties = find('properties');
  const items = find('items');
  const additional = find('additionalProperties');
  if (isJsonObject(properties)) {
    lazily(schema, 'properties', () => {
      const members = Object.entries(properties).filter((member): member is [string, JsonObject] =>
        isJsonObject(member[1]),
      );
      return new Map(members.map(([member, value]) => [member, resolve(value)]));
    });
  }
  if (isJsonObject(items)) lazily(schema, 'items', () => resolve(items));
  if (isJsonObject(additional)) lazily(schema, 'additionalProperties', () => resolve(additional));
  return schema;
}

function lazily<Name extends keyof FieldSchema>(schema: FieldSchema, name: Name, make: () => FieldSchema[Name]): void {
  let made: { readonly value: FieldSchema[Name] } | undefined;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  Object.defineProperty(schema, name, { enumerable: true, get });
}

/** `$ref`, or an `allOf` around one, which is how the API server adds a default to a reference. */
function referenceIn(schema: JsonObject): string | undefined {
  const [inner] = isJsonArray(schema.allOf) && schema.allOf.length === 1 ? schema.allOf : [schema];
  const reference = isJsonObject(inner) ? inner.$ref : undefined;
  if (typeof reference !== 'string') return undefined;
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function hasOwnTraits(schema: JsonObject): boolean {
  return Object.entries(schema).some(
    ([keyword, value]) => keyword.startsWith('x-kubernetes-') || (keyword === 'default' && isPlain(value)),
  );
}

function isListType(value: Json | undefined): value is 'atomic' | 'map' | 'set' {
  return value === 'atomic' || value === 'map' || value === 'set';
}

function isPlain(value: Json | undefined): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function kindKey(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`;
}

function objectAt(value: Json, name: string): JsonObject {
  const member = isJsonObject(value) ? value[name] : undefined;
  return isJsonObject(member) ? member : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
