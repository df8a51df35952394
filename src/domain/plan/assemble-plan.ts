import type { ClusterUid, CommitSha, PullNumber, TargetName, TreeSha } from '../identity.ts';
import { identityKey, type Problem } from '../manifest/rendered-object.ts';
import { digestInSteps } from './digest.ts';
import type { ObjectFacts } from './object-facts.ts';
import type { Plan, PlanKind } from './plan.ts';
import { type ObjectPlan, type Pruning, planObject } from './plan-object.ts';

export interface PlanInput {
  readonly target: TargetName;
  readonly cluster: { readonly name: string; readonly uid: ClusterUid };
  readonly kind: PlanKind;
  readonly head: CommitSha;
  readonly base: CommitSha;
  readonly tree: TreeSha;
  readonly objects: readonly ObjectFacts[];
  /** From decoding and placing. */
  readonly problems: readonly Problem[];
  readonly complete: boolean;
  readonly prune: Pruning;
  readonly pendingPulls: readonly PullNumber[];
  readonly stored: ReadonlyMap<string, ReadonlyMap<string, { readonly live: string; readonly rendered: string }>>;
  readonly secretKey: Uint8Array;
}

const nothingStored: ReadonlyMap<string, { readonly live: string; readonly rendered: string }> = new Map();

/** Puts the objects' parts together: most dangerous first, then by identity, so that equal inputs give equal plans. */
export function assemblePlan(input: PlanInput): Plan {
  const steps = assembleInSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** As `assemblePlan`, with a pause after each object: thousands of them take seconds, in which others want their turn. */
export function* assembleInSteps(input: PlanInput): Generator<void, Plan> {
  const createdNamespaces = new Set(
    input.objects
      .filter(
        (facts) => facts.merge !== undefined && facts.identity.group === '' && facts.identity.kind === 'Namespace',
      )
      .map((facts) => facts.identity.name),
  );
  const prune =
    input.prune === 'allowed' && input.problems.some((problem) => problem.severity === 'error')
      ? 'unsure'
      : input.prune;
  const parts: ObjectPlan[] = [];
  for (const facts of input.objects) {
    const part = planObject(facts, {
      target: input.target,
      cluster: input.cluster.uid,
      kind: input.kind,
      prune,
      pendingPulls: input.pendingPulls,
      createdNamespaces,
      secretKey: input.secretKey,
      stored: input.stored.get(identityKey(facts.identity)) ?? nothingStored,
    });
    if (part !== undefined) parts.push(part);
    yield;
  }
  parts.sort(
    (left, right) =>
      rank(left) - rank(right) || (identityKey(left.change.object) < identityKey(right.change.object) ? -1 : 1),
  );
  const effects = parts.flatMap((part) => part.effects);
  return {
    digest: yield* digestInSteps(effects),
    target: input.target,
    cluster: input.cluster,
    kind: input.kind,
    head: input.head,
    base: input.base,
    tree: input.tree,
    effects,
    moves: parts.flatMap((part) => part.moves),
    changes: parts.map((part) => part.change),
    problems: [...input.problems, ...parts.flatMap((part) => part.problems), ...emptyRender(input, parts)],
    complete: input.complete && parts.every((part) => part.complete),
    rendered: input.objects.filter((facts) => facts.merge !== undefined).length,
    owned: input.objects.filter((facts) => facts.member).length,
  };
}

/** A removed target says so by its kind; an empty directory or a wrong pattern looks just like one. */
function emptyRender({ kind, objects, problems }: PlanInput, parts: readonly ObjectPlan[]): readonly Problem[] {
  const isEmpty = objects.every((facts) => facts.merge === undefined);
  if (!isEmpty || problems.some((problem) => problem.severity === 'error')) return [];
  if (kind === 'adoption')
    return [{ severity: 'warning', message: 'the stack renders no objects: there is nothing to adopt' }];
  const deletes = parts.some(({ change }) => change.action === 'delete');
  return kind === 'update' && deletes
    ? [{ severity: 'warning', message: 'the stack renders no objects any more: what the target owns would go' }]
    : [];
}

const order = { delete: 0, replace: 1, update: 2, create: 3, 'no-op': 4 } as const;

function rank(part: ObjectPlan): number {
  return order[part.change.action];
}
