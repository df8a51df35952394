import { decodeFile } from './decode-file.ts';
import { type Decoded, isManifestPath, type ManifestFile } from './manifest-file.ts';
import {
  groupOf,
  identityKey,
  identityText,
  type ObjectIdentity,
  type Problem,
  type RenderedObject,
} from './rendered-object.ts';

/**
 * The objects of plain manifests, read as kubectl reads them: every `*.yaml`, `*.yml` and `*.json` in path order, `List`s flattened, `status` and
 * `creationTimestamp: null` dropped, a Secret's `stringData` turned into `data`. Never throws. What is wrong with one document or file is a
 * problem on its line and leaves the others alone; of objects that are declared twice the first is kept. Messages quote no values.
 */
export function decodeManifests(files: readonly ManifestFile[]): Decoded {
  return joinDecoded(manifestsInOrder(files).map(decodeFile));
}

/** Those files that are manifests by their names, in the order in which they are read. */
export function manifestsInOrder(files: readonly ManifestFile[]): readonly ManifestFile[] {
  const manifests = files.filter((file) => isManifestPath(file.path));
  return manifests.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

/** What was decoded file by file, in order, as one. */
export function joinDecoded(files: readonly Decoded[]): Decoded {
  return withoutDuplicates(
    files.flatMap(({ objects }) => objects),
    files.flatMap(({ problems }) => problems),
  );
}

function withoutDuplicates(objects: readonly RenderedObject[], problems: readonly Problem[]): Decoded {
  const byIdentity = Map.groupBy(objects, (object) => identityKey(writtenIdentity(object)));
  const duplicates: Problem[] = [];
  for (const [first, second, ...more] of byIdentity.values()) {
    if (first === undefined || second === undefined) continue;
    const places = [first, second, ...more].map(({ position }) => `${position.path}:${position.line}`);
    const shown = places.length > 10 ? [...places.slice(0, 10), `${places.length - 10} more`] : places;
    const message = `${identityText(writtenIdentity(first))} is declared ${places.length} times: ${shown.join(', ')}. Keep one`;
    duplicates.push({ severity: 'error', message, position: second.position });
  }
  const kept = [...byIdentity.values()].flatMap((same) => same.slice(0, 1));
  return { objects: kept, problems: [...problems, ...duplicates] };
}

/** By what is written: whether the namespace counts is known only where the kind's scope is. */
function writtenIdentity(object: RenderedObject): ObjectIdentity {
  const { kind, name, namespace } = object;
  return { group: groupOf(object.apiVersion), kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
