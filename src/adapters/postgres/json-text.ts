/** Node has it; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): object };

/**
 * JSON for storage. Integers beyond 2^53 are `bigint` on both sides, and keep all digits; a member that is undefined is left out.
 */
export function jsonText(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) =>
      typeof member === 'bigint' ? rawJSON(member.toString()) : member,
    ) ?? 'null'
  );
}

export function parseJsonText(text: string): unknown {
  // Looking at every value costs ten times the parsing; only a long run of digits can be a large integer.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, { source }: { readonly source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  );
}
