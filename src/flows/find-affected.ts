import type { Repository } from '../domain/identity.ts';
import type { Problem } from '../domain/manifest/rendered-object.ts';
import { type AffectedTarget, affectedTargets } from '../domain/target/affected-targets.ts';
import { inputsOf, targetsReading } from '../domain/target/changed-inputs.ts';
import type { InputReference } from '../domain/target/input-reference.ts';
import type { Target } from '../domain/target/target.ts';
import { type InputFile, type InputGraph, readReferences, traceInputs } from '../domain/target/trace-inputs.ts';
import { inTurns } from './in-turns.ts';
import type { Checkout } from './ports/checkout.ts';
import type { Clock } from './ports/clock.ts';
import type { InputMemory } from './ports/input-memory.ts';
import { type SourceTree, textOf } from './render-stack.ts';

/** More of them say nothing new. */
const mostProblems = 50;

export interface AffectedPorts {
  readonly checkout: Pick<Checkout, 'readFiles'>;
  readonly clock: Clock;
  readonly inputs: InputMemory;
}

/** A tree with its targets. */
export interface TreeTargets {
  readonly tree: SourceTree;
  readonly targets: readonly Target[];
}

export interface AffectedFound {
  readonly affected: readonly AffectedTarget[];
  /** What the renderers of affected targets read and nobody can tell. */
  readonly problems: readonly Problem[];
  /** What the targets of each side read. */
  readonly graphs: { readonly base: InputGraph; readonly head: InputGraph };
}

/** The targets that differ between two trees, by everything that their renderers read on either side. */
export async function findAffected(
  ports: AffectedPorts,
  repository: Repository,
  between: { readonly base: TreeTargets; readonly head: TreeTargets; readonly changed: readonly string[] },
): Promise<AffectedFound> {
  const changedPaths = new Set(between.changed);
  // One after the other: what the base's files say is remembered when the head's are looked at, and most are the same.
  const base = await traceTree(ports, repository, between.base);
  const head = await traceTree(ports, repository, between.head);
  const affected = affectedTargets({
    base: between.base.targets,
    head: between.head.targets,
    changedPaths,
    reading: targetsReading(base, changedPaths).union(targetsReading(head, changedPaths)),
  });
  return { affected, problems: unresolvedOf(head, affected), graphs: { base, head } };
}

/** What the targets of a tree read. Files are read from git only when their texts are not remembered. */
export async function traceTree(
  ports: AffectedPorts,
  repository: Repository,
  { tree, targets }: TreeTargets,
): Promise<InputGraph> {
  // Of a tree larger than the memory, what was read for this very look must not be forgotten before its end.
  const read = new Map<string, readonly InputReference[]>();
  const known = (file: InputFile) => read.get(keyOf(file)) ?? ports.inputs.recall(repository.id, file);
  for (;;) {
    const graph = traceInputs({ entries: tree.entries, targets, known });
    if (graph.unread.length === 0) return graph;
    const files = await ports.checkout.readFiles(
      repository,
      tree.at,
      graph.unread.map(({ path }) => path),
    );
    await inTurns(
      forEachOf(graph.unread, (file) => {
        const text = textOf(file.path, files.get(file.path));
        const references: readonly InputReference[] =
          text.kind === 'text'
            ? readReferences(file.role, text.text)
            : [{ kind: 'unknown', reason: text.problem.message, at: { line: 1, column: 1 } }];
        read.set(keyOf(file), references);
        if (text.kind === 'text') ports.inputs.keep(repository.id, file, references);
      }),
      ports.clock,
    );
  }
}

function* forEachOf<Item>(items: readonly Item[], act: (item: Item) => void): Generator<void, void> {
  for (const item of items) {
    act(item);
    yield;
  }
}

function keyOf({ role, path, id }: InputFile): string {
  return `${role} ${id} ${path}`;
}

function unresolvedOf(graph: InputGraph, affected: readonly AffectedTarget[]): readonly Problem[] {
  const problems = new Set<Problem>();
  for (const { target } of affected) {
    for (const problem of inputsOf(graph, target.name).unresolved) problems.add(problem);
    if (problems.size >= mostProblems) break;
  }
  return [...problems].slice(0, mostProblems);
}
