import { targetName } from '../../../src/domain/identity.ts';
import { inputsOf, targetsReading } from '../../../src/domain/target/changed-inputs.ts';
import type { InputReference } from '../../../src/domain/target/input-reference.ts';
import type { SourceEntry } from '../../../src/domain/target/source-entry.ts';
import type { Target } from '../../../src/domain/target/target.ts';
import {
  type InputFile,
  type InputGraph,
  readReferences,
  traceInputs,
} from '../../../src/domain/target/trace-inputs.ts';

/** A link's or a submodule's place in a tree of texts. */
export type FileOf = string | { readonly kind: 'symlink' | 'submodule' };
export type Tree = Readonly<Record<string, FileOf>>;

export function targetAt(directory: string): Target {
  const stackName = directory.replaceAll('/', '-');
  return {
    name: targetName(stackName, 'staging'),
    stackName,
    directory,
    environment: { name: 'staging', cluster: 'staging', approvals: 1, after: [] },
    stack: {
      path: directory,
      watch: [],
      clusterScoped: [],
      ignore: [],
      forceConflicts: { kind: 'none' },
      prune: true,
      timeoutMs: 1000,
      position: { path: 'p', line: 1, column: 1 },
    },
  };
}

function entriesOf(tree: Tree): readonly SourceEntry[] {
  return Object.entries(tree).map(([path, file]) => ({
    path,
    kind: typeof file === 'string' ? 'file' : file.kind,
    id: path,
  }));
}

/** Traces as a flow does: what is unread is read, until nothing is. */
export function traced(tree: Tree, ...directories: readonly string[]): InputGraph {
  const known = new Map<string, readonly InputReference[]>();
  const keyOf = (file: InputFile) => `${file.role} ${file.path}`;
  for (;;) {
    const graph = traceInputs({
      entries: entriesOf(tree),
      targets: directories.map(targetAt),
      known: (file) => known.get(keyOf(file)),
    });
    if (graph.unread.length === 0) return graph;
    for (const file of graph.unread) {
      const text = tree[file.path];
      known.set(keyOf(file), readReferences(file.role, typeof text === 'string' ? text : ''));
    }
  }
}

/** Directories of those of the targets that a change of these paths affects, by what their renderers read. */
export function readers(graph: InputGraph, ...changed: readonly string[]): readonly string[] {
  return [...targetsReading(graph, new Set(changed))].map((name) => name.slice(0, name.lastIndexOf('@'))).sort();
}

/** Why nobody can tell what the targets read: place and message. */
export function unresolved(graph: InputGraph): readonly string[] {
  return [...graph.starts.keys()].flatMap((name) =>
    inputsOf(graph, name).unresolved.map(
      ({ position, message }) => `${position?.path}:${position?.line} ${message.slice(0, message.indexOf(': what'))}`,
    ),
  );
}
