import type { Json } from '../json.ts';

/**
 * What is known of a kind's fields: where lists are keyed, which maps and lists are one value, and what a value has to be. Read from OpenAPI
 * v3, or from the structural schema of a CustomResourceDefinition, which is the same language.
 */
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
  /** What the API server fills in: keys of a keyed list (`protocol: TCP`) that a rendered item may leave out, and any field of a custom resource. */
  readonly default?: Json;
  readonly quantity?: boolean;
  readonly constraints?: Constraints;
  /** Of a whole kind: who checks its objects, Go types or the schema of a definition. `built-in` when absent. */
  readonly dialect?: 'built-in' | 'custom';
}

/** What a value has to be beyond its type; the words of JSON Schema, as OpenAPI v3 has them. */
export interface Constraints {
  readonly required?: readonly string[];
  readonly enum?: readonly Json[];
  readonly format?: string;
  /** A regular expression of RE2, searched for. */
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly nullable?: boolean;
  readonly intOrString?: boolean;
  /** The value is an object of its own, with apiVersion, kind and metadata. */
  readonly embeddedResource?: boolean;
  readonly allOf?: readonly FieldSchema[];
  readonly anyOf?: readonly FieldSchema[];
  readonly oneOf?: readonly FieldSchema[];
  readonly not?: FieldSchema;
  readonly rules?: readonly ValidationRule[];
}

/** An entry of `x-kubernetes-validations`: a rule in CEL that has to be true of `self`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  /** A path below the value (`.spec.size`), which is to blame instead of the value. */
  readonly fieldPath?: string;
}

/** The schema of a kind, or undefined when the cluster publishes none. */
export type SchemaLookup = (apiVersion: string, kind: string) => FieldSchema | undefined;
