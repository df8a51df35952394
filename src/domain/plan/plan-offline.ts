import type { CommitSha, TreeSha } from '../identity.ts';
import { canonicalJson, sameJson } from '../json.ts';
import {
  groupOf,
  identityKey,
  type ObjectIdentity,
  type Problem,
  type RenderedObject,
} from '../manifest/rendered-object.ts';
import type { CheckOffline } from '../schema/check-render.ts';
import type { Target } from '../target/target.ts';
import { digestEffects } from './digest.ts';
import type { MaskedValue } from './effect.ts';
import { coversField, type FieldPattern } from './field-pattern.ts';
import { type IgnoreRule, ignoredIn } from './ignored-fields.ts';
import { type Leaf, type Leaves, leavesOf } from './leaves.ts';
import { secretCheck } from './mask.ts';
import { type DiffInput, objectDiff } from './object-diff.ts';
import type { Change, Confidence, Difference, Plan } from './plan.ts';
import { showStep } from './show-value.ts';

export interface OfflineInput {
  readonly target: Target;
  readonly head: CommitSha;
  readonly base: CommitSha;
  readonly tree: TreeSha;
  readonly renders: {
    readonly base: { readonly objects: readonly RenderedObject[] };
    readonly merge: { readonly objects: readonly RenderedObject[]; readonly problems: readonly Problem[] };
  };
  /** Why no cluster was asked, for people. */
  readonly reason: string;
  readonly check: CheckOffline;
}

/**
 * What the files say, without asking any cluster: the base's render against the test merge's. It has no effects, so that nobody can approve it and
 * nothing can be applied by it.
 */
export function planOffline(input: OfflineInput): Plan {
  const namespace = input.target.stack.namespace;
  const base = byIdentity(input.renders.base.objects, namespace);
  const merge = byIdentity(input.renders.merge.objects, namespace);
  const changes: Change[] = [];
  const problems: Problem[] = [...input.renders.merge.problems];
  for (const key of new Set([...base.keys(), ...merge.keys()])) {
    const [before, after] = [base.get(key), merge.get(key)];
    const checked = after === undefined ? undefined : input.check(after.rendered, after.identity);
    const ignore = input.target.stack.ignore;
    const confidence = checked?.confidence ?? { level: 'rendered', reason: input.reason };
    const change = changeOf({ before, after, ignore }, confidence);
    if (change !== undefined) changes.push(change);
    for (const problem of checked?.problems ?? []) problems.push(problem);
  }
  return {
    digest: digestEffects([]),
    target: input.target.name,
    cluster: { name: input.target.environment.cluster, uid: undefined },
    kind: merge.size === 0 ? 'removal' : 'update',
    head: input.head,
    base: input.base,
    tree: input.tree,
    effects: [],
    moves: [],
    changes,
    problems,
    complete: true,
    rendered: merge.size,
    owned: 0,
  };
}

interface Named {
  readonly identity: ObjectIdentity;
  readonly rendered: RenderedObject;
}

function byIdentity(
  objects: readonly RenderedObject[],
  defaultNamespace: string | undefined,
): ReadonlyMap<string, Named> {
  return new Map(
    objects.map((rendered) => {
      const namespace = rendered.namespace ?? defaultNamespace;
      const identity: ObjectIdentity = {
        group: groupOf(rendered.apiVersion),
        kind: rendered.kind,
        ...(namespace === undefined ? {} : { namespace }),
        name: rendered.name,
      };
      return [identityKey(identity), { identity, rendered }];
    }),
  );
}

interface Sides {
  readonly before: Named | undefined;
  readonly after: Named | undefined;
  readonly ignore: readonly IgnoreRule[];
}

function changeOf(sides: Sides, confidence: Confidence): Change | undefined {
  const { before, after } = sides;
  const named = after ?? before;
  if (named === undefined) return undefined;
  const left = before === undefined ? undefined : leavesOf(before.rendered.content, undefined);
  const right = after === undefined ? undefined : leavesOf(after.rendered.content, undefined);
  // What is new is sent whole, and what goes goes whole.
  const ignored = before === undefined || after === undefined ? [] : ignoredIn(sides.ignore, named.identity);
  const fields = fieldsOf(named.identity, { left, right }, ignored);
  const moved = fields.filter((field) => field.moves);
  if (moved.length === 0 && before !== undefined && after !== undefined) return undefined;
  const origin = { kind: 'this' } as const;
  return {
    object: named.identity,
    action: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
    differences: moved.map(
      ({ path, first, last }): Difference => ({ path, ...showStep({ before: first, after: last }), origin }),
    ),
    diff: objectDiff({ fields, renders: [right, left], originOf: () => origin }),
    confidence,
    notes: [],
    ...(after === undefined ? { danger: 'deletes it' } : {}),
    position: named.rendered.position,
    write: false,
  };
}

type OfflineField = DiffInput['fields'][number];

function fieldsOf(
  identity: ObjectIdentity,
  { left, right }: { readonly left: Leaves | undefined; readonly right: Leaves | undefined },
  ignored: readonly FieldPattern[],
): readonly OfflineField[] {
  const isSecret = secretCheck(identity, () => [left, right].filter((leaves) => leaves !== undefined));
  const masked = (leaf: Leaf | undefined): MaskedValue => {
    if (leaf === undefined) return { kind: 'absent' };
    return isSecret(leaf.segments, leaf.value) ? { kind: 'secret' } : { kind: 'json', json: canonicalJson(leaf.value) };
  };
  const fields: OfflineField[] = [];
  for (const path of [...new Set([...(left?.byPath.keys() ?? []), ...(right?.byPath.keys() ?? [])])].sort()) {
    const [old, now] = [left?.byPath.get(path), right?.byPath.get(path)];
    const leaf = now ?? old;
    if (leaf === undefined || (path === 'apiVersion' && (old === undefined || now === undefined))) continue;
    if (coversField(ignored, leaf.segments)) continue;
    const [first, last] = [masked(old), masked(now)];
    const moves = !sameJson(old?.value, now?.value);
    const steps = moves ? [{ to: 'merge', before: first, after: last } as const] : [];
    fields.push({ path, segments: leaf.segments, first, last, moves, steps });
  }
  return fields;
}
