import type { ApplyMode, Environment } from '../domain/config/config.ts';

import type { Rule } from '../domain/config/rule.ts';
import type { ServerCluster, ServerSettings } from '../domain/config/server-settings.ts';
import { organizationPath } from '../domain/config/shared-configuration.ts';
import { joinMatchedRules } from '../domain/gate/match-rules.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import { rulesFingerprint } from '../domain/gate/rules-fingerprint.ts';

import type { CommitSha, Repository, TargetName, TreeSha } from '../domain/identity.ts';
import type { Problem } from '../domain/manifest/rendered-object.ts';

import type { Plan } from '../domain/plan/plan.ts';
import { planOffline } from '../domain/plan/plan-offline.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import { checkCustomResource } from '../domain/schema/check-custom-resource.ts';
import { offlineCheck } from '../domain/schema/check-render.ts';
import type { AffectedTarget } from '../domain/target/affected-targets.ts';
import type { Target } from '../domain/target/target.ts';
import { hasMovedUnder } from './base-movement.ts';
import { bringCommit } from './bring-commit.ts';
import { findAffected } from './find-affected.ts';
import { type Neighbours, neighboursAt } from './find-neighbours.ts';
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

import { matchPlanned, rulePull } from './match-planned.ts';
import { planTarget } from './plan-target.ts';
import type { BundledSchemas } from './ports/bundled-schemas.ts';
import type { Checkout } from './ports/checkout.ts';
import type { Clock } from './ports/clock.ts';
import type { Clusters } from './ports/cluster.ts';
import type { MergeQueues, OrganizationFiles, PullRequest } from './ports/github.ts';
import type { InputMemory } from './ports/input-memory.ts';
import type { PlanRun, Store } from './ports/store.ts';
import { type ConfigurationPreview, newConfiguration, previewConfiguration } from './preview-configuration.ts';
import { emptyRender, type Render, type RenderPorts, renderTarget, type SourceTree } from './render-stack.ts';

export interface PlanPullRequestPorts extends RenderPorts {
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

function pullsOf(planned: PlannedHead): readonly PullRequest[] {
  return 'pulls' in planned ? planned.pulls : [planned];
}

interface PlanningWork {
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
export async function inspectPullRequest(ports: PlanPullRequestPorts, pull: PullRequest): Promise<Inspection> {
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
  ports: PlanPullRequestPorts,
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
  const configurationContent = configurationChanged ? contentOf(repository, merge) : undefined;
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

/** Plans every affected target live (or, for a fork, without any cluster). */
export async function planInspected(
  ports: PlanPullRequestPorts,
  pull: PlannedHead,
  inspection: Inspection,
): Promise<PlanningOutcome> {
  if (inspection.next.kind === 'decided') return inspection.next.outcome;
  const { work } = inspection.next;
  const neighbours = neighboursAt(ports, pull.repository, {
    tree: work.trees.merge,
    all: work.targets.merge.targets,
  });
  const planned = await Promise.all(
    work.affected.map((affected) => planAffected(ports, pull, { inspection, affected, neighbours })),
  );
  const rules = joinMatchedRules(planned.flatMap((target) => target.rules));
  return {
    kind: 'planned',
    plans: planned.map(({ plan }) => plan),
    problems: work.warnings,
    configurationChanged: work.configurationContent !== undefined,
    ...(work.configurationContent === undefined ? {} : { configurationContent: work.configurationContent }),
    ...(work.advice === undefined ? {} : { advice: work.advice }),
    offline: work.offline,
    ...(rules.length === 0 ? {} : { rules }),
    ...(work.next === undefined
      ? {}
      : {
          newConfiguration: newConfiguration(work.next, {
            before: rules,
            after: planned.flatMap((one) => one.nextRules),
          }),
        }),
  };
}

async function planAffected(
  ports: PlanPullRequestPorts,
  pull: PlannedHead,
  of: {
    readonly inspection: Inspection;
    readonly affected: AffectedTarget;
    readonly neighbours: Neighbours;
  },
): Promise<{
  readonly plan: Plan;
  readonly rules: readonly MatchedRule[];
  readonly nextRules: readonly MatchedRule[];
}> {
  const { inspection, affected, neighbours } = of;
  if (inspection.next.kind === 'decided' || inspection.tree === undefined)
    throw new Error('only an inspected pull request with work is planned');
  const { work } = inspection.next;
  const { target } = affected;
  const { repository } = pull;
  const atBase = affected.presence === 'added' ? undefined : affected.presence === 'both' ? affected.base : target;
  const [base, merge] = await Promise.all([
    atBase === undefined
      ? emptyRender
      : renderTarget(ports, repository, {
          tree: work.trees.base,
          target: atBase,
          all: work.targets.base.targets,
        }),
    affected.presence === 'removed'
      ? emptyRender
      : renderTarget(ports, repository, { tree: work.trees.merge, target, all: work.targets.merge.targets }),
  ]);
  const common = { head: pull.head.sha, base: inspection.base, tree: inspection.tree };
  const cluster = clusterOf(ports.server, target);
  if (work.offline || cluster === undefined) {
    const reason = work.offline
      ? 'checked without a cluster: the head comes from a fork'
      : `checked without a cluster: the server names none that this repository's stacks could be planned on`;
    const check = offlineCheck(merge.objects, { known: ports.schemas.newest(), custom: checkCustomResource, reason });
    // Nothing of it can be approved or applied: its rules are matched once it is planned live.
    return {
      plan: planOffline({ target, ...common, renders: { base, merge }, reason, check }),
      rules: [],
      nextRules: [],
    };
  }
  const deployed = await ports.store.deployed(repository.id, target.name);
  const numbers = new Set(pullsOf(pull).map(({ number }) => number));
  const testMerge = deployed && (await ports.store.testMergeOf(repository.id, deployed.commit));
  const isOwn = testMerge !== undefined && numbers.has(testMerge.pull);
  const before =
    deployed === undefined
      ? undefined
      : await renderCommit(ports, repository, { target, deployed, all: work.targets.base.targets });
  const pendingPulls = (await ports.store.pendingPulls(repository.id, target.name)).filter(
    (number) => !numbers.has(number),
  );
  const planned = await planTarget(ports, {
    repository,
    gitHubHost: ports.server.gitHubHost,
    target,
    cluster,
    removed: affected.presence === 'removed',
    ...common,
    // What this pull request applied already is where it goes on from; the base's tip would take it back.
    renders: { base: isOwn && before !== undefined ? before : base, merge, deployed: before },
    deployed,
    pendingPulls,
    neighbours,
  });
  // What a rule knows of a pull request may hold for one of a merge group, which then is that rule's as a whole.
  const matched = async (rules: readonly Rule[]) => {
    const each = pullsOf(pull).map((one) => matchPlanned(ports, { rules, pull: one, target, planned }));
    return joinMatchedRules((await Promise.all(each)).flat());
  };
  return {
    plan: planned.plan,
    rules: await matched(inspection.rules),
    nextRules: await matched(work.next?.rules ?? []),
  };
}

/** Renders a target as it was at a commit that was deployed. */
export async function renderCommit(
  ports: RenderPorts & { readonly checkout: Checkout; readonly store: Pick<Store, 'testMergeOf'> },
  repository: PullRequest['repository'],
  at: {
    readonly target: Target;
    readonly deployed: { readonly commit: CommitSha; readonly directory: string };
    readonly all: readonly Target[];
  },
): Promise<Render> {
  const { commit, directory } = at.deployed;
  if (!(await bringCommit(ports, repository, commit))) {
    return {
      objects: [],
      problems: [
        {
          severity: 'error',
          message: `the deployed commit ${commit.slice(0, 12)} of ${at.target.name} is gone from GitHub; what it set cannot be told from drift`,
        },
      ],
    };
  }
  const tree = await listSource(ports.checkout, repository, commit);
  return renderTarget(ports, repository, { tree, target: { ...at.target, directory }, all: at.all });
}

/** Targets that this pull request applied to stay its own until the lock is released: also where the head takes everything back. */
async function withLocked(
  ports: PlanPullRequestPorts,
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
  ports: PlanPullRequestPorts,
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

function clusterOf(server: ServerSettings, target: Target): ServerCluster | undefined {
  return server.clusters.get(target.environment.cluster);
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
    configurationContent: contentOf(pull.repository, at.merge),
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
  ports: PlanPullRequestPorts,
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
export function contentOf(repository: Repository, tree: SourceTree): string {
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

/** The plans of a run, as far as it has any. */
export function plansOf(run: Pick<PlanRun, 'outcome'>): readonly Plan[] {
  const outcome = run.outcome;
  return outcome.kind === 'planned' ? outcome.plans : [];
}
