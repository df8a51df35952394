import type { Rule } from '../domain/config/rule.ts';
import type { ServerCluster, ServerSettings } from '../domain/config/server-settings.ts';
import { joinMatchedRules } from '../domain/gate/match-rules.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import type { Plan } from '../domain/plan/plan.ts';
import { planOffline } from '../domain/plan/plan-offline.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import { checkCustomResource } from '../domain/schema/check-custom-resource.ts';
import { offlineCheck } from '../domain/schema/check-render.ts';
import type { AffectedTarget } from '../domain/target/affected-targets.ts';
import type { Target } from '../domain/target/target.ts';
import { type Neighbours, neighboursAt } from './find-neighbours.ts';
import { type Inspection, type PlannedHead, type PlanningPorts, pullsOf } from './inspect-pull-request.ts';
import { matchPlanned } from './match-planned.ts';
import { planTarget } from './plan-target.ts';
import type { PlanRun } from './ports/store.ts';
import { newConfiguration } from './preview-configuration.ts';
import { renderCommit } from './render-commit.ts';
import { emptyRender, renderTarget } from './render-stack.ts';

/** Plans every affected target live (or, for a fork, without any cluster). */
export async function planInspected(
  ports: PlanningPorts,
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
  ports: PlanningPorts,
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

function clusterOf(server: ServerSettings, target: Target): ServerCluster | undefined {
  return server.clusters.get(target.environment.cluster);
}

/** The plans of a run, as far as it has any. */
export function plansOf(run: Pick<PlanRun, 'outcome'>): readonly Plan[] {
  const outcome = run.outcome;
  return outcome.kind === 'planned' ? outcome.plans : [];
}
