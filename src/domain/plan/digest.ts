import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type PlanDigest, planDigest } from '../identity.ts';
import { identityKey } from '../manifest/rendered-object.ts';
import { type Effect, valueText } from './effect.ts';

/** One effect as one line of text; equal effects give equal lines. */
export function effectText(effect: Effect): string {
  return JSON.stringify([
    effect.target,
    effect.cluster,
    identityKey(effect.object),
    effect.action,
    effect.path,
    valueText(effect.before),
    valueText(effect.after),
  ]);
}

/** SHA-256 of the sorted set of effects, lower-case hex. The order and the repetition of effects do not matter. */
export function digestEffects(effects: readonly Effect[]): PlanDigest {
  const lines = [...new Set(effects.map(effectText))].sort();
  return planDigest(bytesToHex(sha256(utf8ToBytes(lines.join('\n')))));
}
