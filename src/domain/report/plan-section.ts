import type { Change, Plan } from '../plan/plan.ts';
import { changeLines } from './change-lines.ts';
import type { Detail } from './detail.ts';

/** One object's part of a plan's text. */
export interface ChangeBlock {
  readonly change: Change;
  /** For a `diff` block; every line is visible text, but not escaped for HTML. Made when they are first asked for: most of a large plan is shown nowhere. */
  readonly lines: readonly string[];
}

/** The text of one plan: its changed objects, most dangerous first; objects that stay as they are appear only when something is said about them. */
export function planSection(plan: Pick<Plan, 'changes'>, detail: Detail): readonly ChangeBlock[] {
  return plan.changes
    .filter((change) => change.action !== 'no-op' || change.notes.length > 0 || hasDiff(change))
    .map((change) => blockOf(change, detail))
    .sort((left, right) => dangerOf(right.change) - dangerOf(left.change));
}

function blockOf(change: Change, detail: Detail): ChangeBlock {
  let lines: readonly string[] | undefined;
  return {
    change,
    get lines() {
      lines ??= changeLines(change, detail);
      return lines;
    },
  };
}

/** Also where nothing moves: steps that lead there and back are effects, and somebody approves them. */
export function hasDiff({ diff, differences }: Pick<Change, 'diff' | 'differences'>): boolean {
  return diff === undefined ? differences.length > 0 : diff.hunks.length > 0;
}

/** A plan's changes in the order in which people should read them: most dangerous first, else as they are. */
export function changesByDanger(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((left, right) => dangerOf(right) - dangerOf(left));
}

/** The higher, the earlier it is shown and the later it is left out. */
export function dangerOf(change: Pick<Change, 'action' | 'danger'>): number {
  const byAction = { delete: 4, replace: 3, update: 2, create: 1, 'no-op': 0 }[change.action];
  return change.danger === undefined ? byAction : byAction + 10;
}
