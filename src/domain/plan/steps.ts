import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson, isJsonArray, type Json, type JsonObject, sameJson } from '../json.ts';
import { identityKey, type ObjectIdentity } from '../manifest/rendered-object.ts';
import { absent, type EffectAction, type EffectValue, sameValue, valueText } from './effect.ts';
import type { PathSegment } from './field-path.ts';
import type { FieldSchema } from './field-schema.ts';
import { type Leaf, type Leaves, leavesOf } from './leaves.ts';
import { movesOrder } from './list-order.ts';
import { secretCheck } from './mask.ts';
import type { ObjectFacts } from './object-facts.ts';
import { type ObjectLeaves, secretsOf } from './object-leaves.ts';
import { withPlainQuantities } from './plain-quantities.ts';

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
export function fieldSteps(facts: ObjectFacts, leaves: ObjectLeaves, settings: StepSettings): readonly FieldSteps[] {
  const renders: { readonly stage: Stage; readonly leaves: Leaves | undefined }[] = [];
  if (facts.deployed !== undefined) renders.push({ stage: 'deployed', leaves: leaves.deployed });
  if (facts.base !== undefined || facts.deployed !== undefined) renders.push({ stage: 'base', leaves: leaves.base });
  renders.push({ stage: 'merge', leaves: leaves.merge });

  const isSecret = secretsOf(facts);
  const live = liveReading(facts, leaves, settings);
  const paths = new Map<string, Leaf>();
  for (const [path, leaf] of leaves.abandoned.byPath) paths.set(path, leaf);
  for (const render of renders) for (const [path, leaf] of render.leaves?.byPath ?? []) paths.set(path, leaf);

  const result: FieldSteps[] = [];
  for (const [path, leaf] of paths) {
    // Each value is judged alone, so that it looks the same in every plan that it appears in.
    const read = (value: Json | undefined): EffectValue => {
      const secret = value !== undefined && leaf.kind === 'value' && isSecret(leaf.segments, value);
      return effectValue({
        value,
        schema: leaf.schema,
        secret,
        identity: facts.identity,
        path,
        key: settings.secretKey,
      });
    };
    const values: Point[] = [];
    for (const { stage, leaves: render } of renders) {
      const rendered = render === undefined ? undefined : valueAt(render, leaf);
      // A field that nothing rendered so far was not ours: what lies on the cluster is where it starts from.
      if (rendered === undefined && values.length === 0 && stage !== 'merge' && !leaves.abandoned.byPath.has(path))
        continue;
      values.push({ stage, value: read(rendered), present: render !== undefined });
    }
    const start: Point = {
      stage: 'live',
      value: live.valueOf(leaf, read, values),
      present: facts.live.kind === 'found',
    };
    // Where nobody can say what is there, the renders are compared with one another.
    const points = facts.live.kind === 'unknown' && values.length > 1 ? values : [start, ...values];
    const first = points[0]?.value ?? absent;
    const last = points.at(-1)?.value ?? absent;
    result.push({
      path,
      segments: leaf.segments,
      steps: stepsBetween(points, leaf, settings),
      first,
      last,
      moves: !isSettled(leaf, first, last),
    });
  }
  return result.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** A field's value at one stage; `present`: the object exists there. */
interface Point {
  readonly stage: Stage;
  readonly value: EffectValue;
  readonly present: boolean;
}

function stepsBetween(points: readonly Point[], leaf: Leaf, settings: StepSettings): readonly FieldStep[] {
  const steps: FieldStep[] = [];
  for (let index = 1; index < points.length; index += 1) {
    const from = points[index - 1];
    const to = points[index];
    if (from === undefined || to === undefined || isSettled(leaf, from.value, to.value)) continue;
    const action = actionOf(
      from.present,
      to.present,
      leaf.path !== 'apiVersion' && settings.isImmutable(leaf.segments),
    );
    steps.push({ from: from.stage, to: to.stage, before: from.value, after: to.value, action });
  }
  return steps;
}

function actionOf(before: boolean, after: boolean, immutable: boolean): EffectAction {
  if (!before) return 'create';
  if (!after) return 'delete';
  return immutable ? 'replace' : 'update';
}

/** Going from one value to the other moves nothing. */
function isSettled(leaf: Leaf, before: EffectValue, after: EffectValue): boolean {
  return leaf.kind === 'order' ? !movesOrder(before, after) : sameValue(before, after);
}

interface LiveReading {
  valueOf(leaf: Leaf, read: (value: Json | undefined) => EffectValue, later: readonly Point[]): EffectValue;
}

function liveReading(facts: ObjectFacts, { live, predicted }: ObjectLeaves, settings: StepSettings): LiveReading {
  if (live === undefined) return { valueOf: () => absent };
  const answer = facts.takenBack ?? facts.prediction;
  const isCreated = answer?.kind === 'applied' && answer.created;
  return {
    valueOf(leaf, read, later) {
      // An object is read in the version that it is asked for in: what it was written as is what was deployed.
      if (leaf.path === 'apiVersion') return later[0]?.value ?? absent;
      const value = valueAt(live, leaf);
      const found = read(value);
      const deployed = later.find((point) => point.stage === 'deployed');
      if (deployed !== undefined) {
        // As it is rendered: the API server may write a quantity in another way.
        if (sameValue(found, deployed.value)) return deployed.value;
        if (isSettled(leaf, found, deployed.value)) return found;
        const ours = settings.stored.get(leaf.path);
        if (ours !== undefined && ours.live === valueText(found) && ours.rendered === valueText(deployed.value))
          return deployed.value;
      }
      const merged = later.at(-1);
      // The API server itself says that applying moves nothing here (defaults, equal quantities, mutating webhooks).
      if (
        predicted !== undefined &&
        !isCreated &&
        merged !== undefined &&
        merged.value.kind !== 'absent' &&
        sameJson(valueAt(predicted, leaf), value)
      )
        return merged.value;
      return found;
    },
  };
}

/** An empty map or list that is rendered stands for whatever container is there. */
export function valueAt(leaves: Leaves, leaf: Leaf): Json | undefined {
  const found = leaves.byPath.get(leaf.path);
  if (found !== undefined) return found.value;
  return leaf.kind === 'value' && leaves.containers.has(leaf.path) && isEmptyContainer(leaf.value)
    ? leaf.value
    : undefined;
}

function isEmptyContainer(value: Json): boolean {
  return isJsonArray(value)
    ? value.length === 0
    : value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}

/** The value as it enters an effect: secrets as an HMAC keyed per object and path. */
export function effectValue(of: {
  readonly value: Json | undefined;
  /** Of the value. */
  readonly schema: FieldSchema | undefined;
  readonly secret: boolean;
  readonly identity: ObjectIdentity;
  readonly path: string;
  readonly key: Uint8Array;
}): EffectValue {
  if (of.value === undefined) return absent;
  const json = canonicalJson(of.value);
  const simplest = withPlainQuantities(of.value, of.schema);
  const plain = simplest === of.value ? json : canonicalJson(simplest);
  if (!of.secret) return { kind: 'json', json, ...(plain !== json && { plain }) };
  const place = utf8ToBytes(`${identityKey(of.identity)}\n${of.path}\n`);
  return { kind: 'secret', hmac: bytesToHex(hmac(sha256, hmac(sha256, of.key, place), utf8ToBytes(plain))) };
}

/** Fields of the live object that the apply left different from how they were rendered, to be recognised next time. */
export function storedLeaves(of: {
  readonly identity: ObjectIdentity;
  readonly rendered: JsonObject;
  readonly written: JsonObject;
  readonly schema: ObjectFacts['schema'];
  readonly secretKey: Uint8Array;
}): readonly { readonly path: string; readonly live: string; readonly rendered: string }[] {
  const [rendered, written] = [leavesOf(of.rendered, of.schema), leavesOf(of.written, of.schema)];
  const isSecret = secretCheck(of.identity, () => [rendered, written]);
  const stored: { path: string; live: string; rendered: string }[] = [];
  for (const leaf of rendered.byPath.values()) {
    if (leaf.path === 'apiVersion' || leaf.kind === 'order') continue;
    const value = valueAt(written, leaf);
    if (sameJson(value, leaf.value)) continue;
    const text = (json: Json | undefined) => {
      const secret = json !== undefined && isSecret(leaf.segments, json);
      const { path, schema } = leaf;
      return valueText(effectValue({ value: json, schema, secret, identity: of.identity, path, key: of.secretKey }));
    };
    stored.push({ path: leaf.path, live: text(value), rendered: text(leaf.value) });
  }
  return stored;
}
