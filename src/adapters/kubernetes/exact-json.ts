import type { Json } from '../../domain/json.ts';

declare global {
  interface JSON {
    /** ES2026 `JSON.parse` with source text access, which TypeScript does not describe yet. */
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/** Parses JSON; integers beyond 2^53 become `bigint` and keep every digit. Throws SyntaxError as `JSON.parse` does. */
export function parseExactJson(text: string): Json {
  // A reviver makes parsing several times slower, and hardly any answer holds a number that needs it.
  const parsed: unknown = /\d{16}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  return parsed as Json;
}

function keepDigits(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  if (context.source === undefined || !/^-?\d+$/.test(context.source)) return value;
  return BigInt(context.source);
}
