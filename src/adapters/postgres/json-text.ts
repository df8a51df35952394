import { setImmediate as nextTurn } from 'node:timers/promises';

/** Node has it; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): object };

/**
 * JSON for storage. Integers beyond 2^53 are `bigint` on both sides, and keep all digits; a member that is undefined is left out.
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Looking at every value costs several times as much: only where there is a large integer.
    return JSON.stringify(value, (_key, member: unknown) =>
      typeof member === 'bigint' ? rawJSON(member.toString()) : member,
    );
  }
}

/** How long one turn lasts; a single text may take longer. */
const turnMs = 20;
/** What weighs no more (a value 1, fifty characters 1) is written down at once. */
const smallWeight = 2_000;
const charactersOfWeight = 50;

/** As `jsonText`, of a large value: the process answers others in between. */
export async function jsonTextInTurns(value: unknown): Promise<string> {
  const parts: string[] = [];
  let turnEndsMs = performance.now() + turnMs;
  for (const part of partsOf(value)) {
    parts.push(part);
    if (performance.now() < turnEndsMs) continue;
    await nextTurn();
    turnEndsMs = performance.now() + turnMs;
  }
  return parts.join('');
}

function* partsOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || weigh(value, smallWeight) <= smallWeight) yield jsonText(value);
  else if (Array.isArray(value)) yield* partsOfList(value);
  else yield* partsOfObject(value);
}

function* partsOfList(items: readonly unknown[]): Generator<string> {
  let begun = 0;
  let weight = 0;
  let joint = '[';
  for (const [index, item] of items.entries()) {
    const added = weigh(item, smallWeight);
    weight += added;
    if (weight <= smallWeight) continue;
    if (index > begun) {
      yield `${joint}${jsonText(items.slice(begun, index)).slice(1, -1)}`;
      joint = ',';
    }
    begun = index;
    weight = added;
    if (added <= smallWeight) continue;
    yield joint;
    yield* partsOf(item);
    joint = ',';
    begun = index + 1;
    weight = 0;
  }
  yield begun < items.length ? `${joint}${jsonText(items.slice(begun)).slice(1)}` : ']';
}

function* partsOfObject(object: object): Generator<string> {
  let joint = '{';
  for (const [key, member] of Object.entries(object)) {
    if (member === undefined) continue;
    yield `${joint}${JSON.stringify(key)}:`;
    yield* partsOf(member);
    joint = ',';
  }
  yield '}';
}

/** Ends as soon as it is more than `most`. */
function weigh(value: unknown, most: number): number {
  if (typeof value === 'string') return 1 + value.length / charactersOfWeight;
  if (typeof value !== 'object' || value === null) return 1;
  let weight = 1;
  for (const key in value) {
    weight += weigh((value as Record<string, unknown>)[key], most - weight);
    if (weight > most) return weight;
  }
  return weight;
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
