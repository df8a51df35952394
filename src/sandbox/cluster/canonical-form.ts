import type { Json, JsonMap } from './json.ts';
import { isList, isMap } from './json.ts';
import { canonicalQuantity } from './quantity.ts';
import type { FieldType, ListType, MapType, ScalarType, StructType } from './schema.ts';

/** A value that the server's types cannot hold; the message is that of its decoder. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export interface CanonicalForm {
  readonly value: JsonMap;
  /** Fields that the schema does not know, as warnings name them: `spec.containers[0].imag`. They are dropped. */
  readonly unknownFields: readonly string[];
}

/**
 * Fields whose zero value the server's types do not keep apart from absence. The OpenAPI documents do not tell them
 * from those (`replicas`, `runAsUser`, `optional`) that may be zero.
 */
const zeroMeansAbsent = new Set([
  'minReadySeconds',
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'nodePort',
  'hostPort',
  'healthCheckNodePort',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'readOnly',
  'stdin',
  'stdinOnce',
  'tty',
  'publishNotReadyAddresses',
  'paused',
]);

/** The object as the server's own types would write it again: no nulls, no empty values, quantities in their one form. */
export function canonicalForm(object: JsonMap, type: StructType): CanonicalForm {
  const unknownFields: string[] = [];
  return { value: structForm(object, type, { path: '', owner: type.name, unknownFields }), unknownFields };
}

interface Place {
  readonly path: string;
  /** The struct that the value is in, and the path from there, as Go's decoder tells them. */
  readonly owner: string;
  readonly unknownFields: string[];
}

const below = (place: Place, step: string): Place => ({ ...place, path: place.path + step });

function structForm(value: JsonMap, type: StructType, place: Place): JsonMap {
  const kept: Record<string, Json> = {};
  for (const [field, child] of Object.entries(value)) {
    const path = place.path === '' ? field : `.${field}`;
    const known = type.fields.get(field);
    if (known === undefined) {
      place.unknownFields.push(place.path + path);
      continue;
    }
    if (child === null) continue;
    const form = formOf(child, known.type, { ...below(place, path), owner: type.name });
    if (known.isRequired || !isAbsent(field, form, known.type)) kept[field] = form;
  }
  return kept;
}

function isAbsent(field: string, form: Json, type: FieldType): boolean {
  if (isList(form)) return form.length === 0;
  if (isMap(form)) return type.kind === 'map' && Object.keys(form).length === 0;
  return form === '' || (zeroMeansAbsent.has(field) && (form === 0 || form === false));
}

function formOf(value: Json, type: FieldType, place: Place): Json {
  switch (type.kind) {
    case 'scalar':
      return scalarForm(value, type, place);
    case 'struct':
      if (!isMap(value)) throw mismatch(value, place, type.name);
      return structForm(value, type, place);
    case 'map':
      return mapForm(value, type, place);
    case 'list':
      return listForm(value, type, place);
  }
}

function mapForm(value: Json, type: MapType, place: Place): Json {
  if (!isMap(value)) throw mismatch(value, place, 'map');
  const entries = Object.entries(value).map(([key, child]): [string, Json] => [
    key,
    child === null ? '' : formOf(child, type.values, place),
  ]);
  return Object.fromEntries(entries);
}

function listForm(value: Json, type: ListType, place: Place): Json {
  if (!isList(value)) throw mismatch(value, place, 'slice');
  return value.map((item, index) => formOf(item, type.items, below(place, `[${index}]`)));
}

function scalarForm(value: Json, type: ScalarType, place: Place): Json {
  if (type.isQuantity) return quantityForm(value);
  if (type.isBase64) return base64Form(value, place);
  const expected = { string: 'string', numeric: 'number', boolean: 'boolean', untyped: typeof value }[type.scalar];
  if (typeof value !== expected) throw mismatch(value, place, type.goType);
  return value;
}

function quantityForm(value: Json): Json {
  const quantity =
    typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value)) : undefined;
  if (quantity !== undefined) return quantity;
  throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function base64Form(value: Json, place: Place): Json {
  if (typeof value !== 'string') throw mismatch(value, place, 'string');
  if (base64.test(value)) return value;
  const firstWrong = value.search(/[^A-Za-z0-9+/]/);
  throw new DecodeError(
    `error decoding from json: illegal base64 data at input byte ${firstWrong === -1 ? value.length : firstWrong}`,
  );
}

function mismatch(value: Json, place: Place, goType: string): DecodeError {
  const given = isList(value) ? 'array' : isMap(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value;
  const path = place.path.replaceAll(/\[\d+\]/g, '');
  return new DecodeError(
    `json: cannot unmarshal ${given} into Go struct field ${place.owner}.${path} of type ${goType}`,
  );
}
