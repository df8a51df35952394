import type { PullNumber } from '../identity.ts';
import type { CheckConclusion, CheckText } from './check.ts';

/** What one pull request's check says; several pull requests may have one head, and GitHub knows checks by the head only. */
export interface Verdict {
  readonly pull: PullNumber;
  readonly conclusion: CheckConclusion;
  readonly text: CheckText;
}

const worstFirst: readonly CheckConclusion[] = ['failure', 'action_required', 'cancelled', 'neutral', 'success'];

/** The worse result shows, each pull request named; alone, a verdict is as it is. */
export function worstVerdict(
  own: Verdict,
  others: readonly Verdict[],
): { readonly conclusion: CheckConclusion; readonly text: CheckText } {
  if (others.length === 0) return { conclusion: own.conclusion, text: own.text };
  const all = [own, ...others].sort((left, right) => rank(left) - rank(right) || left.pull - right.pull);
  const worst = all[0] ?? own;
  const list = all.map((verdict) => `- #${verdict.pull}: ${verdict.text.title}`);
  const summary = [
    `${all.length} pull requests have this head; the worst result counts for all of them.`,
    '',
    ...list,
    '',
    worst.text.summary,
  ].join('\n');
  return {
    conclusion: worst.conclusion,
    text: { ...worst.text, title: `#${worst.pull}: ${worst.text.title}`, summary },
  };
}

function rank(verdict: Verdict): number {
  return worstFirst.indexOf(verdict.conclusion);
}
