import type { JsonObject } from '../json.ts';
import { identityText, type ObjectIdentity, type Problem, type RenderedObject } from '../manifest/rendered-object.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import type { Confidence } from '../plan/plan.ts';
import { checkBuiltIn } from './check-built-in.ts';
import { placeOf } from './place-of.ts';
import type { SchemaCheck } from './schema-check.ts';

/** Checks an object's content against the schema of its kind. */
export type CheckObject = (object: JsonObject, schema: FieldSchema) => SchemaCheck;

export interface CheckedObject {
  readonly confidence: Confidence;
  readonly problems: readonly Problem[];
  /** What its schema asks for and nobody could check, for people. */
  readonly unchecked: readonly string[];
}

export interface ObjectChecks {
  readonly identity: ObjectIdentity;
  readonly schema: FieldSchema;
  /** Why the API server is not asked, for people. */
  readonly reason: string;
  /** Given by the caller, because regular expressions and CEL take longer to load than all else does to run. */
  readonly custom: CheckObject;
}

/** Of one object: its author corrects the first of them, and asks again. */
const mostProblems = 50;

/** Checks an object without the API server that it is for: an error on the line of each of the first fields that it would refuse. */
export function checkObject(
  rendered: RenderedObject,
  { identity, schema, reason, custom }: ObjectChecks,
): CheckedObject {
  const check = schema.dialect === 'custom' ? custom : checkBuiltIn;
  const { violations, unchecked } = check(rendered.content, schema);
  const problems = violations.slice(0, mostProblems).map(
    (violation): Problem => ({
      severity: 'error',
      message: `${identityText(identity)}: ${violation.message}`,
      position: placeOf(rendered, violation.pointer),
    }),
  );
  const more = violations.length - problems.length;
  if (more > 0)
    problems.push({
      severity: 'error',
      message: `${identityText(identity)}: ${more} more fields are refused, not shown here`,
      position: rendered.position,
    });
  const unsure = unchecked.length === 0 ? '' : `; not checked: ${unchecked.join('; ')}`;
  return { confidence: { level: 'schema', reason: `${reason}${unsure}` }, problems, unchecked };
}
