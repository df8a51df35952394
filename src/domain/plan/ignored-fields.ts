import { compileGlob, type GlobMatcher } from '../config/glob.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { ObjectIdentity } from '../manifest/rendered-object.ts';
import { coversField, type FieldPattern } from './field-pattern.ts';
import type { FieldSchema } from './field-schema.ts';
import { leavesOf } from './leaves.ts';

/** Fields of a stack's objects that others own. What is undefined matches anything. */
export interface IgnoreRule {
  readonly kind: string;
  /** '' is the core group. */
  readonly group?: string;
  /** Globs. */
  readonly namespace?: string;
  readonly name?: string;
  readonly path: FieldPattern;
}

/** The paths that a stack ignores in this object. */
export function ignoredIn(rules: readonly IgnoreRule[], identity: ObjectIdentity): readonly FieldPattern[] {
  return rules.filter((rule) => isFor(rule, identity)).map(({ path }) => path);
}

function isFor({ kind, group, namespace, name }: IgnoreRule, identity: ObjectIdentity): boolean {
  return (
    kind === identity.kind &&
    (group === undefined || group === identity.group) &&
    (namespace === undefined || globOf(namespace)(identity.namespace ?? '')) &&
    (name === undefined || globOf(name)(identity.name))
  );
}

function globOf(glob: string): GlobMatcher {
  return compileGlob(glob);
}

/** The object without the fields that the patterns cover, and without the maps and list items that then hold nothing. */
export function withoutIgnored(
  object: JsonObject,
  schema: FieldSchema | undefined,
  ignored: readonly FieldPattern[],
): JsonObject {
  if (ignored.length === 0) return object;
  const pointers = new Set<string>();
  for (const leaf of leavesOf(object, schema).byPath.values()) {
    if (leaf.kind === 'value' && leaf.path !== 'apiVersion' && coversField(ignored, leaf.segments))
      pointers.add(leaf.pointer);
  }
  const rest = pointers.size === 0 ? object : withoutPointers(object, '', pointers);
  return isJsonObject(rest) ? rest : object;
}

function withoutPointers(value: Json, pointer: string, pointers: ReadonlySet<string>): Json | undefined {
  if (pointers.has(pointer)) return undefined;
  if (isJsonArray(value)) {
    const items = value.map((item, index) => withoutPointers(item, `${pointer}/${index}`, pointers));
    const rest = items.filter((item) => item !== undefined);
    return rest.length === 0 && value.length > 0 ? undefined : rest;
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value);
  const rest = entries.flatMap(([name, member]): readonly (readonly [string, Json])[] => {
    const left = withoutPointers(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, pointers);
    return left === undefined ? [] : [[name, left]];
  });
  return rest.length === 0 && entries.length > 0 ? undefined : Object.fromEntries(rest);
}
