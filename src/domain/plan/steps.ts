import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson, type Json, type JsonObject, sameJson } from '../json.ts';
import { identityKey, type ObjectIdentity } from '../manifest/rendered-object.ts';
import { absent, type EffectAction, type EffectValue, sameValue, valueText } from './effect.ts';
import type { PathSegment } from './field-path.ts';
import { type Leaf, type Leaves, leavesOf } from './leaves.ts';
import { isSecretLeaf } from './mask.ts';
import type { ObjectFacts } from './object-facts.ts';

/** The points that a field's value passes on its way: the cluster now, what was deployed, what is merged, what the pull request asks for. */
export type Stage = 'live' | 'deployed' | 'base' | 'merge';

export interface FieldStep {
  readonly from: Stage;
  readonly to: Stage;
  readonly before: EffectValue;
  readonly after: EffectValue;
  readonly action: EffectAction;
}

/** One field with every step that moves it; `first` and `last` are the live and the rendered value. */
export interface FieldSteps {
  readonly path: string;
  readonly segments: readonly PathSegment[];
  readonly secret: boolean;
  readonly steps: readonly FieldStep[];
  readonly first: EffectValue;
  readonly last: EffectValue;
  /** The steps taken together move the value; several may lead back to where it was. */
  readonly moves: boolean;
}

export interface StepSettings {
  /** Text of the live value that our own last apply left, by field path, and of the rendered one that it stands for. */
  readonly stored: ReadonlyMap<string, { readonly live: string; readonly rendered: string }>;
  /** Key for the HMACs of secret values. */
  readonly secretKey: Uint8Array;
  /** Fields whose move needs the object to be replaced. */
  readonly isImmutable: (segments: readonly PathSegment[]) => boolean;
}

/**
 * Follows each rendered field of one object from the cluster to the test merge. Stages that do not know the object are left out, so that adopting an
 * object is one step from live to what is rendered; fields that no render names are none of ours.
 */
export function fieldSteps(facts: ObjectFacts, settings: StepSettings): readonly FieldSteps[] {
  const renders: { readonly stage: Stage; readonly leaves: Leaves | undefined }[] = [];
  if (facts.deployed !== undefined) renders.push({ stage: 'deployed', leaves: leavesOf(facts.deployed.content, facts.schema) });
  if (facts.base !== undefined || facts.deployed !== undefined) {
    renders.push({ stage: 'base', leaves: facts.base === undefined ? undefined : leavesOf(facts.base.content, facts.schema) });
  }
  renders.push({ stage: 'merge', leaves: facts.merge === undefined ? undefined : leavesOf(facts.merge.content, facts.schema) });

  const live = liveReading(facts, settings);
  const paths = new Map<string, Leaf>();
  for (const { leaves } of renders) for (const [path, leaf] of leaves?.byPath ?? []) paths.set(path, leaf);

  const result: FieldSteps[] = [];
  for (const [path, leaf] of paths) {
    const secret = renders.some(({ leaves }) => isSecret(facts.identity, leaves?.byPath.get(path)));
    const read = (value: Json | undefined): EffectValue => effectValue({ value, secret, identity: facts.identity, path, key: settings.secretKey });
    const values: { readonly stage: Stage; readonly value: EffectValue; readonly present: boolean }[] = [];
    for (const { stage, leaves } of renders) {
      const rendered = leaves?.byPath.get(path);
      // A field that the deployed commit does not render was not ours: what lies on the cluster is where it starts from.
      if (stage === 'deployed' && rendered === undefined) continue;
      values.push({ stage, value: read(rendered?.value), present: leaves !== undefined });
    }
    const start = { stage: 'live' as const, value: live.valueOf(leaf, read, values), present: facts.live.kind === 'found' };
    const steps = stepsBetween([start, ...values], leaf, settings, path);
    const last = values.at(-1)?.value ?? absent;
    result.push({ path, segments: leaf.segments, secret, steps, first: start.value, last, moves: !sameField(leaf, start.value, last) });
  }
  return result.sort((left, right) => (left.path < right.path ? -1 : 1));
}

function stepsBetween(
  points: readonly { readonly stage: Stage; readonly value: EffectValue; readonly present: boolean }[],
  leaf: Leaf,
  settings: StepSettings,
  path: string,
): readonly FieldStep[] {
  const steps: FieldStep[] = [];
  for (let index = 1; index < points.length; index += 1) {
    const from = points[index - 1];
    const to = points[index];
    if (from === undefined || to === undefined || sameField(leaf, from.value, to.value)) continue;
    const action = actionOf(from.present, to.present, path !== 'apiVersion' && settings.isImmutable(leaf.segments));
    steps.push({ from: from.stage, to: to.stage, before: from.value, after: to.value, action });
  }
  return steps;
}

function actionOf(before: boolean, after: boolean, immutable: boolean): EffectAction {
  if (!before) return 'create';
  if (!after) return 'delete';
  return immutable ? 'replace' : 'update';
}

/** For an order only the relative order of the items that both have counts. */
function sameField(leaf: Leaf, before: EffectValue, after: EffectValue): boolean {
  if (leaf.kind !== 'order') return sameValue(before, after);
  const left = orderOf(before);
  const right = orderOf(after);
  if (left === undefined || right === undefined) return true;
  return sameJson(left.filter((item) => right.includes(item)), right.filter((item) => left.includes(item)));
}

/** The items of an order's value; undefined when the list has no order (fewer than two items). */
export function orderOf(value: EffectValue): readonly string[] | undefined {
  return value.kind === 'json' ? (JSON.parse(value.json) as readonly string[]) : undefined;
}

interface LiveReading {
  valueOf(leaf: Leaf, read: (value: Json | undefined) => EffectValue, later: readonly { readonly stage: Stage; readonly value: EffectValue }[]): EffectValue;
}

function liveReading(facts: ObjectFacts, settings: StepSettings): LiveReading {
  if (facts.live.kind !== 'found') return { valueOf: () => absent };
  const live = leavesOf(facts.live.object, facts.schema);
  const answer = facts.takenBack ?? facts.prediction;
  const predicted = answer?.kind === 'applied' && !answer.created ? leavesOf(answer.object, facts.schema) : undefined;
  return {
    valueOf(leaf, read, later) {
      // An object is read in the version that it is asked for in: what it was written as is what was deployed.
      if (leaf.path === 'apiVersion') return later[0]?.value ?? absent;
      const value = valueAt(live, leaf);
      const found = read(value);
      const merged = later.at(-1);
      // The API server itself says that applying moves nothing here (defaults, equal quantities, mutating webhooks).
      if (predicted !== undefined && merged !== undefined && merged.value.kind !== 'absent' && sameJson(valueAt(predicted, leaf), value)) return merged.value;
      const ours = settings.stored.get(leaf.path);
      if (ours !== undefined && ours.live === valueText(found)) {
        const deployed = later.find((point) => point.stage === 'deployed');
        if (deployed !== undefined && valueText(deployed.value) === ours.rendered) return deployed.value;
      }
      return found;
    },
  };
}

/** An empty map or list that is rendered stands for whatever container is there. */
export function valueAt(leaves: Leaves, leaf: Leaf): Json | undefined {
  const found = leaves.byPath.get(leaf.path);
  if (found !== undefined) return found.value;
  return leaf.kind === 'value' && leaves.containers.has(leaf.path) && isEmptyContainer(leaf.value) ? leaf.value : undefined;
}

function isEmptyContainer(value: Json): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}

function isSecret(identity: ObjectIdentity, leaf: Leaf | undefined): boolean {
  return leaf !== undefined && isSecretLeaf(identity, leaf.segments, leaf.value);
}

/** The value as it enters an effect: secrets as an HMAC keyed per object and path. */
export function effectValue(of: {
  readonly value: Json | undefined;
  readonly secret: boolean;
  readonly identity: ObjectIdentity;
  readonly path: string;
  readonly key: Uint8Array;
}): EffectValue {
  if (of.value === undefined) return absent;
  const json = canonicalJson(of.value);
  if (!of.secret) return { kind: 'json', json };
  const place = utf8ToBytes(`${identityKey(of.identity)}\n${of.path}\n`);
  return { kind: 'secret', hmac: bytesToHex(hmac(sha256, hmac(sha256, of.key, place), utf8ToBytes(json))) };
}

/** Fields of the live object that the apply left different from how they were rendered, to be recognised next time. */
export function storedLeaves(of: {
  readonly identity: ObjectIdentity;
  readonly rendered: JsonObject;
  readonly written: JsonObject;
  readonly schema: ObjectFacts['schema'];
  readonly secretKey: Uint8Array;
}): readonly { readonly path: string; readonly live: string; readonly rendered: string }[] {
  const written = leavesOf(of.written, of.schema);
  const stored: { path: string; live: string; rendered: string }[] = [];
  for (const leaf of leavesOf(of.rendered, of.schema).byPath.values()) {
    if (leaf.path === 'apiVersion' || leaf.kind === 'order') continue;
    const value = valueAt(written, leaf);
    if (sameJson(value, leaf.value)) continue;
    const secret = isSecretLeaf(of.identity, leaf.segments, leaf.value);
    const text = (json: Json | undefined) => valueText(effectValue({ value: json, secret, identity: of.identity, path: leaf.path, key: of.secretKey }));
    stored.push({ path: leaf.path, live: text(value), rendered: text(leaf.value) });
  }
  return stored;
}
