import { boolCoreTag, floatCoreTag, intCoreTag, NOT_RESOLVED, nullCoreTag } from 'js-yaml';
import type { KeyReading, ScalarReading, ScalarValue } from './scalar-reading.ts';

const coreTags = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag];

/** The value of a plain scalar by YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema). Infinite and NaN are possible. */
export function coreValue(text: string): ScalarValue {
  for (const tag of coreTags) {
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value;
  }
  return text;
}

/** `coreValue` for JSON: what JSON cannot hold is refused. */
export function readCoreScalar(text: string): ScalarReading {
  const value = coreValue(text);
  if (typeof value !== 'number') return { kind: 'value', value };
  if (!Number.isFinite(value))
    return { kind: 'refused', reason: 'infinite and not-a-number cannot be written as JSON' };
  return { kind: 'value', value };
}

/** Keys are taken as they are written: `1` and `yes` are names like any other. */
export function readCoreKey(text: string): KeyReading {
  return { kind: 'key', key: text };
}
