import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts';
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
  return { ...object, positions: new UnpackedPositions(object.position.path, positions) };
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

/** Unpacked when it is first asked. */
class UnpackedPositions implements ReadonlyMap<string, Position> {
  readonly #path: string;
  #packed: PackedPositions | undefined;
  #map = new Map<string, Position>();

  constructor(path: string, packed: PackedPositions) {
    this.#path = path;
    this.#packed = packed;
  }

  get size(): number {
    return this.#unpacked().size;
  }

  get(pointer: string): Position | undefined {
    return this.#unpacked().get(pointer);
  }

  has(pointer: string): boolean {
    return this.#unpacked().has(pointer);
  }

  keys(): MapIterator<string> {
    return this.#unpacked().keys();
  }

  values(): MapIterator<Position> {
    return this.#unpacked().values();
  }

  entries(): MapIterator<[string, Position]> {
    return this.#unpacked().entries();
  }

  [Symbol.iterator](): MapIterator<[string, Position]> {
    return this.entries();
  }

  forEach(visit: (position: Position, pointer: string, map: ReadonlyMap<string, Position>) => void): void {
    for (const [pointer, position] of this) visit(position, pointer, this);
  }

  #unpacked(): ReadonlyMap<string, Position> {
    if (this.#packed === undefined) return this.#map;
    const { pointers, ends, lines, columns } = this.#packed;
    let start = 0;
    ends.forEach((end, index) => {
      const position = { path: this.#path, line: lines[index] ?? 1, column: columns[index] ?? 1 };
      this.#map.set(pointers.slice(start, end), position);
      start = end;
    });
    this.#packed = undefined;
    return this.#map;
  }
}
