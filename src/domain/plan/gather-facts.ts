import type { Stack } from '../config/config.ts';
import type { JsonObject } from '../json.ts';
import { identityKey, type ObjectIdentity } from '../manifest/rendered-object.ts';
import { partOf } from './applyset.ts';
import { type Autoscaler, autoscalerKind, isScalable } from './autoscalers.ts';
import { clientSideApply } from './client-side-apply.ts';
import { type FieldPattern, readFieldPattern } from './field-pattern.ts';
import type { SchemaLookup } from './field-schema.ts';
import { ignoredIn } from './ignored-fields.ts';
import type { LiveState, ObjectFacts } from './object-facts.ts';
import type { PlacedObject } from './place-objects.ts';
import { readVersion } from './plan-object.ts';

/** What was read of a target's objects, by identity key. */
export interface FactSources {
  readonly renders: { readonly [stage in 'merge' | 'base' | 'deployed']: ReadonlyMap<string, PlacedObject> };
  readonly live: ReadonlyMap<string, LiveState>;
  readonly members: ReadonlyMap<string, { readonly identity: ObjectIdentity; readonly object: JsonObject }>;
  readonly schemas: SchemaLookup;
  /** The id of the target's set. */
  readonly applySetId: string;
  readonly stack: Pick<Stack, 'ignore'>;
  readonly autoscalers: {
    of(object: ObjectIdentity): Autoscaler | undefined;
    unreadable(namespace: string): string | undefined;
  };
}

/** Everything that is known of one object before the API server is asked what would become of it. */
export function gatherFacts(key: string, from: FactSources): ObjectFacts {
  const [merge, base, deployed] = [
    from.renders.merge.get(key),
    from.renders.base.get(key),
    from.renders.deployed.get(key),
  ];
  const member = from.members.get(key);
  const identity = merge?.identity ?? base?.identity ?? deployed?.identity ?? member?.identity;
  if (identity === undefined) throw new Error(`no render and no set knows ${key}`);
  const live: LiveState =
    from.live.get(key) ?? (member === undefined ? { kind: 'absent' } : { kind: 'found', object: member.object });
  const stages = {
    ...(merge === undefined ? {} : { merge }),
    ...(base === undefined ? {} : { base }),
    ...(deployed === undefined ? {} : { deployed }),
  };
  const version = readVersion(stages);
  const schema = from.schemas(
    version ?? String(merge?.content['apiVersion'] ?? member?.object['apiVersion'] ?? ''),
    identity.kind,
  );
  const scaling = autoscaling(merge ?? base ?? deployed, live, from);
  const ignored = [...ignoredIn(from.stack.ignore, identity), ...scaling.ignored];
  const clientSide =
    merge === undefined || live.kind !== 'found'
      ? undefined
      : clientSideApply({ live: live.object, rendered: merge.content, schema, ignored });
  return {
    identity,
    ...stages,
    live,
    ignored,
    ...(clientSide === undefined ? {} : { clientSide }),
    notes: scaling.notes,
    member: live.kind === 'found' && partOf(live.object) === from.applySetId,
    schema,
  };
}

interface Scaling {
  readonly ignored: readonly FieldPattern[];
  readonly notes: readonly string[];
}

const unscaled: Scaling = { ignored: [], notes: [] };

/** An autoscaler owns the replicas of what it targets, from the moment that there is something to scale. */
function autoscaling(placed: PlacedObject | undefined, live: LiveState, from: FactSources): Scaling {
  if (placed === undefined || live.kind !== 'found' || !isScalable(placed.content)) return unscaled;
  const { identity } = placed;
  const { autoscalers } = from;
  const autoscaler = autoscalers.of(identity);
  if (autoscaler !== undefined) return { ignored: [replicas], notes: [leftTo(autoscaler, from)] };
  const refusal = identity.namespace === undefined ? undefined : autoscalers.unreadable(identity.namespace);
  if (refusal === undefined) return unscaled;
  return {
    ignored: [],
    notes: [`spec.replicas is planned as rendered; whether an autoscaler owns it could not be read: ${refusal}`],
  };
}

/** An autoscaler goes after everything is written: until then, the number is its. */
function leftTo({ name, scales }: Autoscaler, { renders, members }: FactSources): string {
  const key = identityKey({ ...scales, ...autoscalerKind, name });
  const goes = members.has(key) && !renders.merge.has(key);
  const left = `spec.replicas is left to HorizontalPodAutoscaler ${name}`;
  return goes ? `${left}, which this removes: the number that it set stays, and shows as drift afterwards` : left;
}

const replicas: FieldPattern = fieldPattern('spec.replicas');

function fieldPattern(path: string): FieldPattern {
  const read = readFieldPattern(path);
  if (read.kind === 'invalid') throw new Error(read.message);
  return read.pattern;
}
