import { compileGlob, type GlobMatcher } from '../config/glob.ts';
import type { TargetName } from '../identity.ts';
import type { Target } from './target.ts';
import { enclosingTarget } from './target-files.ts';

/** A target whose inputs differ between base and head. */
export type AffectedTarget =
  /** `target` is the head's, `base` the base's: directory or cluster may have changed. */
  | { readonly presence: 'both'; readonly target: Target; readonly base: Target }
  | { readonly presence: 'added' | 'removed'; readonly target: Target };

export interface AffectedInput {
  readonly base: readonly Target[];
  readonly head: readonly Target[];
  /** Every path that differs, both sides of a rename. */
  readonly changedPaths: Iterable<string>;
  /** Targets, of either side, whose renderer reads something that differs or cannot be told: see `targetsReading`. */
  readonly reading: ReadonlySet<TargetName>;
}

/**
 * The union of base's and head's targets, as far as one of these differs: a file below the directory (less nested stacks), a file that `watch` names or
 * that its renderer reads, on either side; the settings that a plan depends on; the nested stacks. When in doubt a target counts as affected: its plan then says that nothing changes. In the order of the targets' names.
 */
export function affectedTargets({ base, head, changedPaths, reading }: AffectedInput): readonly AffectedTarget[] {
  const touched = touchedTargets({ base, head, changedPaths, reading });
  const nestedAtBase = nestedDirectories(base);
  const nestedAtHead = nestedDirectories(head);
  const baseByName = new Map(base.map((target) => [target.name, target]));
  const headByName = new Map(head.map((target) => [target.name, target]));
  const affected: AffectedTarget[] = [];
  for (const target of head) {
    const before = baseByName.get(target.name);
    if (before === undefined) affected.push({ presence: 'added', target });
    else if (
      touched.has(target.name) ||
      settingsKey(before) !== settingsKey(target) ||
      nestedAtBase.get(target.name) !== nestedAtHead.get(target.name)
    ) {
      affected.push({ presence: 'both', target, base: before });
    }
  }
  for (const target of base) if (!headByName.has(target.name)) affected.push({ presence: 'removed', target });
  return affected.toSorted((left, right) => (left.target.name < right.target.name ? -1 : 1));
}

/** Looking below the directories of head is enough: where base's differ, settings or nested stacks do too. */
function touchedTargets({ base, head, changedPaths, reading }: AffectedInput): ReadonlySet<TargetName> {
  const touched = new Set(reading);
  const targetOf = enclosingTarget(head);
  const watchers = watchersOf([...base, ...head]);
  for (const path of changedPaths) {
    const target = targetOf(path);
    if (target !== undefined) touched.add(target.name);
    for (const [glob, watcher] of watchers) {
      if (!watcher.matches(path)) continue;
      for (const name of watcher.names) touched.add(name);
      watchers.delete(glob);
    }
  }
  return touched;
}

/** Each pattern once, however many targets a stack has; one that has matched need not be asked again. */
function watchersOf(
  targets: readonly Target[],
): Map<string, { readonly matches: GlobMatcher; readonly names: Set<TargetName> }> {
  const watchers = new Map<string, { readonly matches: GlobMatcher; readonly names: Set<TargetName> }>();
  for (const target of targets) {
    for (const glob of target.stack.watch) {
      const watcher = watchers.get(glob) ?? { matches: compileGlob(glob), names: new Set() };
      watcher.names.add(target.name);
      watchers.set(glob, watcher);
    }
  }
  return watchers;
}

/** What a plan depends on; approvals, order and timeouts change who may deploy and when, not what. */
function settingsKey({ directory, environment, stack }: Target): string {
  const { renderer, namespace, namespaces, clusterScoped, ignore, forceConflicts, prune } = stack;
  return JSON.stringify([
    directory,
    environment.cluster,
    renderer ?? null,
    namespace ?? null,
    namespaces ?? null,
    clusterScoped,
    ignore,
    forceConflicts,
    prune,
  ]);
}

/** For each target, the nested directories that are not its own. */
function nestedDirectories(targets: readonly Target[]): ReadonlyMap<TargetName, string> {
  const nested = new Map<TargetName, string[]>(targets.map((target) => [target.name, []]));
  const targetOf = enclosingTarget(targets);
  for (const target of targets) {
    const outer = target.directory === '' ? undefined : targetOf(target.directory);
    if (outer !== undefined) nested.get(outer.name)?.push(target.directory);
  }
  return new Map([...nested].map(([name, directories]) => [name, directories.sort().join('\n')]));
}
