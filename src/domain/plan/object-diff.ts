import { type DiffRow, diffRows, isBefore } from './diff-rows.ts';
import type { MaskedValue } from './effect.ts';
import { childPath } from './field-path.ts';
import type { Leaves } from './leaves.ts';
import { shortLine, shortLines } from './line-window.ts';
import { isOrderPath } from './list-order.ts';
import { nestFields, type PicturedField } from './nest-fields.ts';
import type { Hunk, LineOrigin, ObjectDiff, Origin, OriginStep, ShownValue } from './plan.ts';
import { showStep } from './show-value.ts';
import type { Stage } from './steps.ts';
import { yamlLines } from './yaml-lines.ts';

const contextLines = 3;
/** Of one object: beyond this nobody reads on, and a plan may hold a thousand of them. */
const maxLines = 2_000;
const maxCharacters = 200_000;
const maxLineCharacters = 2_000;
const maxValueCharacters = 200;
const maxPaths = 3;
const maxHiddenPaths = 5;

/** A step of a field: where it leads, and its values. */
interface DiffStep {
  readonly to: Stage;
  readonly before: MaskedValue;
  readonly after: MaskedValue;
}

type DiffField = PicturedField<DiffStep>;

export interface DiffInput {
  readonly fields: readonly DiffField[];
  /** They say in which order the fields stand: the newest first. */
  readonly renders: readonly (Leaves | undefined)[];
  readonly originOf: (to: Stage) => Origin;
}

/** The diff of one object; it has no hunks when nothing moves and no steps lead there and back. */
export function objectDiff({ fields, renders, originOf }: DiffInput): ObjectDiff {
  // Most objects of a plan stay as they are.
  if (fields.every((field) => field.steps.length === 0 && !field.moves)) return { hunks: [] };
  const rows = diffRows(nestFields(fields, renders));
  const attribution = attributionBy(originOf);
  const hunks: Hunk[] = [];
  const hidden = { lines: 0, paths: new Set<string>() };
  let [lines, characters] = [0, 0];
  let above = { row: 0, lines: 0 };
  for (const span of spansOf(rows)) {
    above = { row: span.from, lines: above.lines + countBefore(rows, above.row, span.from) };
    const all = rows.slice(span.from, span.to);
    const shown = withinBounds(all, maxLines - lines, maxCharacters - characters);
    if (shown.length < all.length) {
      hidden.lines += all.length - shown.length;
      for (const { topic } of all.slice(shown.length)) if (topic !== undefined) hidden.paths.add(topic);
    }
    if (shown.length === 0) continue;
    const hunk = hunkOf(shown, above.lines, attribution);
    hunks.push(hunk);
    lines += hunk.lines.length;
    characters += hunk.lines.reduce((sum, line) => sum + line.length, 0);
  }
  if (hidden.lines === 0) return { hunks };
  return { hunks, hidden: { lines: hidden.lines, paths: [...hidden.paths].slice(0, maxHiddenPaths) } };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

type Row = DiffRow<DiffField>;

/** Rows around what moves: only of the same map, item or text, so that the path in the header holds for all of them, and each row only once. */
function spansOf(rows: readonly Row[]): readonly Span[] {
  const runs: { first: number; last: number; readonly scope: Row['scope'] }[] = [];
  for (const [index, row] of rows.entries()) {
    if (!isRemarkable(row)) continue;
    const run = runs.at(-1);
    if (run !== undefined && run.scope === row.scope && index - run.last <= 2 * contextLines + 1) run.last = index;
    else runs.push({ first: index, last: index, scope: row.scope });
  }
  const starts = runs.map(({ first, scope }, index) =>
    Math.max(scope.from, first - contextLines, (runs[index - 1]?.last ?? -1) + 1),
  );
  return runs.map(({ last, scope }, index) => ({
    from: starts[index] ?? 0,
    to: Math.min(scope.to, last + contextLines + 1, starts[index + 1] ?? rows.length),
  }));
}

function isRemarkable({ sign, field }: Row): boolean {
  return sign !== ' ' || field !== undefined;
}

function countBefore(rows: readonly Row[], from: number, to: number): number {
  let count = 0;
  for (let index = from; index < to; index += 1) {
    const row = rows[index];
    if (row !== undefined && isBefore(row)) count += 1;
  }
  return count;
}

function withinBounds(rows: readonly Row[], lines: number, characters: number): readonly Row[] {
  let left = characters;
  const end = rows.findIndex((row, index) => {
    left -= Math.min(row.text.length, maxLineCharacters);
    return index >= lines || left < 0;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function hunkOf(rows: readonly Row[], start: number, attribution: Attribution): Hunk {
  const indents = rows.filter(({ sign, text }) => sign !== '#' && text !== '').map((row) => row.indent);
  const indent = indents.reduce((least, each) => Math.min(least, each), indents[0] ?? 0);
  const lines = rows.filter(({ sign }) => sign !== '#').map((row) => lineOf(row, indent));
  const paths = [...new Set(rows.flatMap(({ topic }) => (topic === undefined ? [] : [topic])))];
  const line = rows[0]?.line ?? 0;
  return {
    paths: paths.slice(0, maxPaths),
    morePaths: Math.max(0, paths.length - maxPaths),
    ...(line > 1 ? { line } : {}),
    start,
    indent,
    lines: shortLines(lines, maxLineCharacters),
    origins: originsOf(rows, attribution),
  };
}

/** Empty lines of a text are not indented. */
function lineOf({ sign, text, ...row }: Row, indent: number): string {
  return `${sign}${text === '' ? '' : ' '.repeat(row.indent - indent)}${text}`;
}

/** Says whose doing lines are where that changes; what nothing is said of is this pull request's own. */
function originsOf(rows: readonly Row[], attribution: Attribution): readonly LineOrigin[] {
  const own = originKey({ steps: [{ origin: { kind: 'this' } }] });
  const origins: LineOrigin[] = [];
  let said = own;
  let at = 0;
  for (const row of rows) {
    if (row.field !== undefined) {
      const origin = attribution.originOf(row, row.field);
      const key = originKey(origin);
      const endsField = key === own && origins.at(-1)?.field !== undefined;
      if (key !== said && !endsField) origins.push({ at, ...origin });
      said = key;
    }
    if (row.sign !== '#') at += 1;
  }
  return origins;
}

function originKey(origin: Omit<LineOrigin, 'at'>): string {
  return JSON.stringify(origin);
}

interface Attribution {
  originOf(row: Row, field: DiffField): Omit<LineOrigin, 'at'>;
}

/** Texts of several lines are read once, however many of their lines are asked for. */
function attributionBy(originOf: DiffInput['originOf']): Attribution {
  const texts = new Map<MaskedValue, ReadonlySet<string>>();
  const shown = new Map<DiffStep, OriginStep>();

  function holdsLine(value: MaskedValue, text: string): boolean {
    if (value.kind !== 'json') return false;
    const lines = texts.get(value) ?? new Set(yamlLines('', value.json).map((line) => line.text));
    texts.set(value, lines);
    return lines.has(text);
  }

  /** Those that brought this line of a text, or took it away. */
  function stepsOfLine({ sign, text }: Row, steps: readonly DiffStep[]): readonly DiffStep[] {
    const made = steps.filter((step) => {
      const [before, after] = [holdsLine(step.before, text), holdsLine(step.after, text)];
      return sign === '+' ? after && !before : before && !after;
    });
    return made.length === 0 ? steps : made;
  }

  function show(step: DiffStep): OriginStep {
    const known = shown.get(step) ?? { origin: originOf(step.to), ...shortStep(step) };
    shown.set(step, known);
    return known;
  }

  return {
    originOf(row, field) {
      const steps = row.line === undefined || field.steps.length < 2 ? field.steps : stepsOfLine(row, field.steps);
      const moved = row.moved ? { moved: true as const } : {};
      const isSettled = row.sign === ' ' || row.sign === '#';
      const [only, ...others] = steps;
      if (only !== undefined && others.length === 0 && !isSettled)
        return { ...moved, steps: [{ origin: originOf(only.to) }] };
      const settled = isSettled ? { settled: true as const } : {};
      return { field: nameOf(field), ...moved, ...settled, steps: steps.map(show) };
    },
  };
}

function nameOf({ path, segments }: DiffField): string {
  const last = segments.at(-1);
  const name = last === undefined ? path : childPath('', last);
  return isOrderPath(path) ? `${name}[*]` : name;
}

/** Both values on a line each; texts of several lines show by themselves which step brought what. */
function shortStep(step: DiffStep): { readonly before?: ShownValue; readonly after?: ShownValue } {
  const { before, after } = showStep(step);
  if ([before, after].some((value) => value.kind === 'text' && value.text.includes('\n'))) return {};
  return { before: shortValue(before), after: shortValue(after) };
}

function shortValue(value: ShownValue): ShownValue {
  return value.kind === 'text' ? { kind: 'text', text: shortLine(value.text, maxValueCharacters) } : value;
}
