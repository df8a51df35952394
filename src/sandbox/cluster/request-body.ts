import { load, YAML11_SCHEMA, YAMLException } from 'js-yaml';
import { badRequest, invalidPatch, unsupportedMediaType } from './api-error.ts';
import type { Json, JsonMap } from './json.ts';
import { isMap } from './json.ts';
import type { Kind } from './kinds.ts';
import { mediaTypeOf } from './media-type.ts';

/** A body that was read, and what the client should be warned of. */
export interface ReadBody {
  readonly value: JsonMap;
  readonly warnings: readonly string[];
}

const isJsonType = (type: string): boolean => type === '' || type === 'application/json' || type === '*/*';

/** The object of a create or update, from JSON or YAML. */
export function readObject(kind: Kind, contentType: string, text: string): JsonMap {
  const type = mediaTypeOf(contentType);
  if (!isJsonType(type) && type !== 'application/yaml') {
    const accepted = 'application/json, application/yaml';
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
    );
  }
  const parsed = type === 'application/yaml' ? readYaml(text, 'Strict').value : parseJson(text);
  if (isMap(parsed)) return parsed;
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error (${text.slice(0, 40)})`,
  );
}

/** A JSON merge patch. */
export function readMergePatch(text: string): JsonMap {
  const parsed = parseJson(text);
  if (isMap(parsed)) return parsed;
  throw badRequest('error decoding patch: unexpected end of JSON input');
}

/** The body of a delete; undefined when there is none. */
export function readDeleteBody(text: string): JsonMap | undefined {
  if (text === '') return undefined;
  const parsed = parseJson(text);
  if (isMap(parsed)) return parsed;
  throw badRequest('the body of the delete is not a DeleteOptions object');
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads YAML, and so JSON too. A key that stands twice is refused when strict, else the last one counts. */
export function readYaml(text: string, fieldValidation: 'Strict' | 'Warn' | 'Ignore'): ReadBody {
  const strict = parseYaml(text, false);
  if (strict.kind === 'read') return { value: strict.value, warnings: [] };
  const lenient = parseYaml(text, true);
  if (lenient.kind === 'failed')
    throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${lenient.why}`);
  if (fieldValidation === 'Strict') {
    throw badRequest(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${strict.why}`,
    );
  }
  return { value: lenient.value, warnings: fieldValidation === 'Warn' ? [strict.why] : [] };
}

type Parsed = { readonly kind: 'read'; readonly value: JsonMap } | { readonly kind: 'failed'; readonly why: string };

function parseYaml(text: string, lastKeyCounts: boolean): Parsed {
  try {
    const value = load(text, { schema: YAML11_SCHEMA, json: lastKeyCounts });
    const plain: Json = JSON.parse(JSON.stringify(value ?? null));
    return isMap(plain) ? { kind: 'read', value: plain } : { kind: 'failed', why: 'the document is not a map' };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { kind: 'failed', why: `line ${(error.mark?.line ?? 0) + 1}: ${error.reason}` };
  }
}

/** RFC 7396: null removes, maps are merged, everything else replaces. */
export function mergePatched(target: Json | undefined, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const merged: Record<string, Json> = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatched(merged[key], value);
  }
  return merged;
}

/** The answer for a merge patch whose result the server's types cannot hold. */
export function undecodablePatch(patched: JsonMap, why: string): Error {
  const message = `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${why}`;
  return invalidPatch([{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
}
