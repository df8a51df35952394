import type { Json } from '../json.ts';
import type { FieldSchema } from '../plan/field-schema.ts';

/** Something that the API server would refuse, found without asking it. */
export interface SchemaViolation {
  /** JSON pointer of the field, which may be missing; '' is the object. */
  readonly pointer: string;
  /** Names the field and what it has to be; quotes no value. */
  readonly message: string;
}

export interface SchemaCheck {
  readonly violations: readonly SchemaViolation[];
  /** What the API server checks and this could not, for people. */
  readonly unchecked: readonly string[];
}

/** Where a value stands and what it has to be. */
export interface SchemaPlace {
  readonly value: Json;
  readonly schema: FieldSchema;
  readonly pointer: string;
}

export function pointerBelow(pointer: string, name: string | number): string {
  return `${pointer}/${typeof name === 'number' ? name : name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** A pointer is made where something is found: nearly all values are as they have to be. */
export function pointerTo(path: readonly (string | number)[]): string {
  return path.reduce<string>(pointerBelow, '');
}

/** `/spec/ports/0/port` as `spec.ports[0].port`; what is no plain name stands in brackets. */
export function pointerText(pointer: string): string {
  if (pointer === '') return 'the object';
  const names = pointer.slice(1).split('/');
  const text = names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((name) => (/^\d+$/.test(name) || !/^[\w$-]+$/.test(name) ? `[${name}]` : `.${name}`))
    .join('');
  return text.replace(/^\./, '');
}
