import { Ajv, type ErrorObject } from 'ajv';
import type { Problem } from '../manifest/rendered-object.ts';
import type { YamlNode } from '../manifest/yaml-tree.ts';
import { suggestion } from './nearest-key.ts';
import { type Place, type PlacedNode, placedAt } from './placed-node.ts';

const maxProblems = 50;

export type Validated<Shape> =
  | { readonly kind: 'valid'; readonly shape: Shape }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/**
 * A check of files against a published schema, whose instances are `Shape`. Each problem stands on the offending key or value.
 *
 * @param referred schemas that this one refers to
 */
export function shapeValidator<Shape>(
  schema: object,
  referred: readonly object[] = [],
): (root: YamlNode, place: Place) => Validated<Shape> {
  const ajv = new Ajv({ allErrors: true, verbose: true, strictTypes: true, allowUnionTypes: true });
  const validate = ajv.addSchema([...referred]).compile<Shape>(schema);
  return (root, place) => {
    const value: unknown = root.value;
    if (validate(value)) return { kind: 'valid', shape: value };
    const errors = (validate.errors ?? []).filter((error) => !isEcho(error));
    const problems = errors
      .slice(0, maxProblems)
      .map((error) => problemOf(error, placedAt(root, error.instancePath), place));
    return { kind: 'invalid', problems };
  };
}

/** Errors that only repeat another one. */
function isEcho(error: ErrorObject): boolean {
  return (
    error.keyword === 'if' ||
    error.keyword === 'propertyNames' ||
    (error.keyword === 'required' && error.schemaPath.includes('/oneOf/'))
  );
}

function problemOf(error: ErrorObject, placed: PlacedNode, place: Place): Problem {
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params.additionalProperty);
    const known = Object.keys(objectOf(error.parentSchema?.properties));
    const keyStart = placed.node.kind === 'mapping' ? placed.node.entries.get(key)?.keyStart : undefined;
    return {
      severity: 'error',
      message: `unknown key ${quoted(key)}${suggestion(key, known)}`,
      position: place(keyStart ?? placed.node.start),
    };
  }
  if (error.propertyName !== undefined) {
    const keyStart = placed.node.kind === 'mapping' ? placed.node.entries.get(error.propertyName)?.keyStart : undefined;
    const message = `the name ${quoted(error.propertyName)} is not valid: ${descriptionOf(error)}`;
    return { severity: 'error', message, position: place(keyStart ?? placed.node.start) };
  }
  const start = error.keyword === 'required' || error.keyword === 'oneOf' ? placed.keyStart : placed.node.start;
  return { severity: 'error', message: messageOf(error, placed), position: place(start) };
}

function messageOf(error: ErrorObject, placed: PlacedNode): string {
  const { name } = placed;
  const { params } = error;
  switch (error.keyword) {
    case 'required':
      return `${name} has no key ${quoted(String(params.missingProperty))}, which is required`;
    case 'type':
      return `${name} must be ${typeText(params.type)}`;
    case 'const':
      return `${name} must be ${JSON.stringify(params.allowedValue)}`;
    case 'enum':
      return `${name} must be one of ${listOf(params.allowedValues).join(', ')}${valueSuggestion(placed.node, listOf(params.allowedValues))}`;
    case 'minimum':
      return `${name} must be at least ${params.limit}`;
    case 'maximum':
      return `${name} must be at most ${params.limit}`;
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return `${name} must not be empty`;
    case 'maxLength':
      return `${name} must have at most ${params.limit} characters`;
    case 'maxItems':
    case 'maxProperties':
      return `${name} must have at most ${params.limit} entries`;
    case 'uniqueItems':
      return `${name} holds one entry twice`;
    case 'oneOf':
      return `${name} needs either "require" or "deny"`;
    default:
      return `${name} is not valid: ${descriptionOf(error)}`;
  }
}

function valueSuggestion(node: YamlNode, known: readonly string[]): string {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return '';
  const meant = suggestion(node.value, known);
  return meant.startsWith(' — ') ? meant : '';
}

function typeText(type: unknown): string {
  const words: Readonly<Record<string, string>> = {
    object: 'a mapping',
    array: 'a list',
    string: 'text',
    integer: 'a whole number',
    boolean: 'true or false',
  };
  return [type]
    .flat()
    .map((each) => words[String(each)])
    .filter((word) => word !== undefined)
    .join(' or ');
}

function descriptionOf(error: ErrorObject): string {
  return String(error.parentSchema?.description ?? error.message ?? error.keyword);
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
