import { identityText } from '../manifest/rendered-object.ts';
import type { Plan } from '../plan/plan.ts';
import { plural } from './change-words.ts';
import { code, prose } from './safe-text.ts';

const shownChanges = 20;

/** What would be destroyed, named one by one in a box that is hard to overlook; nothing when nothing would. */
export function destructiveList(plans: readonly Plan[]): readonly string[] {
  const destructive = plans.flatMap((plan) => plan.changes.filter(({ danger }) => danger !== undefined).map((change) => ({ target: plan.target, change })));
  if (destructive.length === 0) return [];
  const lines = destructive
    .slice(0, shownChanges)
    .map(({ target, change }) => `> - ${change.action} ${code(identityText(change.object))} in ${code(target)}: ${prose(change.danger ?? '')}`);
  const hidden = destructive.length - lines.length;
  return [
    '> [!CAUTION]',
    `> **${plural(destructive.length, 'destructive change')}**`,
    ...lines,
    ...(hidden === 0 ? [] : [`> - … and ${plural(hidden, 'more', 'more')}, first in the sections below`]),
  ];
}
