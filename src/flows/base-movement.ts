import type { CommitSha, Repository, TargetName } from '../domain/identity.ts';
import { affectedTargets } from '../domain/target/affected-targets.ts';
import { targetsReading } from '../domain/target/changed-inputs.ts';
import type { Target } from '../domain/target/target.ts';
import type { InputGraph } from '../domain/target/trace-inputs.ts';
import { type AffectedPorts, findAffected } from './find-affected.ts';
import { findOwnConfiguration, findTargetsBy, isOwnerPath, listSource, type TargetPorts } from './find-targets.ts';
import { type Checkout, CheckoutFailed } from './ports/checkout.ts';
import type { LatestRun } from './ports/store.ts';

export interface MovementPorts extends AffectedPorts, TargetPorts {
  readonly checkout: Checkout;
}

/** What happened on a base branch between two commits of it. */
export interface BaseMovement {
  readonly paths: ReadonlySet<string>;
  /** The targets that it affects, as they are now. */
  readonly targets: readonly Target[];
  /** What the targets read now. */
  readonly graph: InputGraph;
  /** The configuration or the code owners moved: everybody is judged anew. */
  readonly judgesAnew: boolean;
}

/** From git alone. Undefined when it cannot be told: a commit is gone, or the configuration is broken. */
export async function findMovement(
  ports: MovementPorts,
  repository: Repository,
  { from, to }: { readonly from: CommitSha; readonly to: CommitSha },
): Promise<BaseMovement | undefined> {
  const { checkout } = ports;
  if (!(await checkout.fetchCommit(repository, from))) return undefined;
  const changed = await checkout.changedPaths(repository, from, to);
  const now = await listSource(checkout, repository, to);
  const found = await findOwnConfiguration(checkout, repository, now, ports.server);
  if (found.kind === 'invalid') return undefined;
  const before = await listSource(checkout, repository, from);
  const [base, head] = [
    await findTargetsBy(ports, repository, { found, tree: before }),
    await findTargetsBy(ports, repository, { found, tree: now }),
  ];
  const { affected, graphs } = await findAffected(ports, repository, {
    base: { tree: before, targets: base.targets },
    head: { tree: now, targets: head.targets },
    changed,
  });
  return {
    paths: new Set(changed),
    targets: affected.map(({ target }) => target),
    graph: graphs.head,
    judgesAnew: changed.some((path) => isOwnerPath(repository, path)),
  };
}

/** Whether the base moved below a plan: under one of these targets, or so that nobody can tell. */
export async function hasMovedUnder(
  ports: MovementPorts,
  repository: Repository,
  of: { readonly from: CommitSha; readonly to: CommitSha; readonly targets: ReadonlySet<TargetName> },
): Promise<boolean> {
  if (of.from === of.to) return false;
  const movement = await findMovement(ports, repository, of);
  return movement === undefined || movement.targets.some(({ name }) => of.targets.has(name));
}

/**
 * Whether a pull request has to be looked at because its base moved: the two share a target or a path (which may conflict now), or it cannot be told. The
 * others keep their checks: every target is planned again at its turn after the merge.
 */
export async function isConcerned(
  checkout: Checkout,
  repository: Repository,
  { movement, run }: { readonly movement: BaseMovement; readonly run: LatestRun | undefined },
): Promise<boolean> {
  if (run?.tree === undefined || movement.judgesAnew) return true;
  if (movement.targets.some(({ name }) => run.targets.has(name))) return true;
  const own = await ownPaths(checkout, repository, run.base, run.tree);
  if (own === undefined || !own.isDisjointFrom(movement.paths)) return true;
  // A target that is new on the base may read what the pull request changes.
  return (
    affectedTargets({
      base: movement.targets,
      head: movement.targets,
      changedPaths: own,
      reading: targetsReading(movement.graph, own),
    }).length > 0
  );
}

/** What the pull request itself changes; undefined when git no longer has its test merge, which nothing refers to. */
async function ownPaths(
  checkout: Checkout,
  repository: Repository,
  base: CommitSha,
  tree: NonNullable<LatestRun['tree']>,
): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await checkout.changedPaths(repository, base, tree));
  } catch (error) {
    if (error instanceof CheckoutFailed) return undefined;
    throw error;
  }
}
