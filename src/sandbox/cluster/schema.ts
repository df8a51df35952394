import type { Json, JsonMap } from './json.ts';
import { isMap, listOf, mapOf, textOf } from './json.ts';
import type { Kind } from './kinds.ts';
import apps from './openapi/apps-v1.json' with { type: 'json' };
import core from './openapi/core-v1.json' with { type: 'json' };

export interface ScalarType {
  readonly kind: 'scalar';
  readonly scalar: 'string' | 'numeric' | 'boolean' | 'untyped';
  readonly isQuantity: boolean;
  readonly isBase64: boolean;
  /** As error messages of a real server call it: `int32`, `string`, `bool`. */
  readonly goType: string;
}

export interface StructField {
  readonly type: FieldType;
  readonly isRequired: boolean;
  readonly defaultValue: Json | undefined;
}

export interface StructType {
  readonly kind: 'struct';
  readonly name: string;
  readonly isAtomic: boolean;
  readonly fields: ReadonlyMap<string, StructField>;
}

export interface MapType {
  readonly kind: 'map';
  readonly isAtomic: boolean;
  readonly values: FieldType;
}

export interface ListType {
  readonly kind: 'list';
  readonly relationship: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  readonly items: FieldType;
}

/** How the API server treats a field: as one value, by its fields, by its entries or by its items. */
export type FieldType = ScalarType | StructType | MapType | ListType;

/** The OpenAPI v3 documents that the cluster serves, by their path below `/openapi/v3/`. */
export const openApiDocuments: ReadonlyMap<string, JsonMap> = new Map<string, JsonMap>([
  ['api/v1', core],
  ['apis/apps/v1', apps],
]);

const referencePrefix = '#/components/schemas/';
const schemas = new Map<string, JsonMap>(
  [...openApiDocuments.values()].flatMap((document) =>
    Object.entries(mapOf(mapOf(document.components).schemas)).map(([name, schema]): [string, JsonMap] => [
      name,
      mapOf(schema),
    ]),
  ),
);
const known = new Map<string, FieldType>();

function typeOf(schema: JsonMap, name: string): FieldType {
  const reference = textOf(schema.$ref) || textOf(mapOf(listOf(schema.allOf)[0]).$ref);
  if (reference === '') return readType(schema, name);
  const referred = reference.slice(referencePrefix.length);
  const target = schemas.get(referred);
  if (target === undefined) throw new Error(`The OpenAPI documents of the sandbox refer to an unknown ${referred}.`);
  const existing = known.get(referred);
  if (existing !== undefined) return existing;
  const type = typeOf(target, referred);
  known.set(referred, type);
  return type;
}

function readType(schema: JsonMap, name: string): FieldType {
  const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
  if (isMap(schema.properties)) return { kind: 'struct', name: shortName(name), isAtomic, fields: fieldsOf(schema) };
  if (isMap(schema.additionalProperties)) {
    return { kind: 'map', isAtomic, values: typeOf(schema.additionalProperties, '') };
  }
  if (schema.type === 'array') {
    const relationship = schema['x-kubernetes-list-type'];
    return {
      kind: 'list',
      relationship: relationship === 'map' || relationship === 'set' ? relationship : 'atomic',
      keys: listOf(schema['x-kubernetes-list-map-keys']).map(textOf),
      items: typeOf(mapOf(schema.items), ''),
    };
  }
  return scalarOf(schema, name);
}

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function fieldsOf(schema: JsonMap): ReadonlyMap<string, StructField> {
  const required = new Set(listOf(schema.required).map(textOf));
  return new Map(
    Object.entries(mapOf(schema.properties)).map(([field, child]): [string, StructField] => [
      field,
      { type: typeOf(mapOf(child), ''), isRequired: required.has(field), defaultValue: mapOf(child).default },
    ]),
  );
}

const goTypes: Readonly<Record<string, string>> = { integer: 'int32', number: 'float64', boolean: 'bool' };

function scalarOf(schema: JsonMap, name: string): ScalarType {
  const type = textOf(schema.type);
  const numeric = type === 'integer' || type === 'number';
  const plain = type === 'string' || type === 'boolean' ? type : 'untyped';
  return {
    kind: 'scalar',
    scalar: numeric ? 'numeric' : plain,
    isQuantity: shortName(name) === 'Quantity',
    isBase64: schema.format === 'byte',
    goType: schema.format === 'int64' ? 'int64' : (goTypes[type] ?? 'string'),
  };
}

const roots = new Map<string, StructType>();
for (const [name, schema] of schemas) {
  const identity = mapOf(listOf(schema['x-kubernetes-group-version-kind'])[0]);
  const type = typeOf({ $ref: referencePrefix + name }, name);
  if (type.kind === 'struct') roots.set(`${textOf(identity.group)}/${textOf(identity.kind)}`, type);
}

/** The schema of a kind's objects. */
export function rootTypeOf(kind: Kind): StructType {
  const type = roots.get(`${kind.group}/${kind.kind}`);
  if (type === undefined)
    throw new Error(`The OpenAPI documents of the sandbox do not describe ${kind.qualifiedKind}.`);
  return type;
}

/** The type of a field of a struct or map; undefined when a struct has no such field. */
export const fieldTypeOf = (type: StructType | MapType, field: string): FieldType | undefined =>
  type.kind === 'map' ? type.values : type.fields.get(field)?.type;
