import type { ApplyMode, Environment } from '../domain/config/config.ts';
import type { Rule } from '../domain/config/rule.ts';
import type { ServerSettings } from '../domain/config/server-settings.ts';
import { organizationPath } from '../domain/config/shared-configuration.ts';
import { rulesFingerprint } from '../domain/gate/rules-fingerprint.ts';
import type { CommitSha, Repository, TargetName, TreeSha } from '../domain/identity.ts';
import type { Problem } from '../domain/manifest/rendered-object.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import type { AffectedTarget } from '../domain/target/affected-targets.ts';
import type { Target } from '../domain/target/target.ts';
import { hasMovedUnder } from './base-movement.ts';
import { findAffected } from './find-affected.ts';
import { findPullConfiguration } from './find-pull-configuration.ts';
import { findSharedConfigurations, holdsOrganizationFile } from './find-shared-configurations.ts';
import {
  type ConfigurationFound,
  configurationPath,
  type FoundTargets,
  findTargetsBy,
  isOwnerPath,
  listSource,
  targetAsDeployed,
} from './find-targets.ts';
import { rulePull } from './match-planned.ts';
import type { BundledSchemas } from './ports/bundled-schemas.ts';
import type { Checkout } from './ports/checkout.ts';
import type { Clock } from './ports/clock.ts';
import type { Clusters } from './ports/cluster.ts';
import type { MergeQueues, OrganizationFiles, PullRequest } from './ports/github.ts';
import type { InputMemory } from './ports/input-memory.ts';
import type { Store } from './ports/store.ts';
import { type ConfigurationPreview, previewConfiguration } from './preview-configuration.ts';
import type { RenderPorts, SourceTree } from './render-stack.ts';

export interface PlanningPorts extends RenderPorts {
  readonly checkout: Checkout;
  readonly clock: Clock;
  readonly clusters: Clusters;
  readonly github: OrganizationFiles & Pick<MergeQueues, 'usesMergeQueue'>;
  readonly store: Store;
  readonly server: ServerSettings;
  readonly schemas: BundledSchemas;
  readonly inputs: InputMemory;
}

/** What a pull request's head is about, before any cluster is asked. */
export interface Inspection {
  readonly base: CommitSha;
  readonly tree: TreeSha | undefined;
  /** Equal for equal inputs, but for what moved on the base: then `hasMovedUnder` the targets tells whether planning again could see something else. */
  readonly fingerprint: string;
  /** What is affected. */
  readonly targets: ReadonlySet<TargetName>;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly rules: readonly Rule[];
  readonly apply: ApplyMode['kind'];
  /** Decided already, or still to be planned. */
  readonly next:
    | { readonly kind: 'decided'; readonly outcome: PlanningOutcome }
    | { readonly kind: 'plan'; readonly work: PlanningWork };
}

/** A head that is planned as if it were merged: a pull request's, or that of several which are merged together. */
export type PlannedHead = PullRequest | TogetherMerged;

interface TogetherMerged extends Pick<PullRequest, 'repository'> {
  readonly head: Pick<PullRequest['head'], 'sha'>;
  readonly base: Pick<PullRequest['base'], 'ref'>;
  readonly pulls: readonly PullRequest[];
}

export function pullsOf(planned: PlannedHead): readonly PullRequest[] {
  return 'pulls' in planned ? planned.pulls : [planned];
}

export interface PlanningWork {
  readonly affected: readonly AffectedTarget[];
  readonly trees: { readonly base: SourceTree; readonly merge: SourceTree };
  readonly targets: { readonly base: FoundTargets; readonly merge: FoundTargets };
  readonly configurationContent: string | undefined;
  readonly warnings: Extract<PlanningOutcome, { readonly kind: 'planned' }>['problems'];
  readonly advice?: string;
  readonly offline: boolean;
  /** What the head's configuration would decide, with its rules. */
  readonly next?: ConfigurationPreview;
}

/** Finds out what a pull request touches, from git alone: the test merge, the base's configuration, the targets whose inputs differ. */
export async function inspectPullRequest(ports: PlanningPorts, pull: PullRequest): Promise<Inspection> {
  const { checkout } = ports;
  const { repository } = pull;
  const { tip } = await checkout.fetchBranch(repository, pull.base.ref, pull.number);
  if (!(await checkout.fetchCommit(repository, pull.head.sha)))
    throw new Error(`GitHub does not have the head ${pull.head.sha} of #${pull.number} (any more)`);
  const merged = await checkout.testMerge(repository, tip, pull.head.sha);
  if (merged.kind === 'conflict') return decided(pull, tip, undefined, { kind: 'conflict', files: merged.files });

  return inspectMerge(ports, pull, { base: tip, tree: merged.tree, offline: await isOffline(ports.store, pull) });
}

/** Nothing of a fork meets a cluster until somebody with write access has said `/plan` for exactly this head. */
export async function isOffline(store: Pick<Store, 'isLivePlanAllowed'>, pull: PullRequest): Promise<boolean> {
  return pull.head.fork && !(await store.isLivePlanAllowed(pull.repository.id, pull.number, pull.head.sha));
}

/** … of a merge that is there already, as a tree. Both commits and the tree are in the mirror. */
export async function inspectMerge(
  ports: PlanningPorts,
  pull: PlannedHead,
  of: { readonly base: CommitSha; readonly tree: TreeSha; readonly offline: boolean },
): Promise<Inspection> {
  const { checkout } = ports;
  const { repository } = pull;
  const { base: tip, tree, offline } = of;
  const base = await listSource(checkout, repository, tip);
  const changed = await checkout.changedPaths(repository, tip, tree);
  const ofBase = await findPullConfiguration(ports, pull, base);
  const configurationChanged = changed.some((path) => isOwnerPath(repository, path));
  const merge = changed.length === 0 ? { ...base, at: tree } : await listSource(checkout, repository, tree);
  const configurationContent = configurationChanged ? configurationContentIn(repository, merge) : undefined;
  const ofMerge = changed.some((path) => isConfiguration(repository, path))
    ? await findPullConfiguration(ports, pull, merge)
    : undefined;
  if (ofBase.kind === 'invalid' && ofMerge?.kind !== 'configured')
    return decided(pull, tip, tree, brokenBase(pull, { ofBase, ofMerge, merge }));
  // What mends a broken file is judged by itself, beside the organization and the server.
  const found = ofBase.kind === 'invalid' && ofMerge?.kind === 'configured' ? ofMerge : ofBase;
  if (found.kind === 'invalid') throw new Error('a broken configuration that nothing mends was decided above');
  const next = ofBase.kind === 'invalid' ? undefined : ofMerge;

  const targets = {
    base: await findTargetsBy(ports, repository, { found, tree: base }),
    merge: await findTargetsBy(ports, repository, { found, tree: merge }),
  };
  const { affected: changedTargets, problems: unresolved } = await findAffected(ports, repository, {
    base: { tree: base, targets: targets.base.targets },
    head: { tree: merge, targets: targets.merge.targets },
    changed,
  });
  const affected = await withLocked(ports, pull, { found, targets, affected: changedTargets });
  const problems = [
    ...(ofBase.kind === 'invalid' ? beforeThis(ofBase.problems) : []),
    ...(found.kind === 'configured' ? found.warnings : []),
    ...targets.merge.problems,
    ...unresolved,
    ...(next === undefined ? [] : await headProblems(ports, pull, { next, merge })),
  ];
  if (affected.length === 0 && !configurationChanged && problems.every((problem) => problem.severity === 'warning')) {
    return { ...decided(pull, tip, tree, { kind: 'no-changes' }), ...rulesOf(found) };
  }
  const { environments, rules, apply } = rulesOf(found);
  const advice = found.kind === 'none' ? adviceFor(affected) : undefined;
  const deployed = await Promise.all(
    affected.map(async ({ target }) => `${target.name}=${(await deployedBefore(ports, pull, { tip, target })) ?? ''}`),
  );
  return {
    base: tip,
    tree,
    fingerprint: JSON.stringify([
      pull.head.sha,
      pull.base.ref,
      found.kind === 'configured' ? found.fingerprint : found.kind,
      configurationContent ?? null,
      deployed,
      offline,
      problems,
      ...(rules.length === 0 ? [] : pullsOf(pull).map((one) => rulesFingerprint(rules, rulePull(one)))),
    ]),
    targets: new Set(affected.map(({ target }) => target.name)),
    environments,
    rules,
    apply,
    next: {
      kind: 'plan',
      work: {
        affected,
        trees: { base, merge },
        targets,
        configurationContent,
        warnings: problems,
        ...(advice === undefined ? {} : { advice }),
        offline,
        ...(next === undefined || next.kind === 'invalid' || !changed.includes(configurationPath)
          ? {}
          : { next: await previewConfiguration(ports, repository, { found, next, base, merge }) }),
      },
    },
  };
}

/** Targets that this pull request applied to stay its own until the lock is released: also where the head takes everything back. */
async function withLocked(
  ports: PlanningPorts,
  pull: PlannedHead,
  at: {
    readonly found: ConfigurationFound;
    readonly targets: { readonly base: FoundTargets; readonly merge: FoundTargets };
    readonly affected: readonly AffectedTarget[];
  },
): Promise<readonly AffectedTarget[]> {
  const { found, targets } = at;
  if (found.kind !== 'configured') return at.affected;
  const affected = new Map(at.affected.map((one) => [one.target.name, one]));
  const locks = await Promise.all(pullsOf(pull).map(({ number }) => ports.store.locksOf(pull.repository.id, number)));
  for (const name of locks.flat()) {
    const deployed = await ports.store.deployed(pull.repository.id, name);
    if (affected.has(name)) continue;
    const [base, head] = [targets.base, targets.merge].map((side) => side.targets.find((one) => one.name === name));
    const gone = deployed && targetAsDeployed(found.configuration, deployed);
    if (head !== undefined) affected.set(name, { presence: 'both', target: head, base: base ?? head });
    else if (gone !== undefined) affected.set(name, { presence: 'removed', target: gone });
  }
  return [...affected.values()].toSorted((left, right) => (left.target.name < right.target.name ? -1 : 1));
}

/**
 * What the target has; while it has exactly what was planned and written for this head, and the base did not move under it since, what it had before: the plan
 * stays as people read it.
 */
async function deployedBefore(
  ports: PlanningPorts,
  pull: PlannedHead,
  { tip, target }: { readonly tip: CommitSha; readonly target: Target },
): Promise<CommitSha | undefined> {
  const { store } = ports;
  const deployed = await store.deployed(pull.repository.id, target.name);
  // With a merge queue nothing is applied before the merge.
  if ('pulls' in pull) return deployed?.commit;
  const own = (await store.deploymentsBeforeMerge(pull.repository.id, pull.number)).findLast(
    (deployment) => deployment.target === target.name && deployment.commit === deployed?.commit,
  );
  const testMerge = own?.testMerge;
  if (testMerge === undefined || testMerge.head !== pull.head.sha) return deployed?.commit;
  const written = own?.phase.kind === 'verifying' || own?.phase.kind === 'succeeded' ? own.phase.plan : undefined;
  const last = (await store.planRuns(pull.repository.id, pull.number)).at(-1);
  if (written === undefined || last?.plans.includes(written) !== true) return deployed?.commit;
  const movement = { from: testMerge.base, to: tip, targets: new Set([target.name]) };
  return (await hasMovedUnder(ports, pull.repository, movement)) ? deployed?.commit : testMerge.from;
}

/** A broken base, and no head that mends it: nothing is planned. Without its file the repository is as if it had never had one. */
function brokenBase(
  pull: PlannedHead,
  at: {
    readonly ofBase: Extract<ConfigurationFound, { readonly kind: 'invalid' }>;
    readonly ofMerge: ConfigurationFound | undefined;
    readonly merge: SourceTree;
  },
): PlanningOutcome {
  const { ofBase, ofMerge } = at;
  if (ofMerge === undefined) return { kind: 'invalid', problems: ofBase.problems };
  if (ofMerge.kind === 'invalid') return { kind: 'invalid', problems: ofMerge.problems };
  return {
    kind: 'planned',
    plans: [],
    problems: beforeThis(ofBase.problems),
    configurationChanged: true,
    configurationContent: configurationContentIn(pull.repository, at.merge),
    offline: false,
  };
}

function beforeThis(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({
    ...problem,
    severity: 'warning' as const,
    message: `before this pull request: ${problem.message}`,
  }));
}

/** What a head would break for everyone who comes after it. */
async function headProblems(
  ports: PlanningPorts,
  { repository }: PlannedHead,
  { next, merge }: { readonly next: ConfigurationFound; readonly merge: SourceTree },
): Promise<readonly Problem[]> {
  if (next.kind === 'invalid') return next.problems;
  if (next.kind === 'configured' || !holdsOrganizationFile(repository)) return [];
  const shared = await findSharedConfigurations(ports, repository, merge);
  return shared.kind === 'invalid' ? shared.problems : [];
}

/** The files that can be broken for everyone: the repository's own, and where there is one the organization's. */
function isConfiguration(repository: Repository, path: string): boolean {
  return path === configurationPath || (holdsOrganizationFile(repository) && path === organizationPath);
}

/** An approval of these files is bound to their blobs. */
export function configurationContentIn(repository: Repository, tree: SourceTree): string {
  return JSON.stringify(
    tree.entries.filter((entry) => isOwnerPath(repository, entry.path)).map(({ path, kind, id }) => [path, kind, id]),
  );
}

function decided(pull: PlannedHead, base: CommitSha, tree: TreeSha | undefined, outcome: PlanningOutcome): Inspection {
  return {
    base,
    tree,
    fingerprint: JSON.stringify([pull.head.sha, pull.base.ref, outcome]),
    targets: new Set(),
    environments: new Map(),
    rules: [],
    apply: 'after-merge',
    next: { kind: 'decided', outcome },
  };
}

/** What the base's configuration says of the gate. */
function rulesOf(found: ConfigurationFound): Pick<Inspection, 'environments' | 'rules' | 'apply'> {
  if (found.kind !== 'configured') return { environments: new Map(), rules: [], apply: 'after-merge' };
  const { environments, rules, apply } = found.configuration;
  return { environments, rules, apply: apply.kind };
}

function adviceFor(affected: readonly AffectedTarget[]): string {
  const stacks = [...new Set(affected.map(({ target }) => target.directory))];
  const example = stacks[0] === undefined || stacks[0] === '' ? 'apps/{stack}/{environment}' : stacks[0];
  return `There is no ${configurationPath} on the base branch, so this is planned and never deployed. To deploy, add one that names the environments and the stacks, e.g. \`path: ${example}\`.`;
}
