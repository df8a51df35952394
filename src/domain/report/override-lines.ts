import { approvalsWord, type Override } from '../gate/override.ts';
import type { PlanDigest } from '../identity.ts';
import { plural } from './change-words.ts';
import { prose } from './safe-text.ts';

const shownOverrides = 20;

/**
 * What was overridden, by whom and why, newest last; empty when nothing was.
 *
 * @param current the plans that are gated now; undefined where that is over
 */
export function overrideLines(
  overrides: readonly Override[],
  current: readonly PlanDigest[] | undefined,
): readonly string[] {
  const hidden = overrides.length - shownOverrides;
  return [
    ...(hidden > 0 ? [`- … ${plural(hidden, 'earlier override')}`] : []),
    ...overrides.slice(-shownOverrides).map((override) => {
      const isOld = current !== undefined && !override.plans.some((plan) => current.includes(plan));
      const says = `⚠️ **${prose(conditionText(override))}** was overridden by ${prose(override.person.login)}: ${prose(override.reason)}`;
      return isOld ? `- ~~${says}~~ The plan has changed since: it no longer counts.` : `- ${says}`;
    }),
  ];
}

function conditionText({ of }: Override): string {
  return of.kind === 'rule' ? of.name : `${approvalsWord} of ${of.environment}`;
}
