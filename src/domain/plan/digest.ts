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
  const steps = digestInSteps(effects);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Effects between two pauses: some milliseconds. */
const stepLength = 1000;

/** As `digestEffects`, with pauses for others. */
export function* digestInSteps(effects: readonly Effect[]): Generator<void, PlanDigest> {
  const texts = new Set<string>();
  for (let start = 0; start < effects.length; start += stepLength) {
    for (const effect of effects.slice(start, start + stepLength)) texts.add(effectText(effect));
    yield;
  }
  const lines = [...texts].sort();
  const hash = sha256.create();
  for (let start = 0; start < lines.length; start += stepLength) {
    yield;
    hash.update(utf8ToBytes(`${start === 0 ? '' : '\n'}${lines.slice(start, start + stepLength).join('\n')}`));
  }
  return planDigest(bytesToHex(hash.digest()));
}
