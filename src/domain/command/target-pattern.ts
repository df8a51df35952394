import picomatch from 'picomatch';
import { type TargetName, targetParts } from '../identity.ts';

/** TARGET as it was written: `stack@environment`, `stack`, `@environment`, each with `*` and `?`. */
export type TargetPattern = {
  readonly kind: 'pattern';
  readonly text: string;
  readonly stack: string;
  readonly environment: string;
};

export type PatternRefusal = { readonly kind: 'invalid'; readonly problem: string };

const patternCharacters = 200;
/** Matching costs about the length of a name to the power of this. */
const mostStars = 2;
const nameCharacters = 200;

/** Wildcards are only `*` and `?`; groups, classes and braces have no use in names of targets and can be made slow. */
export function parseTargetPattern(text: string): TargetPattern | PatternRefusal {
  if (text.length > patternCharacters)
    return { kind: 'invalid', problem: `a target has at most ${patternCharacters} characters` };
  const at = text.lastIndexOf('@');
  const stack = at < 0 ? text : text.slice(0, at);
  const environment = at < 0 ? '' : text.slice(at + 1);
  if (at === text.length - 1) return { kind: 'invalid', problem: 'the environment is missing after `@`' };
  if (countStars(stack) > mostStars || countStars(environment) > mostStars) {
    return { kind: 'invalid', problem: `at most ${mostStars} stars in a name` };
  }
  return {
    kind: 'pattern',
    text,
    stack: stack === '' ? '*' : stack,
    environment: environment === '' ? '*' : environment,
  };
}

function countStars(part: string): number {
  return (part.match(/\*+/g) ?? []).length;
}

export function matchesTarget(pattern: TargetPattern, target: TargetName): boolean {
  const parts = targetParts(target);
  return matchesName(pattern.stack, parts.stack) && matchesName(pattern.environment, parts.environment);
}

function matchesName(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true;
  if (!/[*?]/.test(pattern) || name.length > nameCharacters) return false;
  const literal = pattern.replace(/[^\p{L}\p{N}*?]/gu, '\\$&').replace(/\*+/g, '*');
  return picomatch.isMatch(name, literal, { dot: true });
}
