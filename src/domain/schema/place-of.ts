import type { Position, RenderedObject } from '../manifest/rendered-object.ts';

/** The line of a field; of what stands around it, when it is missing. */
export function placeOf({ positions, position }: RenderedObject, pointer: string): Position {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const found = positions.get(at);
    if (found !== undefined) return found;
  }
  return position;
}
