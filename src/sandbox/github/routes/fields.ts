import { Refusal } from '../model/refusal.ts';

type Body = Readonly<Record<string, unknown>>;

const wrong = (field: string, expected: string): Refusal =>
  new Refusal(422, `Invalid request.\n\nFor '${field}', expected ${expected}.`);

export function text(body: Body, field: string): string {
  const value = body[field];
  if (typeof value !== 'string') throw wrong(field, 'a string');
  return value;
}

export function optionalText(body: Body, field: string): string | undefined {
  return body[field] === undefined || body[field] === null ? undefined : text(body, field);
}

export function optionalFlag(body: Body, field: string): boolean | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrong(field, 'a boolean');
  return value;
}

export function number(body: Body, field: string): number {
  const value = body[field];
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(field, 'an integer');
  return value;
}

export function optionalNumber(body: Body, field: string): number | undefined {
  return body[field] === undefined || body[field] === null ? undefined : number(body, field);
}

export function optionalDate(body: Body, field: string): Date | undefined {
  const value = optionalText(body, field);
  if (value === undefined) return undefined;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw wrong(field, 'a date and time');
  return date;
}

export function optionalTexts(body: Body, field: string): readonly string[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw wrong(field, 'an array of strings');
  return value;
}

export function optionalNumbers(body: Body, field: string): readonly number[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'number'))
    throw wrong(field, 'an array of numbers');
  return value;
}

export function optionalObject(body: Body, field: string): Body | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw wrong(field, 'an object');
  return value;
}

export function optionalObjects(body: Body, field: string): readonly Body[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every(isObject)) throw wrong(field, 'an array of objects');
  return value;
}

/** Leaves absent fields out, so that `exactOptionalPropertyTypes` holds. */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
