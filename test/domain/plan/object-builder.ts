import { clusterUid, commitSha, parseTargetName, treeSha } from '../../../src/domain/identity.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import {
  groupOf,
  type ObjectIdentity,
  type Position,
  type RenderedObject,
} from '../../../src/domain/manifest/rendered-object.ts';
import { assemblePlan, type PlanInput } from '../../../src/domain/plan/assemble-plan.ts';
import { clientSideApply } from '../../../src/domain/plan/client-side-apply.ts';
import { type FieldPattern, readIgnoredPattern } from '../../../src/domain/plan/field-pattern.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import type { LiveState, ObjectFacts } from '../../../src/domain/plan/object-facts.ts';
import type { PlacedObject } from '../../../src/domain/plan/place-objects.ts';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import type { ApplyAnswer, Refusal, ServedKind } from '../../../src/domain/plan/prediction.ts';

export const cluster = clusterUid('5e2f6a1c-0000-4000-8000-000000000001');
export const target = parseTargetName('web@production');
export const secretKey = new Uint8Array(32).fill(7);

/** A map schema; `[]` after a name is written by hand where a list is meant. */
export function fields(properties: Record<string, FieldSchema>): FieldSchema {
  return { type: 'object', properties: new Map(Object.entries(properties)) };
}

export const textField: FieldSchema = { type: 'string' };
export const textMap: FieldSchema = { type: 'object', additionalProperties: textField };

export function keyed(keys: readonly string[], items: FieldSchema): FieldSchema {
  return { type: 'array', listType: 'map', listMapKeys: keys, items };
}

export const containers = keyed(
  ['name'],
  fields({
    name: textField,
    image: textField,
    args: { type: 'array', items: textField },
    env: keyed(['name'], fields({ name: textField, value: textField })),
  }),
);

export const deploymentSchema = fields({
  apiVersion: textField,
  kind: textField,
  metadata: fields({}),
  spec: fields({
    replicas: { type: 'integer' },
    selector: { type: 'object', mapType: 'atomic', properties: new Map([['matchLabels', textMap]]) },
    template: fields({
      metadata: fields({ labels: textMap, annotations: textMap }),
      spec: fields({ containers, initContainers: containers }),
    }),
  }),
});

export const serviceSchema = fields({
  spec: fields({
    selector: { ...textMap, mapType: 'atomic' },
    ports: keyed(
      ['port', 'protocol'],
      fields({ port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' }, name: textField }),
    ),
  }),
});

export const servedDeployment: ServedKind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  verbs: ['get', 'list', 'patch'],
};

/** An object of namespace `web`; `parts` stand beside its metadata. */
export function manifest(kind: string, parts: JsonObject, metadata: JsonObject = {}): JsonObject {
  const [apiVersion, plainKind] = kind.includes(' ') ? (kind.split(' ') as [string, string]) : ['v1', kind];
  return { apiVersion, kind: plainKind, metadata: { name: 'frontend', namespace: 'web', ...metadata }, ...parts };
}

export function deployment(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return manifest('apps/v1 Deployment', { spec }, metadata);
}

export function configMap(data: JsonObject, metadata: JsonObject = {}): JsonObject {
  return manifest('ConfigMap', { data }, metadata);
}

export const position: Position = { path: 'apps/web/frontend.yaml', line: 1, column: 1 };

export function rendered(content: JsonObject, positions: Record<string, number> = {}): RenderedObject {
  const metadata = content.metadata as JsonObject;
  const lines = Object.entries(positions).map(([pointer, line]): [string, Position] => [
    pointer,
    { ...position, line },
  ]);
  return {
    apiVersion: String(content.apiVersion),
    kind: String(content.kind),
    name: String(metadata.name),
    ...(metadata.namespace === undefined ? {} : { namespace: String(metadata.namespace) }),
    content,
    position,
    positions: new Map(lines),
  };
}

export function placed(content: JsonObject, overrides: Partial<PlacedObject> = {}): PlacedObject {
  const source = rendered(content);
  return {
    identity: identityOf(content),
    rendered: source,
    content,
    served: servedDeployment,
    incoming: false,
    notes: [],
    ...overrides,
  };
}

export function identityOf(content: JsonObject): ObjectIdentity {
  const { apiVersion, kind, name, namespace } = rendered(content);
  return { group: groupOf(apiVersion), kind, ...(namespace === undefined ? {} : { namespace }), name };
}

export interface ObjectStages {
  readonly live?: JsonObject;
  readonly deployed?: JsonObject;
  readonly base?: JsonObject;
  readonly merge?: JsonObject;
  readonly schema?: FieldSchema;
  readonly member?: boolean;
  /** `undefined`: the dry-run answers what is rendered. */
  readonly prediction?: ApplyAnswer | 'unasked';
  readonly takenBack?: ApplyAnswer;
  readonly ignored?: readonly string[];
}

/** What is known of one object. The dry-run answers with what the merge renders laid over what is live, unless a test says otherwise. */
export function facts(stages: ObjectStages): ObjectFacts {
  const known = stages.merge ?? stages.base ?? stages.deployed ?? stages.live;
  if (known === undefined) throw new Error('an object that no stage knows');
  const live: LiveState = stages.live === undefined ? { kind: 'absent' } : { kind: 'found', object: stages.live };
  const ignored = (stages.ignored ?? []).map(pattern);
  const migrated =
    stages.live === undefined || stages.merge === undefined
      ? undefined
      : clientSideApply({ live: stages.live, rendered: stages.merge, schema: stages.schema, ignored });
  const answer = stages.prediction === undefined ? predicted(stages) : stages.prediction;
  return {
    identity: identityOf(known),
    ...(stages.deployed === undefined ? {} : { deployed: placed(stages.deployed) }),
    ...(stages.base === undefined ? {} : { base: placed(stages.base) }),
    ...(stages.merge === undefined ? {} : { merge: placed(stages.merge) }),
    live,
    ...(answer === undefined || answer === 'unasked' ? {} : { prediction: answer }),
    ...(stages.takenBack === undefined ? {} : { takenBack: stages.takenBack }),
    ...(migrated === undefined ? {} : { clientSide: migrated }),
    ignored,
    notes: [],
    member: stages.member ?? stages.live !== undefined,
    schema: stages.schema,
  };
}

export function pattern(path: string): FieldPattern {
  const read = readIgnoredPattern(path);
  if (read.kind === 'invalid') throw new Error(read.message);
  return read.pattern;
}

function predicted({ merge, live }: ObjectStages): ApplyAnswer | undefined {
  return merge === undefined ? undefined : applied(merge, live === undefined);
}

export function applied(object: JsonObject, created = false): ApplyAnswer {
  return { kind: 'applied', object, created };
}

export function unreadable(facts: ObjectFacts, refusal: Refusal): ObjectFacts {
  return { ...facts, live: { kind: 'unknown', refusal }, member: false };
}

export function planOf(objects: readonly ObjectFacts[], overrides: Partial<PlanInput> = {}): Plan {
  return assemblePlan({
    target,
    cluster: { name: 'production', uid: cluster },
    kind: 'update',
    head: commitSha('8f14e45fceea167a5a36dedd4bea2543c1a2b3c4'),
    base: commitSha('c9f0f895fb98ab9159f51fd0297e236d5e6f7a8b'),
    tree: treeSha('4b825dc642cb6eb9a060e54bf8d69288fbee4904'),
    objects,
    problems: [],
    complete: true,
    prune: 'allowed',
    pendingPulls: [],
    stored: new Map(),
    secretKey,
    ...overrides,
  });
}

/** Effects in short: `update spec.replicas: 2 → 3`. */
export function effectLines(plan: Pick<Plan, 'effects'> | Pick<Plan, 'moves'>): readonly string[] {
  const list = 'effects' in plan ? plan.effects : plan.moves;
  const text = (value: (typeof list)[number]['before']) => (value.kind === 'json' ? value.json : value.kind);
  return list.map((effect) => `${effect.action} ${effect.path}: ${text(effect.before)} → ${text(effect.after)}`);
}
