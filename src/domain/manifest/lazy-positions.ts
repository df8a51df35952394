import type { Position } from './rendered-object.ts';

const none: ReadonlyMap<string, Position> = new Map();

/** Positions of fields that are made when the first of them is asked for: of most objects nobody asks for any. */
export class LazyPositions implements ReadonlyMap<string, Position> {
  #make: (() => ReadonlyMap<string, Position>) | undefined;
  #made: ReadonlyMap<string, Position> = none;

  constructor(make: () => ReadonlyMap<string, Position>) {
    this.#make = make;
  }

  get size(): number {
    return this.#all().size;
  }

  get(pointer: string): Position | undefined {
    return this.#all().get(pointer);
  }

  has(pointer: string): boolean {
    return this.#all().has(pointer);
  }

  keys(): MapIterator<string> {
    return this.#all().keys();
  }

  values(): MapIterator<Position> {
    return this.#all().values();
  }

  entries(): MapIterator<[string, Position]> {
    return this.#all().entries();
  }

  [Symbol.iterator](): MapIterator<[string, Position]> {
    return this.entries();
  }

  forEach(visit: (position: Position, pointer: string, map: ReadonlyMap<string, Position>) => void): void {
    for (const [pointer, position] of this) visit(position, pointer, this);
  }

  #all(): ReadonlyMap<string, Position> {
    if (this.#make === undefined) return this.#made;
    this.#made = this.#make();
    this.#make = undefined;
    return this.#made;
  }
}
