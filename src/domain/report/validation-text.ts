import type { Position, Problem } from '../manifest/rendered-object.ts';

/** What `planwright validate` found. */
export interface ValidationResult {
  /** What it was checked against, for people: `Kubernetes 1.35`. */
  readonly source: string;
  readonly targets: number;
  readonly objects: number;
  /** Objects whose kind is known. */
  readonly checked: number;
  readonly problems: readonly Problem[];
  readonly notes: readonly ValidationNote[];
}

/** What could not be checked: an object whose kind nobody knows, or something that its schema asks for. */
export interface ValidationNote {
  readonly kind: 'unknown' | 'partly';
  readonly object: string;
  readonly position: Position;
  readonly reason: string;
}

export function isValid({ problems }: ValidationResult): boolean {
  return problems.every(({ severity }) => severity !== 'error');
}

/** `path:line:column: message`, one line each, and a summary. */
export function validationLines(result: ValidationResult): readonly string[] {
  const { problems, notes } = result;
  const unknown = notes.filter(({ kind }) => kind === 'unknown').length;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const summary = [
    `${count(result.objects, 'object')} in ${count(result.targets, 'stack')}: ${count(errors, 'error')}, ${count(problems.length - errors, 'warning')}`,
    `${result.checked} checked against ${result.source} and the definitions in the files`,
    ...(unknown === 0 ? [] : [`${unknown} of kinds that neither knows`]),
  ];
  return [
    ...problems.map(
      (problem) =>
        `${place(problem.position)}${problem.severity === 'warning' ? 'warning: ' : ''}${oneLine(problem.message)}`,
    ),
    ...notes.map((note) => `${place(note.position)}note: ${noteText(note)}`),
    summary.join('; '),
  ];
}

function noteText({ kind, object, reason }: ValidationNote): string {
  return oneLine(`${object} is not checked${kind === 'unknown' ? '' : ' in full'}: ${reason}`);
}

function place(position: Position | undefined): string {
  return position === undefined ? '' : `${oneLine(position.path)}:${position.line}:${position.column}: `;
}

/** What files hold may not move a terminal's cursor. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
