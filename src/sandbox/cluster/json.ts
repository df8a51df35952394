/** What a request or an answer can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [key: string]: Json;
}

export const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** The map, or an empty one when there is none. */
export const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? value : {});

/** The list, or an empty one when there is none. */
export const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);

/** The text, or an empty one when there is none. */
export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** The value with those of the defaults that it lacks. */
export const filled = (value: JsonMap, defaults: JsonMap): JsonMap => ({
  ...value,
  ...Object.fromEntries(Object.entries(defaults).filter(([key]) => value[key] === undefined)),
});

/** The map without some of its keys. */
export const without = (value: JsonMap, ...keys: readonly string[]): JsonMap =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
