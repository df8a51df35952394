import { identityText } from '../manifest/rendered-object.ts';
import type { Change, Plan } from '../plan/plan.ts';
import { plural } from './change-words.ts';
import { dangerOf } from './plan-section.ts';
import { code, prose } from './safe-text.ts';
import { cut, linesWithin } from './text-size.ts';

const shownChanges = 20;
const namesBytes = 8_000;
const reasonCharacters = 300;

/** What would be destroyed, named one by one in a box that is hard to overlook; nothing when nothing would. */
export function destructiveList(plans: readonly Plan[]): readonly string[] {
  const destructive = plans
    .flatMap((plan) =>
      plan.changes.filter(({ danger }) => danger !== undefined).map((change) => ({ target: plan.target, change })),
    )
    .sort((left, right) => dangerOf(right.change) - dangerOf(left.change));
  if (destructive.length === 0) return [];
  const named = destructive
    .slice(0, shownChanges)
    .map(({ target, change }) => `> - ${code(identityText(change.object))} in ${code(target)}: ${dangerText(change)}`);
  const lines = linesWithin(named, namesBytes);
  const hidden = destructive.length - lines.length;
  return [
    '> [!CAUTION]',
    `> **${plural(destructive.length, 'destructive change')}**`,
    ...lines,
    ...(hidden === 0 ? [] : [`> - … and ${plural(hidden, 'more', 'more')}, first in the sections below`]),
  ];
}

function dangerText(change: Change): string {
  return prose(cut(change.danger ?? '', reasonCharacters));
}
