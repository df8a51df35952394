import type { Json } from '../json.ts';
import type { MaskedValue } from './effect.ts';
import { shortLine, shortPair } from './line-window.ts';
import type { ShownValue } from './plan.ts';
import { blockYaml } from './yaml-lines.ts';

/** A longer value is shortened: the diff shows where two of them differ, and effects hold them whole. */
const maxCharacters = 2_000;

/** The value as people read it: a string as itself, everything else as YAML. A secret stays a secret. */
export function showValue(value: MaskedValue): ShownValue {
  switch (value.kind) {
    case 'absent':
      return { kind: 'absent' };
    case 'secret':
      return { kind: 'secret' };
    case 'json':
      return { kind: 'text', text: shortLine(jsonText(value.json), maxCharacters) };
  }
}

/** Both sides of a move. Where only the type differs (`5` and `"5"`), both are shown as JSON, so that the move can be seen. */
export function showStep(step: { readonly before: MaskedValue; readonly after: MaskedValue }): {
  readonly before: ShownValue;
  readonly after: ShownValue;
} {
  const [before, after] = [showValue(step.before), showValue(step.after)];
  const looksSame = before.kind === 'text' && after.kind === 'text' && before.text === after.text;
  if (!looksSame || step.before.kind !== 'json' || step.after.kind !== 'json') return { before, after };
  const [left, right] = shortPair(step.before.json, step.after.json, maxCharacters);
  return { before: { kind: 'text', text: left }, after: { kind: 'text', text: right } };
}

/** As many digits as an integer beyond 2^53 has, which `JSON.parse` would round. */
const longNumber = /\d{16}/;

function jsonText(json: string): string {
  const value = JSON.parse(json) as Json;
  if (typeof value === 'string') return value;
  // Canonical JSON is YAML too, and holds integers of any size in full.
  if (value === null || typeof value !== 'object' || longNumber.test(json)) return json;
  if (Object.keys(value).length === 0) return json;
  return blockYaml(value);
}
