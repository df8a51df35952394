import type { Problem, RenderedObject } from './rendered-object.ts';

/** A text file of a stack, by its path in the repository. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

/** What could be read, and what could not. */
export interface Decoded {
  readonly objects: readonly RenderedObject[];
  readonly problems: readonly Problem[];
}

/** Whether a file is a manifest by its name. */
export function isManifestPath(path: string): boolean {
  return /\.(?:ya?ml|json)$/.test(path);
}
