import { matchNames } from '../config/glob.ts';
import { isJsonArray, isJsonObject, type Json, sameJson } from '../json.ts';
import type { EffectValue } from '../plan/effect.ts';
import { type FieldPattern, pathNames } from '../plan/field-pattern.ts';
import type { RuleChange } from './rule-change.ts';

/** A field that moves, one name a level, down to the single values in what the API keeps as one. */
export interface MovedField {
  readonly names: readonly string[];
  readonly characters: number;
  /** What moves below it nobody can see: any path below it may be meant. */
  readonly opaque: boolean;
}

/** An Ingress's `spec.rules` is one value for the API; whoever guards `spec.rules[*].host` means what changes in it. */
export function movedFields({ moves }: Pick<RuleChange, 'moves'>): readonly MovedField[] {
  return moves.flatMap(({ path, before, after }) => {
    const names = pathNames(path);
    const [old, now] = [jsonOf(before), jsonOf(after)];
    if (old === 'secret' || now === 'secret') return [movedField(names, true)];
    return differing(old, now).map((below) => movedField([...names, ...below], false));
  });
}

/** Whether a pattern names the field or something above it. */
export function namesField({ names }: FieldPattern, field: MovedField): boolean {
  if (matchNames([...names, '**'], field.names)) return true;
  if (!field.opaque) return false;
  return names.some((_, index) => index > 0 && matchNames(names.slice(0, index), field.names));
}

/** The steps that this takes at most. */
export function namingCost({ names }: FieldPattern, field: MovedField): number {
  const wild = names.reduce((sum, name) => (/[*?]/.test(name) && name !== '**' ? sum + name.length : sum), 0);
  const once = (names.length + 1) * field.names.length + wild * field.characters;
  return field.opaque ? once * names.length : once;
}

function movedField(names: readonly string[], opaque: boolean): MovedField {
  return { names, characters: names.reduce((sum, name) => sum + name.length, 0), opaque };
}

function jsonOf(value: EffectValue): Json | undefined | 'secret' {
  switch (value.kind) {
    case 'absent':
      return undefined;
    case 'json':
      return JSON.parse(value.json) as Json;
    case 'secret':
      return 'secret';
  }
}

/** Paths of the values that differ, below where both stand; items by their place. */
function differing(before: Json | undefined, after: Json | undefined): readonly (readonly string[])[] {
  if (sameJson(before, after)) return [[]];
  const found: string[][] = [];
  walk(before, after, []);
  return found;

  function walk(old: Json | undefined, now: Json | undefined, path: readonly string[]): void {
    if (sameJson(old, now)) return;
    const [left, right] = [membersOf(old), membersOf(now)];
    const names = new Set([...left.keys(), ...right.keys()]);
    if (names.size === 0) return void found.push([...path]);
    for (const name of names) walk(left.get(name), right.get(name), [...path, name]);
  }
}

function membersOf(value: Json | undefined): ReadonlyMap<string, Json> {
  if (isJsonArray(value)) return new Map(value.map((item, index) => [`[${index}]`, item]));
  return new Map(isJsonObject(value) ? Object.entries(value) : []);
}
