import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Constraints, FieldSchema, ValidationRule } from '../plan/field-schema.ts';
import { type Enforced, enforcedByGo } from './enforced-fields.ts';

/** Finds a kind's schema in one OpenAPI document. */
export type KindSchemas = (group: string, version: string, kind: string) => FieldSchema | undefined;

const quantitySchema = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/**
 * The schemas of one group version's OpenAPI v3 document. What a schema contains is looked at when it is asked for, so that a
 * recursive one (JSONSchemaProps) and a large one cost nothing before.
 */
export function readOpenApi(document: Json): KindSchemas {
  const components = objectAt(objectAt(document, 'components'), 'schemas');
  const find: FindDefinition = (name) => objectAt(components, name);
  const builtIn = resolver(find, enforcedByGo);
  const custom = resolver(find, everything);
  const names = namesByKind(components);
  return (group, version, kind) => {
    const name = names.get(kindKey(group, version, kind));
    if (name === undefined) return undefined;
    const reference = { $ref: `#/components/schemas/${name}` };
    return name === definedName(group, version, kind) ? asCustom(custom(reference)) : builtIn(reference);
  };
}

/** One schema without references: that of a version of a CustomResourceDefinition. */
export function readStructuralSchema(schema: JsonObject): FieldSchema {
  return asCustom(resolver(() => ({}), everything)(schema));
}

/** One definition and what it refers to, of Kubernetes' own types. */
export function builtInSchemas(find: FindDefinition): (definition: string) => FieldSchema {
  const resolve = resolver(find, enforcedByGo);
  return (definition) => resolve({ $ref: definition });
}

type FindDefinition = (name: string) => JsonObject;

function asCustom(schema: FieldSchema): FieldSchema {
  const custom: FieldSchema = { dialect: 'custom' };
  return Object.defineProperties(custom, Object.getOwnPropertyDescriptors(schema));
}

/** The API server names the schema of a definition by group, version and kind; those of Go types by their package, which is never that. */
function definedName(group: string, version: string, kind: string): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
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

const everything: Enforced = { required: (_definition, fields) => fields, hasEnum: () => true };

/** The definition and the field that a schema belongs to. */
interface Owner {
  readonly definition: string;
  readonly field: string;
}

type Resolve = (schema: JsonObject, owner?: Owner) => FieldSchema;

interface Reading {
  readonly resolve: Resolve;
  readonly enforced: Enforced;
}

function resolver(find: FindDefinition, enforced: Enforced): Resolve {
  const named = new Map<string, FieldSchema>();
  const resolve: Resolve = (schema, owner) => {
    const name = referenceIn(schema);
    if (name === undefined) return describe(schema, [], reading, owner === undefined ? {} : { owner });
    // Only what stands beside a reference makes it another schema: `default: {}` does not.
    if (!hasOwnTraits(schema)) return shared(name);
    return describe(schema, [find(name)], reading, { name });
  };
  const reading: Reading = { resolve, enforced };
  const shared = (name: string) => {
    const known = named.get(name);
    if (known) return known;
    const schema = describe({}, [find(name)], reading, { name });
    named.set(name, schema);
    return schema;
  };
  return resolve;
}

/** Builds a schema from its own keywords and, where it has none, those of what it refers to. */
function describe(
  own: JsonObject,
  referred: readonly JsonObject[],
  { resolve, enforced }: Reading,
  { name, owner }: { readonly name?: string; readonly owner?: Owner },
): FieldSchema {
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
    ...(fallback !== undefined && !(name !== undefined && isEmptyMap(fallback)) && { default: fallback }),
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
      const ownerOf = (field: string) => (name === undefined ? undefined : { definition: name, field });
      return new Map(members.map(([member, value]) => [member, resolve(value, ownerOf(member))]));
    });
  }
  if (isJsonObject(items)) lazily(schema, 'items', () => resolve(items));
  if (isJsonObject(additional)) lazily(schema, 'additionalProperties', () => resolve(additional));
  if (additional === true) lazily(schema, 'additionalProperties', () => ({}));
  if (sources.some(hasConstraints))
    lazily(schema, 'constraints', () => {
      const { required, enum: values, ...rest } = readConstraints(find, resolve);
      const needed = required === undefined ? [] : enforced.required(name ?? '', required);
      const isChoice = values !== undefined && enforced.hasEnum(owner?.definition ?? '', owner?.field ?? '');
      return { ...rest, ...(needed.length > 0 && { required: needed }), ...(isChoice && { enum: values }) };
    });
  return schema;
}

const plainConstraints = {
  string: ['format', 'pattern'],
  number: [
    'minLength',
    'maxLength',
    'minimum',
    'maximum',
    'multipleOf',
    'minItems',
    'maxItems',
    'minProperties',
    'maxProperties',
  ],
  boolean: ['exclusiveMinimum', 'exclusiveMaximum', 'uniqueItems', 'nullable'],
} as const;

const constraintKeywords = new Set<string>([
  ...Object.values(plainConstraints).flat(),
  ...['required', 'enum', 'allOf', 'anyOf', 'oneOf', 'not'],
  ...['x-kubernetes-int-or-string', 'x-kubernetes-embedded-resource', 'x-kubernetes-validations'],
]);

function hasConstraints(schema: JsonObject): boolean {
  for (const keyword in schema) if (constraintKeywords.has(keyword)) return true;
  return false;
}

function readConstraints(find: (keyword: string) => Json | undefined, resolve: Resolve): Constraints {
  const constraints: Record<string, Json | undefined> = {};
  for (const [type, keywords] of Object.entries(plainConstraints)) {
    for (const keyword of keywords) {
      const value = find(keyword);
      if (typeof value === type) constraints[keyword] = value;
      else if (typeof value === 'bigint' && type === 'number') constraints[keyword] = Number(value);
    }
  }
  const [required, values, not] = [find('required'), find('enum'), find('not')];
  return {
    ...constraints,
    ...(isJsonArray(required) && { required: required.filter((name) => typeof name === 'string') }),
    ...(isJsonArray(values) && { enum: values }),
    ...alternatives('allOf', find, resolve),
    ...alternatives('anyOf', find, resolve),
    ...alternatives('oneOf', find, resolve),
    ...(isJsonObject(not) && { not: resolve(not) }),
    ...(find('x-kubernetes-int-or-string') === true && { intOrString: true }),
    ...(find('x-kubernetes-embedded-resource') === true && { embeddedResource: true }),
    ...rulesIn(find('x-kubernetes-validations')),
  };
}

function alternatives(
  keyword: 'allOf' | 'anyOf' | 'oneOf',
  find: (keyword: string) => Json | undefined,
  resolve: Resolve,
): Pick<Constraints, 'allOf' | 'anyOf' | 'oneOf'> {
  const schemas = find(keyword);
  // An `allOf` around a reference has been followed already.
  if (!isJsonArray(schemas) || schemas.some((schema) => isJsonObject(schema) && schema.$ref !== undefined)) return {};
  return { [keyword]: schemas.filter(isJsonObject).map((schema) => resolve(schema)) };
}

function rulesIn(list: Json | undefined): Pick<Constraints, 'rules'> {
  if (!isJsonArray(list)) return {};
  const rules = list.filter(isJsonObject).map((entry): ValidationRule => {
    const optional = (name: 'message' | 'messageExpression' | 'fieldPath') =>
      typeof entry[name] === 'string' && entry[name] !== '' ? { [name]: entry[name] } : {};
    return {
      rule: text(entry.rule),
      ...optional('message'),
      ...optional('messageExpression'),
      ...optional('fieldPath'),
    };
  });
  return { rules };
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
    ([keyword, value]) => keyword.startsWith('x-kubernetes-') || (keyword === 'default' && !isEmptyMap(value)),
  );
}

function isListType(value: Json | undefined): value is 'atomic' | 'map' | 'set' {
  return value === 'atomic' || value === 'map' || value === 'set';
}

/** What the API server publishes beside each reference to a Go struct that may be left out; it fills in nothing. */
function isEmptyMap(value: Json): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
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
