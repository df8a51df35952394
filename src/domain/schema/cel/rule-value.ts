import { canonicalJson, isJsonArray, isJsonObject, type Json } from '../../json.ts';
import type { FieldSchema } from '../../plan/field-schema.ts';

/** A time or a span of one, in words that CEL reads. */
export class WrittenTime {
  readonly kind: 'timestamp' | 'duration' | 'bytes';
  readonly text: string;

  constructor(kind: WrittenTime['kind'], text: string) {
    this.kind = kind;
    this.text = text;
  }
}

export type ListOrder = 'written' | 'reversed' | 'sorted';

/** How rules see what is no JSON: as the library has it. */
export type ReadTime = (written: WrittenTime) => unknown;

const metadataFields = new Set(['name', 'generateName']);
const keywords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/**
 * A value as a rule sees it: integers and maps of CEL, times by their format, names escaped; without `null` fields and without what the definition does not
 * know. `order` puts the lists whose order says nothing into another one.
 */
export function ruleValue(
  value: Json,
  schema: FieldSchema,
  how: { readonly read: ReadTime; readonly order: ListOrder; readonly holdsObject: boolean },
): unknown {
  if (value === null) return null;
  if (isJsonArray(value)) {
    const below = { ...how, holdsObject: false };
    const items = isOrderless(schema) ? inOrder(value, how.order) : value;
    return items.map((item) => (schema.items === undefined ? item : ruleValue(item, schema.items, below)));
  }
  if (isJsonObject(value)) {
    const members = new Map<string, unknown>();
    const below = { ...how, holdsObject: false };
    for (const [name, member] of Object.entries(value)) {
      const known = schema.properties?.get(name) ?? (how.holdsObject ? ownField(name) : undefined);
      if (known !== undefined) {
        if (member === null || !isTyped(known)) continue;
        const holdsObject = known.constraints?.embeddedResource === true;
        const seen = ruleValue(member, known, { ...below, holdsObject });
        for (const spelled of spellings(name)) members.set(spelled, seen);
      } else if (schema.additionalProperties !== undefined)
        members.set(name, ruleValue(member, schema.additionalProperties, below));
    }
    return members;
  }
  if (typeof value === 'string') return textValue(value, schema, how.read);
  if (typeof value !== 'number') return value;
  return schema.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
}

export function isOrderless(schema: FieldSchema): boolean {
  return schema.listType === 'set' || schema.listType === 'map';
}

function textValue(text: string, schema: FieldSchema, read: ReadTime): unknown {
  switch (schema.constraints?.format?.replaceAll('-', '')) {
    case 'date':
      return read(new WrittenTime('timestamp', `${text}T00:00:00Z`));
    case 'datetime':
      return read(new WrittenTime('timestamp', text));
    case 'duration':
      return read(new WrittenTime('duration', text));
    case 'byte':
      return read(new WrittenTime('bytes', text));
    default:
      return text;
  }
}

/** What has no type, rules cannot see. */
function isTyped(schema: FieldSchema): boolean {
  return schema.type !== undefined || schema.constraints?.intOrString === true;
}

function ownField(name: string): FieldSchema | undefined {
  const text: FieldSchema = { type: 'string' };
  if (name === 'apiVersion' || name === 'kind') return text;
  if (name !== 'metadata') return undefined;
  return { type: 'object', properties: new Map([...metadataFields].map((field) => [field, text])) };
}

/** How rules write a name: those of keywords in two ways, what is no identifier escaped, and some not at all. */
function spellings(name: string): readonly string[] {
  if (keywords.has(name)) return [name, `__${name}__`];
  if (!/^[A-Za-z_./-][\w./-]*$/.test(name)) return [];
  const escaped = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return [escaped];
}

function inOrder(list: readonly Json[], order: ListOrder): readonly Json[] {
  if (order === 'written') return list;
  if (order === 'reversed') return list.toReversed();
  return list.toSorted((one, two) => (canonicalJson(one) < canonicalJson(two) ? -1 : 1));
}
