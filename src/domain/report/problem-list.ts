import type { Problem } from '../manifest/rendered-object.ts';
import { plural } from './change-words.ts';
import type { Annotation } from './check.ts';
import { code, prose } from './safe-text.ts';
import { cut } from './text-size.ts';
import { visibleLines } from './visible-text.ts';

const shownProblems = 30;
const shownCharacters = 600;
const mostAnnotations = 200;
const messageCharacters = 8_000;

/** Problems as a list, errors first, each with its place. */
export function problemList(problems: readonly Problem[]): readonly string[] {
  const sorted = errorsFirst(problems);
  const hidden = sorted.length - shownProblems;
  return [
    ...sorted.slice(0, shownProblems).map(problemLine),
    ...(hidden > 0 ? [`- … and ${plural(hidden, 'more problem')}`] : []),
  ];
}

/** Messages on the offending lines, errors first; problems without a place have none. */
export function annotationsOf(problems: readonly Problem[]): readonly Annotation[] {
  return errorsFirst(problems).flatMap(annotationOf).slice(0, mostAnnotations);
}

/** The same fault is often seen in several targets that share a file; it is told once. */
function errorsFirst(problems: readonly Problem[]): readonly Problem[] {
  const once = new Map<string, Problem>();
  for (const problem of problems) {
    const { position } = problem;
    once.set(
      JSON.stringify([problem.severity, problem.message, position?.path, position?.line, position?.column]),
      problem,
    );
  }
  const all = [...once.values()];
  return [
    ...all.filter((problem) => problem.severity === 'error'),
    ...all.filter((problem) => problem.severity === 'warning'),
  ];
}

function problemLine(problem: Problem): string {
  const { position } = problem;
  const place = position === undefined ? '' : `${code(`${position.path}:${position.line}`)}: `;
  return `- ${problem.severity === 'error' ? '❌' : '⚠️'} ${place}${prose(cut(problem.message, shownCharacters))}`;
}

function annotationOf(problem: Problem): readonly Annotation[] {
  const { position, message } = problem;
  if (position === undefined) return [];
  return [
    {
      path: position.path,
      line: position.line,
      column: position.column,
      level: problem.severity === 'error' ? 'failure' : 'warning',
      title: problem.severity === 'error' ? 'This fails the plan' : 'Worth a look',
      message: cut(visibleLines(message).join('\n'), messageCharacters),
    },
  ];
}
