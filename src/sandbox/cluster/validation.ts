import { isDeepStrictEqual } from 'node:util';
import type { Cause } from './cause.ts';
import { forbiddenField, invalidValue } from './cause.ts';
import { validateDeploymentSpec } from './deployment-validation.ts';
import type { Json, JsonMap } from './json.ts';
import { mapOf } from './json.ts';
import type { Kind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { validateMetadata } from './metadata-validation.ts';
import { configKey } from './names.ts';
import { validateServiceSpec } from './service-validation.ts';

/** Why the server would refuse to create this object; empty when it would not. */
export function validateNew(kind: Kind, object: KubernetesObject): readonly Cause[] {
  return [...validateMetadata(kind, mapOf(object.metadata)), ...validateContent(kind, object)];
}

/** An apply that names a UID means the object that has it, and no other; also where there is none. */
export function anotherUid(uid: string): Cause {
  return invalidValue('metadata.uid', uid, 'field is immutable');
}

/** Why the server would refuse to replace `live` with `object`. */
export function validateUpdate(kind: Kind, object: KubernetesObject, live: KubernetesObject): readonly Cause[] {
  const identity = object.metadata.uid === live.metadata.uid ? [] : [anotherUid(object.metadata.uid)];
  return [
    ...identity,
    ...validateMetadata(kind, mapOf(object.metadata)),
    ...validateImmutable(kind, object, live),
    ...validateContent(kind, object),
  ];
}

function validateContent(kind: Kind, object: JsonMap): readonly Cause[] {
  switch (kind.kind) {
    case 'ConfigMap':
    case 'Secret':
      return ['data', 'binaryData'].flatMap((field) =>
        Object.keys(mapOf(object[field])).flatMap((key) =>
          configKey(key).map((why) => invalidValue(`${field}[${key}]`, key, why)),
        ),
      );
    case 'Service':
      return validateServiceSpec(mapOf(object.spec));
    case 'Deployment':
      return validateDeploymentSpec(mapOf(object.spec));
    default:
      return [];
  }
}

const immutableField = 'field is immutable';

function validateImmutable(kind: Kind, object: KubernetesObject, live: KubernetesObject): readonly Cause[] {
  const differs = (one: Json | undefined, other: Json | undefined): boolean => !isDeepStrictEqual(one, other);
  switch (kind.kind) {
    case 'ConfigMap':
      return validateFrozen(object, live, ['data', 'binaryData']);
    case 'Secret':
      return [
        ...(differs(object.type, live.type) ? [invalidValue('type', object.type, immutableField)] : []),
        ...validateFrozen(object, live, ['data']),
      ];
    case 'Deployment': {
      const { selector } = mapOf(object.spec);
      return differs(selector, mapOf(live.spec).selector)
        ? [invalidValue('spec.selector', selector, immutableField)]
        : [];
    }
    case 'Service': {
      const { clusterIPs, type } = mapOf(object.spec);
      const before = mapOf(live.spec);
      if (type === 'ExternalName' || before.type === 'ExternalName' || !differs(clusterIPs, before.clusterIPs))
        return [];
      return [invalidValue('spec.clusterIPs[0]', clusterIPs, 'may not change once set')];
    }
    default:
      return [];
  }
}

function validateFrozen(object: JsonMap, live: JsonMap, fields: readonly string[]): readonly Cause[] {
  if (live.immutable !== true) return [];
  const changed = fields.filter((field) => !isDeepStrictEqual(object[field], live[field]));
  const thawed = object.immutable === true ? [] : ['immutable'];
  return [...thawed, ...changed].map((field) => forbiddenField(field, 'field is immutable when `immutable` is set'));
}
