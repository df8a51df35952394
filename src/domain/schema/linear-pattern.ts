import { RE2JS } from 're2js';
import type { CheckBudget } from './check-budget.ts';

/** A regular expression of RE2, as Go has it: its time follows pattern times text, whatever they are. */
export interface LinearPattern {
  /** Whether it is found somewhere in the text. @throws CheckTooCostly */
  found(text: string, budget: CheckBudget): boolean;
  /** What it finds in the text, the first only or all. @throws CheckTooCostly */
  findings(text: string, global: boolean, budget: CheckBudget): readonly string[];
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
      findings: (text, global, budget) => {
        const found: string[] = [];
        const matcher = compiled.matcher(text);
        budget.spend(1 + text.length * stepsPerCharacter);
        while (matcher.find()) {
          found.push(matcher.group() ?? '');
          if (!global) break;
          budget.spend(1 + text.length);
        }
        return found;
      },
    };
  } catch {
    return undefined;
  }
}
