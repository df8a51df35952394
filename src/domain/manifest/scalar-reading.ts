/** What a YAML scalar can stand for in JSON. */
export type ScalarValue = null | boolean | number | bigint | string;

/** How a plain (unquoted, untagged) scalar is understood. Reasons quote no value: it may be a secret. */
export type ScalarReading =
  | { readonly kind: 'value'; readonly value: ScalarValue; readonly warning?: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** How a plain scalar is understood as the key of a mapping: JSON has text there only. */
export type KeyReading =
  | { readonly kind: 'key'; readonly key: string; readonly warning?: string }
  | { readonly kind: 'refused'; readonly reason: string };
