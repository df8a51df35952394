import { expect, test } from 'vitest';
import { checkCustomResource } from '../../../src/domain/schema/check-custom-resource.ts';
import { checkObject } from '../../../src/domain/schema/check-object.ts';
import { configMap, fields, identityOf, rendered } from '../plan/object-builder.ts';

test('of very many fields that are refused the first are shown, and how many more there are', () => {
  const object = configMap({}, { finalizers: Array.from({ length: 200_000 }, () => 'a') });
  const set = { type: 'array', listType: 'set', items: { type: 'string' } } as const;
  const schema = fields({
    metadata: fields({ name: {}, namespace: {}, finalizers: set }),
    apiVersion: {},
    kind: {},
    data: {},
  });
  const { problems } = checkObject(rendered(object), {
    identity: identityOf(object),
    schema,
    reason: 'no cluster is asked',
    custom: checkCustomResource,
  });
  expect(problems).toHaveLength(51);
  expect(problems.at(-1)?.message).toMatch(/199949 more fields are refused, not shown here$/);
});
