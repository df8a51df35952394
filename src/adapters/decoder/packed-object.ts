import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts';
import { LazyPositions } from '../../domain/manifest/lazy-positions.ts';
import type { Position, RenderedObject } from '../../domain/manifest/rendered-object.ts';

/** A rendered object as it travels between threads. Positions, which outnumber the values and of which few are ever asked for, travel as bytes. */
export interface PackedObject extends Omit<RenderedObject, 'positions'> {
  readonly positions: PackedPositions;
}

interface PackedPositions {
  /** All pointers, one behind the other; where each ends stands in `ends`. */
  readonly pointers: string;
  readonly ends: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint32Array;
}

export function packObject({ positions, ...object }: RenderedObject): PackedObject {
  const ends: number[] = [];
  let length = 0;
  for (const pointer of positions.keys()) {
    length += pointer.length;
    ends.push(length);
  }
  const places = [...positions.values()];
  return {
    ...object,
    positions: {
      pointers: [...positions.keys()].join(''),
      ends: Uint32Array.from(ends),
      lines: Uint32Array.from(places, ({ line }) => line),
      columns: Uint32Array.from(places, ({ column }) => column),
    },
  };
}

/** The object as it was packed. Maps have no prototypes again, which the journey between threads gives them. */
export function unpackObject({ positions, ...object }: PackedObject): RenderedObject {
  takePrototypes(object.content);
  const { path } = object.position;
  return { ...object, positions: new LazyPositions(() => unpackPositions(path, positions)) };
}

/** Aliases share what they stand for: what has no prototype was here already. */
function takePrototypes(value: Json): void {
  if (isJsonArray(value)) {
    for (const item of value) takePrototypes(item);
  } else if (isJsonObject(value) && Object.getPrototypeOf(value) !== null) {
    Object.setPrototypeOf(value, null);
    for (const key in value) takePrototypes(value[key] ?? null);
  }
}

function unpackPositions(path: string, { pointers, ends, lines, columns }: PackedPositions): Map<string, Position> {
  const positions = new Map<string, Position>();
  let start = 0;
  ends.forEach((end, index) => {
    positions.set(pointers.slice(start, end), { path, line: lines[index] ?? 1, column: columns[index] ?? 1 });
    start = end;
  });
  return positions;
}
