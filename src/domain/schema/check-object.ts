import { identityText, type ObjectIdentity, type Problem, type RenderedObject } from '../manifest/rendered-object.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import type { Confidence } from '../plan/plan.ts';
import { checkBuiltIn } from './check-built-in.ts';
import { checkCustomResource } from './check-custom-resource.ts';
import { placeOf } from './place-of.ts';

export interface CheckedObject {
  readonly confidence: Confidence;
  readonly problems: readonly Problem[];
}

/** Checks an object without the API server that it is for: an error on the line of each field that it would refuse. `reason` says why it is not asked. */
export function checkObject(
  rendered: RenderedObject,
  {
    identity,
    schema,
    reason,
  }: { readonly identity: ObjectIdentity; readonly schema: FieldSchema; readonly reason: string },
): CheckedObject {
  const check = schema.dialect === 'custom' ? checkCustomResource : checkBuiltIn;
  const { violations, unchecked } = check(rendered.content, schema);
  const problems = violations.map(
    (violation): Problem => ({
      severity: 'error',
      message: `${identityText(identity)}: ${violation.message}`,
      position: placeOf(rendered, violation.pointer),
    }),
  );
  const unsure = unchecked.length === 0 ? '' : `; not checked: ${unchecked.join('; ')}`;
  return { confidence: { level: 'schema', reason: `${reason}${unsure}` }, problems };
}
