import type { TargetName } from '../identity.ts';
import { type Change, type ChangeAction, countChanges, type Plan } from '../plan/plan.ts';
import { countsText, listed, planKindText, plural } from './change-words.ts';
import { shortDetail } from './detail.ts';
import type { LinkedPlan } from './plan-link.ts';
import { type ChangeBlock, dangerOf, planSection } from './plan-section.ts';
import { fence, htmlCode } from './safe-text.ts';
import { utf8Bytes } from './text-size.ts';

/** So many objects in a row that found no place: the smaller ones behind them are not tried. */
const mostMisfits = 100;
/** Words, fence and link around the blocks of one target. */
const frameBytes = 700;

export interface FittedSections {
  /** One folded section a target, in the order of `plans`; targets without anything to show have none. */
  readonly text: string;
  /** Objects whose block had no place, by target. */
  readonly leftOut: ReadonlyMap<TargetName, readonly Change[]>;
}

/**
 * The diffs of all targets within `bytes` bytes. What does not fit is left out by whole objects, the least dangerous of all targets first,
 * and each section says what it lacks.
 */
export function targetSections(
  plans: readonly Plan[],
  bytes: number,
  planUrl: ((plan: LinkedPlan) => string) | undefined,
): FittedSections {
  const sections = plans
    .map((plan) => ({ plan, blocks: planSection(plan, shortDetail) }))
    .filter(({ blocks }) => blocks.length > 0);
  const shown = chooseBlocks(sections, bytes);
  const leftOut = new Map<TargetName, readonly Change[]>();
  const texts: string[] = [];
  for (const { plan, blocks } of sections) {
    const kept = blocks.filter((block) => shown.has(block));
    const missing = blocks.filter((block) => !shown.has(block)).map((block) => block.change);
    if (missing.length > 0) leftOut.set(plan.target, missing);
    if (kept.length > 0) texts.push(sectionText(plan, kept, missing, planUrl));
  }
  return { text: texts.join('\n\n'), leftOut };
}

/** `updates of 3 objects and creations of 120 objects`. */
export function leftOutText(changes: readonly Change[]): string {
  const actions: readonly ChangeAction[] = ['delete', 'replace', 'update', 'create', 'no-op'];
  const words = actions.flatMap((action) => {
    const count = changes.filter((change) => change.action === action).length;
    if (count === 0) return [];
    return [action === 'no-op' ? plural(count, 'unchanged object') : `${action} ${count}`];
  });
  return listed(words);
}

interface Section {
  readonly plan: Plan;
  readonly blocks: readonly ChangeBlock[];
}

/** Of equally dangerous blocks the first of each target go before the second of any, so that a large target leaves space for small ones. */
function chooseBlocks(sections: readonly Section[], bytes: number): ReadonlySet<ChangeBlock> {
  const queue = sections
    .flatMap(({ plan, blocks }) => blocks.map((block, rank) => ({ plan, block, rank })))
    .sort((left, right) => dangerOf(right.block.change) - dangerOf(left.block.change) || left.rank - right.rank);
  const chosen = new Set<ChangeBlock>();
  const opened = new Set<Plan>();
  let left = bytes;
  let misfits = 0;
  for (const { plan, block } of queue) {
    const size =
      utf8Bytes(block.lines.join('\n')) +
      2 +
      (opened.has(plan) ? 0 : frameBytes + utf8Bytes(htmlCode(plan.target)) + utf8Bytes(htmlCode(plan.cluster.name)));
    if (size > left) {
      misfits += 1;
      if (misfits === mostMisfits) break;
      continue;
    }
    misfits = 0;
    left -= size;
    opened.add(plan);
    chosen.add(block);
  }
  return chosen;
}

function sectionText(
  plan: Plan,
  kept: readonly ChangeBlock[],
  missing: readonly Change[],
  planUrl: ((plan: LinkedPlan) => string) | undefined,
): string {
  const kind = planKindText(plan);
  const summary = `${htmlCode(plan.target)} on ${htmlCode(plan.cluster.name)}: ${countsText(countChanges(plan))}`;
  const link = planUrl === undefined ? '' : ` [Full plan](${planUrl(plan)}).`;
  return [
    `<details><summary>${summary}</summary>`,
    '',
    ...(kind === undefined ? [] : [kind, '']),
    fence(
      'diff',
      kept.flatMap((block, index) => (index === 0 ? block.lines : ['', ...block.lines])),
    ),
    '',
    ...(missing.length === 0 ? [] : [`Left out here, the least dangerous: ${leftOutText(missing)}.${link}`, '']),
    '</details>',
  ].join('\n');
}
