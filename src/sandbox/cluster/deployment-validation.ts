import type { Cause } from './cause.ts';
import { invalidValue, required } from './cause.ts';
import type { Json, JsonMap } from './json.ts';
import { isMap, listOf, mapOf, textOf } from './json.ts';
import { matchesLabelSelector } from './label-selector.ts';
import { validateLabels } from './metadata-validation.ts';
import { dnsLabel } from './names.ts';

/** What is wrong with a Deployment's specification, defaults included. */
export function validateDeploymentSpec(spec: JsonMap): readonly Cause[] {
  const { selector } = spec;
  const template = mapOf(spec.template);
  const { labels } = mapOf(template.metadata);
  const isMatched = isMap(selector) && matchesLabelSelector(selector, mapOf(labels));
  return [
    ...validateCount(spec.replicas, 'spec.replicas'),
    ...(isMap(selector) ? [] : [required('spec.selector')]),
    ...(isMatched
      ? []
      : [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]),
    ...validateLabels(mapOf(labels), 'spec.template.metadata.labels'),
    ...validatePodSpec(mapOf(template.spec), 'spec.template.spec'),
  ];
}

function validateCount(count: Json | undefined, field: string): readonly Cause[] {
  return typeof count === 'number' && count < 0
    ? [invalidValue(field, count, 'must be greater than or equal to 0')]
    : [];
}

function validatePodSpec(spec: JsonMap, field: string): readonly Cause[] {
  const containers = listOf(spec.containers).map(mapOf);
  if (containers.length === 0) return [required(`${field}.containers`)];
  const volumes = listOf(spec.volumes).map((volume) => textOf(mapOf(volume).name));
  return containers.flatMap((container, index) =>
    validateContainer(container, `${field}.containers[${index}]`, volumes),
  );
}

function validateContainer(container: JsonMap, field: string, volumes: readonly string[]): readonly Cause[] {
  const name = textOf(container.name);
  return [
    ...(name === ''
      ? [required(`${field}.name`)]
      : dnsLabel(name).map((why) => invalidValue(`${field}.name`, name, why))),
    ...(textOf(container.image) === '' ? [required(`${field}.image`)] : []),
    ...listOf(container.volumeMounts).flatMap((mount, index) => {
      const volume = textOf(mapOf(mount).name);
      if (volumes.includes(volume)) return [];
      const message = `Not found: ${JSON.stringify(volume)}`;
      return [{ reason: 'FieldValueNotFound', message, field: `${field}.volumeMounts[${index}].name` }];
    }),
  ];
}
