import type { Plan } from '../plan/plan.ts';
import { plural } from './change-words.ts';
import type { PullRequestView } from './pull-request-view.ts';
import { code } from './safe-text.ts';
import { linesWithin } from './text-size.ts';

const shownDigits = 12;
const digestsBytes = 10_000;

/** What was planned: the commits, and each plan's digest with its link. */
export function provenance(view: PullRequestView, plans: readonly Plan[]): readonly string[] {
  const head = `\`${view.head.slice(0, shownDigits)}\``;
  const base = `${code(view.base.ref)} at \`${view.base.sha.slice(0, shownDigits)}\``;
  const merge = `Planned for the test merge of ${head} into ${base}.`;
  if (plans.length === 0) return [merge];
  const digests = linesWithin(
    plans.map((plan) => `${code(plan.target)} ${digestText(view, plan)}`),
    digestsBytes,
  );
  const hidden = plans.length - digests.length;
  return [
    `${merge} ${plans.length === 1 ? 'Plan' : 'Plans'}: ${digests.join(', ')}${hidden === 0 ? '' : ` and ${plural(hidden, 'more', 'more')}`}.`,
  ];
}

function digestText(view: PullRequestView, plan: Plan): string {
  const digits = `\`${plan.digest.slice(0, shownDigits)}\``;
  return view.planUrl === undefined ? digits : `[${digits}](${view.planUrl(plan)})`;
}
