import { badRequest } from './api-error.ts';
import { mapOf, textOf } from './json.ts';
import type { Kind } from './kinds.ts';
import { eventKind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { namespaceOf } from './kubernetes-object.ts';
import { parseLabelSelector } from './label-selector.ts';

/** Decides whether an object belongs to a LIST or WATCH. */
export type Selection = (object: KubernetesObject) => boolean;

type Fields = Readonly<Record<string, (object: KubernetesObject) => string>>;

const fieldsOfAll: Fields = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': namespaceOf,
};
const fieldsOfEvents: Fields = {
  ...fieldsOfAll,
  'involvedObject.uid': (event) => textOf(mapOf(event.involvedObject).uid),
};

function parseFieldSelector(text: string, selectableFields: Fields): Selection {
  const parts = text.split(',').filter((part) => part !== '');
  const tests = parts.map((part): Selection => {
    const [, field = '', operator = '', value = ''] = /^([^=!]+)(==?|!=)(.*)$/.exec(part) ?? [];
    const read = selectableFields[field];
    if (read !== undefined) return (object) => (read(object) === value) === (operator !== '!=');
    const known = Object.keys(selectableFields).map((name) => JSON.stringify(name));
    throw badRequest(`${JSON.stringify(field || part)} is not a known field selector: only ${known.join(', ')}`);
  });
  return (object) => tests.every((test) => test(object));
}

/** Reads `labelSelector` and `fieldSelector` of a request. Throws the answer when one cannot be read. */
export function parseSelection(of: Kind, query: URLSearchParams): Selection {
  const text = query.get('labelSelector') ?? '';
  const byLabels = parseLabelSelector(text);
  if (byLabels === undefined)
    throw badRequest(`unable to parse requirement: cannot read label selector ${JSON.stringify(text)}`);
  const byFields = parseFieldSelector(
    query.get('fieldSelector') ?? '',
    of === eventKind ? fieldsOfEvents : fieldsOfAll,
  );
  return (object) => byFields(object) && byLabels(mapOf(object.metadata.labels));
}
