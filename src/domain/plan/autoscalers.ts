import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { groupOf, type ObjectIdentity } from '../manifest/rendered-object.ts';

/** A HorizontalPodAutoscaler, as what it scales. */
export interface Autoscaler {
  readonly name: string;
  readonly scales: ObjectIdentity;
}

const group = 'autoscaling';
export const autoscalerKind = { group, kind: 'HorizontalPodAutoscaler' } as const;

/** What an object of any version of the kind scales; undefined for other objects, and where it does not say. */
export function autoscalerOf(object: JsonObject): Autoscaler | undefined {
  if (object['kind'] !== autoscalerKind.kind || groupOf(textOf(object['apiVersion'])) !== group) return undefined;
  const { name, namespace } = memberOf(object, 'metadata');
  const target = memberOf(memberOf(object, 'spec'), 'scaleTargetRef');
  const scaled = { kind: textOf(target['kind']), name: textOf(target['name']) };
  if (typeof name !== 'string' || typeof namespace !== 'string' || scaled.kind === '' || scaled.name === '')
    return undefined;
  return {
    name,
    scales: { group: groupOf(textOf(target['apiVersion'])), kind: scaled.kind, namespace, name: scaled.name },
  };
}

/** Renders the field that an autoscaler writes. */
export function isScalable(content: JsonObject): boolean {
  return memberOf(content, 'spec')['replicas'] !== undefined;
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
