import { isDeepStrictEqual } from 'node:util';
import type { Cause } from './api-error.ts';
import { validateDeploymentSpec } from './deployment-validation.ts';
import type { Json, JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';
import type { Kind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { configKey, dnsLabel, dnsLabelOf1035, dnsSubdomain, labelName, labelValue, qualifiedName } from './names.ts';
import { validateServiceSpec } from './service-validation.ts';

export const required = (field: string, detail = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  field,
});

export const invalidValue = (field: string, value: Json | undefined, detail: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value ?? null)}: ${detail}`,
  field,
});

export const forbiddenField = (field: string, detail: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
  field,
});

export const unsupported = (field: string, value: Json | undefined, supported: readonly string[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value ?? null)}: supported values: ${supported.map((word) => JSON.stringify(word)).join(', ')}`,
  field,
});

/** Why the server would refuse to create this object; empty when it would not. */
export function validateNew(kind: Kind, object: KubernetesObject): readonly Cause[] {
  return [...validateMetadata(kind, mapOf(object.metadata)), ...validateContent(kind, object)];
}

/** Why the server would refuse to replace `live` with `object`. */
export function validateUpdate(kind: Kind, object: KubernetesObject, live: KubernetesObject): readonly Cause[] {
  const identity =
    object.metadata.uid === live.metadata.uid
      ? []
      : [invalidValue('metadata.uid', object.metadata.uid, 'field is immutable')];
  return [
    ...identity,
    ...validateMetadata(kind, mapOf(object.metadata)),
    ...validateImmutable(kind, object, live),
    ...validateContent(kind, object),
  ];
}

const nameRules: Readonly<Record<string, typeof dnsLabel>> = { Namespace: dnsLabel, Service: dnsLabelOf1035 };

function validateMetadata(kind: Kind, metadata: JsonMap): readonly Cause[] {
  const name = textOf(metadata.name);
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  const wrongName = (nameRules[kind.kind] ?? dnsSubdomain)(name);
  return [
    ...wrongName.map((why) => invalidValue('metadata.name', name, why)),
    ...validateLabels(mapOf(metadata.labels), 'metadata.labels'),
    ...Object.keys(mapOf(metadata.annotations)).flatMap((key) =>
      labelName(key.toLowerCase()).map((why) => invalidValue('metadata.annotations', key, why)),
    ),
    ...listOf(metadata.finalizers).flatMap((finalizer, index) => validateFinalizer(textOf(finalizer), index)),
  ];
}

export const validateLabels = (labels: JsonMap, field: string): readonly Cause[] =>
  Object.entries(labels).flatMap(([key, value]) => [
    ...labelName(key).map((why) => invalidValue(field, key, why)),
    ...labelValue(textOf(value)).map((why) => invalidValue(field, value, why)),
  ]);

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function validateFinalizer(finalizer: string, index: number): readonly Cause[] {
  if (standardFinalizers.includes(finalizer) || qualifiedName(finalizer)) return [];
  const why = 'name is neither a standard finalizer name nor is it fully qualified';
  return [invalidValue(`metadata.finalizers[${index}]`, finalizer, why)];
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
      return differs(selector, mapOf(live.spec).selector) ? [invalidValue('spec.selector', selector, immutableField)] : [];
    }
    case 'Service': {
      const { clusterIPs, type } = mapOf(object.spec);
      const before = mapOf(live.spec);
      if (type === 'ExternalName' || before.type === 'ExternalName' || !differs(clusterIPs, before.clusterIPs)) return [];
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
