import type { TargetName } from '../identity.ts';
import type { Problem } from '../manifest/rendered-object.ts';
import { directoriesAbove } from './relative-path.ts';
import type { InputGraph, InputNode } from './trace-inputs.ts';

/**
 * The targets that read, at any depth, a path that changed, or something that cannot be told. Goes from what changed to who reads it, one step for each
 * reference; a reference more never makes it fewer. None when nothing changed.
 */
export function targetsReading(graph: InputGraph, changedPaths: ReadonlySet<string>): ReadonlySet<TargetName> {
  if (changedPaths.size === 0) return new Set();
  const touchedDirectories = new Set<string>();
  for (const path of changedPaths) for (const directory of directoriesAbove(path)) touchedDirectories.add(directory);
  const changed = new Set<string>();
  for (const [key, node] of graph.nodes) if (isTouched(node, { changedPaths, touchedDirectories })) changed.add(key);
  const readers = readersOf(graph);
  const waiting = [...changed];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const reader of readers.get(key) ?? []) {
      if (changed.has(reader)) continue;
      changed.add(reader);
      waiting.push(reader);
    }
  }
  return new Set([...graph.starts].filter(([, start]) => changed.has(start)).map(([target]) => target));
}

function isTouched(
  node: InputNode,
  by: { readonly changedPaths: ReadonlySet<string>; readonly touchedDirectories: ReadonlySet<string> },
): boolean {
  return (
    node.unresolved.length > 0 ||
    !node.files.isDisjointFrom(by.changedPaths) ||
    !node.directories.isDisjointFrom(by.touchedDirectories)
  );
}

function readersOf(graph: InputGraph): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>();
  for (const [key, node] of graph.nodes) {
    for (const next of node.next) {
      const known = readers.get(next);
      if (known === undefined) readers.set(next, [key]);
      else known.push(key);
    }
  }
  return readers;
}

export interface ReadInputs {
  readonly files: ReadonlySet<string>;
  readonly directories: ReadonlySet<string>;
  readonly unresolved: readonly Problem[];
}

/** Everything that a target's renderer reads, at any depth. */
export function inputsOf(graph: InputGraph, target: TargetName): ReadInputs {
  const start = graph.starts.get(target);
  const seen = new Set(start === undefined ? [] : [start]);
  const files = new Set<string>();
  const directories = new Set<string>();
  const unresolved: Problem[] = [];
  for (const key of seen) {
    const node = graph.nodes.get(key);
    if (node === undefined) continue;
    for (const path of node.files) files.add(path);
    for (const directory of node.directories) directories.add(directory);
    for (const next of node.next) seen.add(next);
    unresolved.push(...node.unresolved);
  }
  return { files, directories, unresolved };
}
