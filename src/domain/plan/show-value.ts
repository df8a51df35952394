import { dump } from 'js-yaml';
import type { Json } from '../json.ts';
import type { EffectValue } from './effect.ts';
import type { ShownValue } from './plan.ts';

/** The value as people read it: a string as itself, everything else as YAML. A secret stays a secret. */
export function showValue(value: EffectValue): ShownValue {
  switch (value.kind) {
    case 'absent':
      return { kind: 'absent' };
    case 'secret':
      return { kind: 'secret' };
    case 'json':
      return { kind: 'text', text: jsonText(value.json) };
  }
}

function jsonText(json: string): string {
  const value = JSON.parse(json) as Json;
  if (typeof value === 'string') return value;
  // Numbers are taken from the text, where integers of any size stand in full.
  if (value === null || typeof value !== 'object') return json;
  if (Object.keys(value).length === 0) return json;
  return dump(value, { lineWidth: -1, noRefs: true }).trimEnd();
}
