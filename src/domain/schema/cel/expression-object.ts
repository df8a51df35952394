import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { isSecretMember, secretValues } from '../../plan/mask.ts';
import { secretForms } from '../../plan/secret-forms.ts';
import { secretRepeats } from '../../plan/secret-repeats.ts';

/** An object as an expression sees it, with the measures by which the cost of looking at it is estimated. */
export interface ExpressionObject {
  readonly value: ReadonlyMap<string, unknown>;
  /** Members of its largest list or map. */
  readonly largest: number;
  /** Characters of its longest text. */
  readonly longest: number;
  readonly characters: number;
}

/** An expression read a value that nobody may see. */
export class SecretRead extends Error {
  constructor() {
    super('it reads a secret value, which no expression can see');
    this.name = 'SecretRead';
  }
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * A rendered or live object in the values of CEL. What is masked everywhere else is in it by name only: reading it is a SecretRead, because a yes or no about a
 * secret, asked for often enough, tells it whole. Bookkeeping that repeats the object (managed fields, the last applied configuration) is left out.
 */
export function expressionObject(object: JsonObject): ExpressionObject {
  const measures = { largest: 0, longest: 0, characters: 0 };
  const isSecret = object['kind'] === 'Secret';
  const secrets = [...secretValues(object)].flatMap(secretForms);
  const repeats = secrets.length === 0 ? undefined : secretRepeats(secrets);

  function read(value: Json, path: readonly string[]): unknown {
    measures.characters += 1;
    if (typeof value === 'string') {
      measures.characters += value.length;
      measures.longest = Math.max(measures.longest, value.length);
      return value;
    }
    if (isJsonArray(value)) {
      measures.largest = Math.max(measures.largest, value.length);
      return value.map((item) => read(item, [...path, '']));
    }
    if (isJsonObject(value)) return readMap(value, path);
    return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  }

  function readMap(map: JsonObject, path: readonly string[]): ReadonlyMap<string, unknown> {
    const members = new Map<string, unknown>();
    const hidden = new Set<string>();
    for (const [name, member] of Object.entries(map)) {
      const at = [...path, name];
      if (isBookkeeping(at)) continue;
      measures.characters += name.length;
      measures.longest = Math.max(measures.longest, name.length);
      if (hides(map, at, member)) hidden.add(name);
      members.set(name, read(member, at));
    }
    measures.largest = Math.max(measures.largest, members.size);
    return hidden.size === 0 ? members : guarded(members, hidden);
  }

  function hides(map: JsonObject, at: readonly string[], member: Json): boolean {
    const [first, second] = at;
    if (isSecret && at.length === 2 && (first === 'data' || first === 'stringData')) return true;
    if (isSecretMember(map, at.at(-1) ?? '', at.at(-2))) return true;
    return (
      at.length === 3 &&
      first === 'metadata' &&
      second === 'annotations' &&
      typeof member === 'string' &&
      repeats?.isIn(member) === true
    );
  }

  return { value: readMap(object, []), ...measures };
}

function isBookkeeping(path: readonly string[]): boolean {
  if (path[0] !== 'metadata') return false;
  if (path.length === 2) return path[1] === 'managedFields';
  return path.length === 3 && path[1] === 'annotations' && path[2] === lastApplied;
}

/** Names can be counted and listed; whatever could compare a hidden value with another is a SecretRead. */
function guarded(members: Map<string, unknown>, hidden: ReadonlySet<string>): ReadonlyMap<string, unknown> {
  const refuse = () => {
    throw new SecretRead();
  };
  const get = (name: string) => (hidden.has(name) ? refuse() : Map.prototype.get.call(members, name));
  const everything = { value: refuse };
  return Object.defineProperties(members, {
    get: { value: get },
    entries: everything,
    values: everything,
    forEach: everything,
    [Symbol.iterator]: everything,
  });
}
