import type { ClusterUid, PullNumber, TargetName } from '../identity.ts';
import { canonicalJson, type Json, sameJson } from '../json.ts';
import { identityText, type Position, type Problem } from '../manifest/rendered-object.ts';
import { checkCustomResource } from '../schema/check-custom-resource.ts';
import { checkObject } from '../schema/check-object.ts';
import { refusesReplacement, staysBecause } from './annotations.ts';
import { absent, type Effect, type Move } from './effect.ts';
import { apiFieldPath, type PathSegment } from './field-path.ts';
import { type Leaves, leavesOf, noLeaves } from './leaves.ts';
import { isOrderPath, orderOf } from './list-order.ts';
import { ownApplyEntry } from './managed-fields.ts';
import { objectDiff } from './object-diff.ts';
import type { ObjectFacts } from './object-facts.ts';
import { maskedRefusal, type ObjectLeaves, objectLeaves, secretsOf } from './object-leaves.ts';
import { conflictAdvice, conflictText, objectNotes } from './object-notes.ts';
import { apiVersionOf } from './place-objects.ts';
import type { Change, ChangeAction, Confidence, Difference, Origin, PlanKind, ShownValue } from './plan.ts';
import { type Refusal, reasonOf } from './prediction.ts';
import { repeatedItem } from './repeated-item.ts';
import { showStep, showValue } from './show-value.ts';
import { type FieldStep, type FieldSteps, fieldSteps, type Stage, valueAt } from './steps.ts';

export interface ObjectPlan {
  readonly change: Change;
  readonly effects: readonly Effect[];
  readonly moves: readonly Move[];
  readonly problems: readonly Problem[];
  /** False when the object could not be looked at: the plan as a whole is then incomplete. */
  readonly complete: boolean;
}

/** `unsure`: the render has errors, so that an object may be missing from it by accident. */
export type Pruning = 'allowed' | 'disabled' | 'unsure';

export interface ObjectPlanSettings {
  readonly target: TargetName;
  readonly cluster: ClusterUid;
  readonly kind: PlanKind;
  readonly prune: Pruning;
  readonly pendingPulls: readonly PullNumber[];
  /** Namespaces that the same render creates. */
  readonly createdNamespaces: ReadonlySet<string>;
  readonly secretKey: Uint8Array;
  readonly stored: ReadonlyMap<string, { readonly live: string; readonly rendered: string }>;
}

/** One object's part of a plan; undefined when there is nothing to say of it (it is gone, and nobody asks for it). */
export function planObject(facts: ObjectFacts, settings: ObjectPlanSettings): ObjectPlan | undefined {
  if (facts.merge === undefined) {
    if (facts.live.kind === 'absent') return undefined;
    if (facts.live.kind === 'unknown') return unreadableObject(facts, facts.live.refusal);
    const kept = keepReason(facts, settings);
    if (kept !== undefined) return keptObject(facts, kept);
  }

  if (facts.keeper !== undefined) return keptObject(facts, `stays as it is: it belongs to ${facts.keeper}`);
  if (staysAsItIs(facts)) return unchangedObject(facts);

  const immutable = immutableFields(facts);
  const leaves = objectLeaves(facts);
  const fields = fieldSteps(facts, leaves, {
    stored: settings.stored,
    secretKey: settings.secretKey,
    isImmutable: (segments) => immutable.some((field) => isBelow(segments, field)),
  });
  const judged = judge(facts, settings);
  const action = actionOf(facts, fields, immutable);
  const position = facts.merge?.rendered.position ?? facts.base?.rendered.position ?? facts.deployed?.rendered.position;
  const danger = dangerOf(facts, action, immutable);
  const notes = [...judged.notes, ...objectNotes(facts, leaves.abandoned)];
  const effects = effectsOf(facts, fields, { action, target: settings.target, cluster: settings.cluster });
  const change: Change = {
    object: facts.identity,
    action,
    differences: [...differencesOf(fields, settings), ...(action === 'update' ? serverDifferences(facts, leaves) : [])],
    diff: objectDiff({
      // The line that names the object says that it comes or goes.
      fields: action === 'create' || action === 'delete' ? fields.filter(({ path }) => path !== 'apiVersion') : fields,
      renders: [leaves.merge, leaves.base, leaves.deployed],
      originOf: (to) => originOf(to, settings),
    }),
    confidence: judged.confidence,
    notes,
    ...(danger === undefined ? {} : { danger }),
    ...(position === undefined ? {} : { position }),
    write: action !== 'no-op' || needsOwnership(facts),
  };
  return {
    change,
    effects,
    moves: movesOf(facts, fields, action),
    problems: judged.problems,
    complete: judged.complete,
  };
}

/** Nothing moves in any step: every stage renders the same, and applying it changes nothing. It is asked first because most objects of most plans are so. */
function staysAsItIs(facts: ObjectFacts): boolean {
  const { merge, base, deployed, live, prediction, takenBack } = facts;
  if (merge === undefined || live.kind !== 'found' || takenBack !== undefined) return false;
  if (!facts.member || facts.clientSide !== undefined) return false;
  if (prediction?.kind !== 'applied' || prediction.object !== live.object) return false;
  if (deployed !== undefined && base === undefined) return false;
  return [deployed, base].every((stage) => stage === undefined || sameJson(stage.content, merge.content));
}

function unchangedObject(facts: ObjectFacts): ObjectPlan {
  const { merge } = facts;
  const change: Change = {
    object: facts.identity,
    action: 'no-op',
    differences: [],
    diff: { hunks: [] },
    confidence: { level: 'server' },
    notes: objectNotes(facts, noLeaves),
    ...(merge === undefined ? {} : { position: merge.rendered.position }),
    write: false,
  };
  return { change, effects: [], moves: [], problems: [], complete: true };
}

function actionOf(facts: ObjectFacts, fields: readonly FieldSteps[], immutable: readonly string[]): ChangeAction {
  if (facts.merge === undefined) return 'delete';
  if (facts.live.kind === 'absent') return 'create';
  if (facts.live.kind === 'unknown' && facts.base === undefined && facts.deployed === undefined) return 'create';
  if (immutable.length > 0) return 'replace';
  return fields.some((field) => field.moves) ? 'update' : 'no-op';
}

/** Why an object that is no longer rendered stays where it is. */
function keepReason(facts: ObjectFacts, settings: ObjectPlanSettings): string | undefined {
  if (settings.kind === 'adoption') return 'not rendered here; an adoption deletes nothing';
  if (settings.prune === 'unsure') return 'not rendered; nothing is said about it while the files have errors';
  if (settings.prune === 'disabled') return 'no longer rendered; it stays, because the stack says `prune: false`';
  if (facts.moved?.kind === 'to') return `moved to ${facts.moved.target}: it becomes that target's and stays as it is`;
  const reason = facts.live.kind === 'found' ? staysBecause(facts.live.object, facts.member) : undefined;
  return reason === undefined ? undefined : `no longer rendered; it stays, because ${reason}`;
}

/** No longer rendered, and whether there is anything to delete cannot be said. */
function unreadableObject(facts: ObjectFacts, refusal: Refusal): ObjectPlan {
  return {
    change: {
      object: facts.identity,
      action: 'no-op',
      differences: [],
      confidence: { level: 'rendered', reason: unreadReason(refusal) },
      notes: ['no longer rendered; what becomes of it cannot be said while it cannot be read'],
      write: false,
    },
    effects: [],
    moves: [],
    problems: [],
    complete: false,
  };
}

function unreadReason(refusal: Refusal): string {
  return `the live object could not be read: ${reasonOf(refusal)}`;
}

function keptObject(facts: ObjectFacts, reason: string): ObjectPlan {
  const position = facts.merge?.rendered.position;
  return {
    change: {
      object: facts.identity,
      action: 'no-op',
      differences: [],
      confidence: { level: 'server' },
      notes: [reason],
      ...(position === undefined ? {} : { position }),
      write: false,
    },
    effects: [],
    moves: [],
    problems: [],
    complete: true,
  };
}

function effectsOf(
  facts: ObjectFacts,
  fields: readonly FieldSteps[],
  of: Pick<Effect, 'target' | 'cluster'> & { readonly action: ChangeAction },
): readonly Effect[] {
  const base = { target: of.target, cluster: of.cluster, object: facts.identity };
  const effects = fields.flatMap((field) =>
    field.steps.map(
      (step): Effect => ({ ...base, action: step.action, path: field.path, before: step.before, after: step.after }),
    ),
  );
  if (effects.length === 0 && isUnrenderedDelete(facts)) return [{ ...base, ...existence(facts) }];
  return isUnsaidReplacement(of.action, effects) ? [...effects, { ...base, ...replacement(facts) }] : effects;
}

function movesOf(facts: ObjectFacts, fields: readonly FieldSteps[], action: ChangeAction): readonly Move[] {
  if (action === 'no-op') return [];
  const moves = fields
    .filter((field) => field.moves)
    .map(
      (field): Move => ({
        object: facts.identity,
        action: moveAction(action, field),
        path: field.path,
        before: field.first,
        after: field.last,
      }),
    );
  if (moves.length === 0 && isUnrenderedDelete(facts)) return [{ object: facts.identity, ...existence(facts) }];
  return isUnsaidReplacement(action, moves) ? [...moves, { object: facts.identity, ...replacement(facts) }] : moves;
}

/** The API names a field that none of ours is (`spec.clusterIPs[0]`): the replacement has to be approved all the same. */
function isUnsaidReplacement(action: ChangeAction, moves: readonly Pick<Move, 'action'>[]): boolean {
  return action === 'replace' && moves.every((move) => move.action !== 'replace');
}

/** The object goes and comes again: its existence moves there and back. */
function replacement(facts: ObjectFacts): Pick<Effect, 'action' | 'path' | 'before' | 'after'> {
  const apiVersion = { kind: 'json', json: canonicalJson(facts.merge?.content['apiVersion'] ?? null) } as const;
  return { action: 'replace', path: 'apiVersion', before: apiVersion, after: apiVersion };
}

/** In a replaced object only the immutable fields need the replacement. */
function moveAction(action: Exclude<ChangeAction, 'no-op'>, field: FieldSteps): Move['action'] {
  if (action !== 'replace') return action;
  return field.steps.some((step) => step.action === 'replace') ? 'replace' : 'update';
}

/** A member of the set that no commit we know renders any more: its existence is all that moves. */
function isUnrenderedDelete(facts: ObjectFacts): boolean {
  return (
    facts.merge === undefined && facts.base === undefined && facts.deployed === undefined && facts.live.kind === 'found'
  );
}

function existence(facts: ObjectFacts): Pick<Effect, 'action' | 'path' | 'before' | 'after'> {
  const apiVersion = facts.live.kind === 'found' ? (facts.live.object['apiVersion'] ?? null) : null;
  return {
    action: 'delete',
    path: 'apiVersion',
    before: { kind: 'json', json: canonicalJson(apiVersion) },
    after: absent,
  };
}

function differencesOf(fields: readonly FieldSteps[], settings: ObjectPlanSettings): readonly Difference[] {
  return fields.flatMap((field) =>
    field.path === 'apiVersion' && field.steps.every((step) => step.action === 'create' || step.action === 'delete')
      ? []
      : field.steps
          .filter((step) => !isAppended(field, step))
          .map((step): Difference => ({ path: field.path, ...showStep(step), origin: originOf(step.to, settings) })),
  );
}

/** One new item stands where one expects it, at the end: its own fields say all that there is to see. */
function isAppended(field: FieldSteps, step: FieldStep): boolean {
  if (!isOrderPath(field.path)) return false;
  const [before, after] = [orderOf(step.before), orderOf(step.after)];
  const stayed = before.filter((item) => after.includes(item));
  return after.length === stayed.length + 1 && stayed.every((item, index) => item === after[index]);
}

function originOf(to: Stage, settings: ObjectPlanSettings): Origin {
  if (to === 'deployed') return { kind: 'drift' };
  if (to === 'base') return { kind: 'pending', pulls: settings.pendingPulls };
  return { kind: 'this' };
}

/** Fields beside the rendered ones that the API server says would change: worth seeing, nobody's to approve. */
function serverDifferences(facts: ObjectFacts, leaves: ObjectLeaves): readonly Difference[] {
  const { live, predicted, merge: rendered } = leaves;
  if (live === undefined || predicted === undefined || rendered === undefined) return [];
  const removed = leaves.deployed ?? rendered;
  const isSecret = secretsOf(facts);
  const differences: Difference[] = [];
  for (const path of new Set([...live.byPath.keys(), ...predicted.byPath.keys()])) {
    const leaf = predicted.byPath.get(path) ?? live.byPath.get(path);
    if (leaf === undefined || leaf.kind === 'order' || path === 'apiVersion') continue;
    const before = valueAt(live, leaf);
    const after = valueAt(predicted, leaf);
    if (sameJson(before, after) || [rendered, removed, leaves.abandoned].some((ours) => isOurs(path, ours))) continue;
    const shown = (value: Json | undefined): ShownValue => {
      if (value === undefined) return { kind: 'absent' };
      return isSecret(leaf.segments, value)
        ? { kind: 'secret' }
        : showValue({ kind: 'json', json: canonicalJson(value) });
    };
    differences.push({ path, before: shown(before), after: shown(after), origin: { kind: 'server' } });
  }
  return differences;
}

/** Defaults inside an item or a map that is ours come and go with it. */
function isOurs(path: string, { byPath, containers }: Leaves): boolean {
  if (byPath.has(path)) return true;
  for (let end = path.length; end > 0; end = Math.max(path.lastIndexOf('.', end - 1), path.lastIndexOf('[', end - 1))) {
    const parent = path.slice(0, end);
    if (parent !== path && (byPath.has(parent) || (parent.endsWith(']') && containers.has(parent)))) return true;
  }
  return false;
}

interface Judgement {
  readonly confidence: Confidence;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  readonly complete: boolean;
}

function judge(facts: ObjectFacts, settings: ObjectPlanSettings): Judgement {
  const fine = { problems: [], notes: [], complete: true };
  if (facts.live.kind === 'unknown') {
    return { ...fine, complete: false, confidence: { level: 'rendered', reason: unreadReason(facts.live.refusal) } };
  }
  if (facts.merge === undefined) return { ...fine, confidence: { level: 'server' } };
  const answer = facts.takenBack ?? facts.prediction;
  if (answer === undefined) return { ...fine, ...offline(facts, unaskedReason(facts)) };
  if (answer.kind === 'applied') {
    return { ...fine, confidence: { level: 'server' } };
  }
  return refused(facts, maskedRefusal(facts, answer), settings);
}

function unaskedReason(facts: ObjectFacts): string {
  if (facts.merge?.incoming === true) return 'its CustomResourceDefinition is part of the same change';
  return `no CustomResourceDefinition, live or in this change, defines ${facts.identity.kind}`;
}

function refused(facts: ObjectFacts, refusal: Refusal, settings: ObjectPlanSettings): Judgement {
  const fine = { problems: [], notes: [], complete: true };
  const what = identityText(facts.identity);
  const reason = reasonOf(refusal);
  switch (refusal.kind) {
    case 'immutable':
      if (facts.live.kind === 'found' && refusesReplacement(facts.live.object)) {
        return failed(
          facts,
          `${what} would have to be replaced, and its annotation says \`planwright.dev/replace: never\`: ${reason}`,
          refusal.fields,
        );
      }
      return { ...fine, confidence: { level: 'server' }, notes: [`replaced: ${reason}`] };
    case 'namespace-absent': {
      if (settings.createdNamespaces.has(refusal.namespace))
        return { ...fine, ...offline(facts, 'its namespace is created by the same change') };
      return failed(
        facts,
        `${what}: namespace ${refusal.namespace} does not exist; create it first, or add it to this stack`,
      );
    }
    case 'webhook-without-dry-run':
    case 'webhook-silent':
    case 'forbidden':
      return { ...fine, ...offline(facts, reason) };
    case 'not-served':
      return { ...fine, ...offline(facts, unaskedReason(facts)) };
    case 'conflict':
      return failed(facts, `${what}: ${conflictText(refusal.conflicts)}; ${conflictAdvice(facts, refusal.conflicts)}`);
    case 'invalid':
      return failed(facts, `${what}: ${reason}`, refusal.fields, repeatedPosition(facts, reason));
    case 'stale':
      return failed(facts, `${what}: ${reason}`);
    case 'unavailable':
      return { ...fine, complete: false, confidence: { level: 'rendered', reason: reason } };
  }
}

/** `place`: where the fault is, when more than the field's name is known of it. */
function failed(
  facts: ObjectFacts,
  message: string,
  fields: readonly string[] = [],
  place: Position | undefined = undefined,
): Judgement {
  const position = place ?? fieldPosition(facts, fields);
  return {
    confidence: { level: 'server' },
    notes: [],
    complete: true,
    problems: [{ severity: 'error', message, ...(position === undefined ? {} : { position }) }],
  };
}

/** The line of the first field that the API named, else of the object. */
function fieldPosition(facts: ObjectFacts, fields: readonly string[]): Position | undefined {
  const rendered = facts.merge?.rendered;
  if (rendered === undefined) return undefined;
  for (const field of fields) {
    const pointer = pointerOf(field);
    const position =
      rendered.positions.get(pointer) ?? itemPosition(facts, field) ?? positionAbove(rendered.positions, pointer);
    if (position !== undefined) return position;
  }
  return rendered.position;
}

/** The API names the list and the key of items that are there twice; the author needs the line of the second. */
function repeatedPosition(facts: ObjectFacts, message: string): Position | undefined {
  if (facts.merge === undefined || !message.includes('duplicate entries for key')) return undefined;
  const { content, positions } = facts.merge.rendered;
  const pointer = repeatedItem(content, facts.schema);
  return pointer === undefined ? undefined : positionAbove(positions, pointer);
}

/** `spec.ports[0].port` and `data[my.key]` as JSON pointers. */
function pointerOf(field: string): string {
  const names = field.match(/\[[^\]]*\]|[^.[\]]+/g) ?? [];
  return names
    .map(
      (name) =>
        `/${name
          .replace(/^\[|\]$/g, '')
          .replaceAll('~', '~0')
          .replaceAll('/', '~1')}`,
    )
    .join('');
}

/** Where the API names items by their keys (`.spec.ports[port=80,protocol="TCP"]`). */
function itemPosition(facts: ObjectFacts, field: string): Position | undefined {
  if (facts.merge === undefined) return undefined;
  const { positions } = facts.merge.rendered;
  const named = `.${field.replace(/^\./, '')}`;
  for (const leaf of leavesOf(facts.merge.content, facts.schema).byPath.values()) {
    if (leaf.kind === 'value' && isBelow(leaf.segments, named)) return positionAbove(positions, leaf.pointer);
  }
  return undefined;
}

function positionAbove(positions: ReadonlyMap<string, Position>, pointer: string): Position | undefined {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const position = positions.get(at);
    if (position !== undefined) return position;
  }
  return undefined;
}

/** What the schema says where the API server was not asked or did not answer for the object itself. */
function offline(facts: ObjectFacts, reason: string): Pick<Judgement, 'confidence' | 'problems'> {
  if (facts.schema === undefined || facts.merge === undefined)
    return { confidence: { level: 'rendered', reason }, problems: [] };
  const { identity, schema } = facts;
  return checkObject(facts.merge.rendered, { identity, schema, reason, custom: checkCustomResource });
}

/** The live entry of our own manager differs from what an apply would leave. */
function needsOwnership(facts: ObjectFacts): boolean {
  if (facts.merge === undefined || facts.live.kind !== 'found') return false;
  if (!facts.member || facts.clientSide !== undefined) return true;
  const answer = facts.takenBack ?? facts.prediction;
  if (answer?.kind !== 'applied') return false;
  const [after, before] = [ownApplyEntry(answer.object), ownApplyEntry(facts.live.object)];
  return after?.apiVersion !== before?.apiVersion || !sameJson(after?.fields, before?.fields);
}

function immutableFields(facts: ObjectFacts): readonly string[] {
  const answer = facts.takenBack ?? facts.prediction;
  if (answer?.kind !== 'immutable') return [];
  return answer.fields.length > 0 ? answer.fields.map((field) => `.${field.replace(/^\./, '')}`) : ['.spec'];
}

function isBelow(segments: readonly PathSegment[], field: string): boolean {
  const path = apiFieldPath(segments);
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}

const holdsData = new Set([
  '/PersistentVolumeClaim',
  '/PersistentVolume',
  '/Namespace',
  'apiextensions.k8s.io/CustomResourceDefinition',
]);

function dangerOf(facts: ObjectFacts, action: ChangeAction, immutable: readonly string[]): string | undefined {
  const data = holdsData.has(`${facts.identity.group}/${facts.identity.kind}`) ? ' and the data in it' : '';
  if (action === 'delete') return `deletes it${data}`;
  if (action !== 'replace') return undefined;
  return `deletes it${data} and creates it anew, because ${immutable.map((field) => field.slice(1)).join(', ')} cannot be changed`;
}

/** The apiVersion that a live object has to be read in. */
export function readVersion(facts: Pick<ObjectFacts, 'merge' | 'base' | 'deployed'>): string | undefined {
  const served = facts.merge?.served ?? facts.base?.served ?? facts.deployed?.served;
  return served === undefined ? undefined : apiVersionOf(served);
}
