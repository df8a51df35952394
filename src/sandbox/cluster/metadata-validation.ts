import type { Cause } from './cause.ts';
import { invalidValue, required } from './cause.ts';
import type { JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';
import type { Kind } from './kinds.ts';
import { dnsLabel, dnsLabelOf1035, dnsSubdomain, labelName, labelValue, qualifiedName } from './names.ts';

const nameRules: Readonly<Record<string, typeof dnsLabel>> = { Namespace: dnsLabel, Service: dnsLabelOf1035 };

/** What is wrong with the name, labels, annotations and finalizers of an object. */
export function validateMetadata(kind: Kind, metadata: JsonMap): readonly Cause[] {
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

/** What is wrong with labels, or with the pairs of a selector. */
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
