import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { ServedKind } from './prediction.ts';

/** Kinds whose objects make the API server change what is written to it. */
export const mutatingKinds = ['MutatingWebhookConfiguration', 'MutatingAdmissionPolicy'] as const;

/** What the cluster's mutating admission could do. */
export interface MutatingAdmission {
  /** False only when no webhook or policy is asked about an update of this kind, whatever the object. */
  mayChange(kind: ServedKind): boolean;
}

/** Where the configuration cannot be read, everything may be changed. */
export const unknownAdmission: MutatingAdmission = { mayChange: () => true };

/**
 * Reads every MutatingWebhookConfiguration and MutatingAdmissionPolicy of a cluster. Selectors, match conditions and exclusions are not looked at: they
 * only narrow what matches, and a kind that might be changed is dry-run instead.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules
 */
export function readMutatingAdmission(configurations: readonly JsonObject[]): MutatingAdmission {
  const rules = configurations.flatMap((configuration) =>
    configuration['kind'] === 'MutatingAdmissionPolicy' ? policyRules(configuration) : webhookRules(configuration),
  );
  return { mayChange: (kind) => rules.some((rule) => matches(rule, kind)) };
}

interface AdmissionRule {
  readonly rule: JsonObject;
  /** The rule is also asked about requests to other versions and groups of the same resource (`matchPolicy: Equivalent`, the default). */
  readonly equivalents: boolean;
}

function webhookRules(configuration: JsonObject): readonly AdmissionRule[] {
  return objects(configuration['webhooks']).flatMap((webhook) =>
    objects(webhook['rules']).map((rule) => ({ rule, equivalents: webhook['matchPolicy'] !== 'Exact' })),
  );
}

function policyRules(configuration: JsonObject): readonly AdmissionRule[] {
  const spec = object(configuration['spec']);
  const constraints = object(spec['matchConstraints']);
  return objects(constraints['resourceRules']).map((rule) => ({
    rule,
    equivalents: constraints['matchPolicy'] !== 'Exact',
  }));
}

function matches({ rule, equivalents }: AdmissionRule, kind: ServedKind): boolean {
  if (!names(rule['operations'], ['*', 'UPDATE'])) return false;
  if (!names(rule['resources'], ['*', '*/*', kind.resource])) return false;
  // An equivalent resource can have another group (`extensions` was one of `apps`), but never another name.
  if (!equivalents && !names(rule['apiGroups'], ['*', kind.group])) return false;
  if (!equivalents && !names(rule['apiVersions'], ['*', kind.version])) return false;
  const { scope } = rule;
  return scope === (kind.namespaced ? 'Namespaced' : 'Cluster') || !(scope === 'Namespaced' || scope === 'Cluster');
}

/** A list that cannot be read names everything. */
function names(list: Json | undefined, wanted: readonly string[]): boolean {
  return !isJsonArray(list) || list.some((item) => typeof item !== 'string' || wanted.includes(item));
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return isJsonArray(value) ? value.filter(isJsonObject) : [];
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
