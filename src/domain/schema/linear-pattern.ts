import { RE2JS } from 're2js';
import type { CheckBudget } from './check-budget.ts';

/** A regular expression of RE2, as Go has it: its time follows pattern times text, whatever they are. */
export interface LinearPattern {
  /** Whether it is found somewhere in the text. @throws CheckTooCostly */
  found(text: string, budget: CheckBudget): boolean;
}

const kept = new Map<string, LinearPattern | undefined>();
const maxKept = 2_000;

/** Undefined for what RE2 does not take (look-around, back references). */
export function linearPattern(source: string): LinearPattern | undefined {
  if (kept.has(source)) return kept.get(source);
  if (kept.size >= maxKept) kept.clear();
  const pattern = compile(source);
  kept.set(source, pattern);
  return pattern;
}

function compile(source: string): LinearPattern | undefined {
  try {
    const compiled = RE2JS.compile(source);
    const stepsPerCharacter = Math.ceil(compiled.programSize() / 50);
    return {
      found: (text, budget) => {
        budget.spend(1 + text.length * stepsPerCharacter);
        return compiled.test(text);
      },
    };
  } catch {
    return undefined;
  }
}
