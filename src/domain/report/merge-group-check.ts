import type { GateDecision } from '../gate/decision.ts';
import type { PullNumber } from '../identity.ts';
import type { CheckConclusion, CheckText } from './check.ts';
import { gateCheck } from './gate-check.ts';
import { checkTextBytes } from './limits.ts';
import { type PlanCheck, planCheck } from './plan-check.ts';
import type { PullRequestView } from './pull-request-view.ts';
import { code } from './safe-text.ts';
import { cutToBytes } from './text-size.ts';

/** Everything the checks of a merge group are made of. */
export interface MergeGroupView extends Omit<PullRequestView, 'pull' | 'deployments'> {
  /** Next to be merged first. */
  readonly pulls: readonly [PullNumber, ...PullNumber[]];
}

/** `planwright/plan` of a merge group: what its pull requests would change together. */
export function groupPlanCheck(view: MergeGroupView): PlanCheck {
  const check = planCheck(asPullRequest(view));
  const summary = view.outcome.kind === 'no-changes' ? [nothing(view)] : [lead(view), '', own, '', check.text.summary];
  return { ...check, text: { ...check.text, summary: fitting(summary) } };
}

/** `planwright/gate` of a merge group: whether what was approved in its pull requests is what they would do together. */
export function groupGateCheck(view: MergeGroupView): {
  readonly conclusion: CheckConclusion;
  readonly text: CheckText;
} {
  const check = gateCheck(asPullRequest(view));
  const summary =
    view.outcome.kind === 'no-changes' ? [nothing(view)] : [lead(view), '', ...wayOut(view.gate), check.text.summary];
  return { ...check, text: { ...check.text, summary: fitting(summary) } };
}

const own = 'What is said to come from *this pull request* comes from any of them.';

function asPullRequest(view: MergeGroupView): PullRequestView {
  return { ...view, pull: view.pulls[0], deployments: [] };
}

function lead({ pulls, head, base }: MergeGroupView): string {
  const where = `${code(base.ref)} at \`${base.sha.slice(0, 12)}\``;
  return `Merge group \`${head.slice(0, 12)}\`: ${pullList(pulls)} merged into ${where}, in this order.`;
}

function nothing({ pulls }: MergeGroupView): string {
  return `Nothing that this merge group (${pullList(pulls)}) changes belongs to a target; nobody has to approve anything here.`;
}

/** A merge group cannot be reviewed, so that what helps is done on its pull requests. */
function wayOut(gate: GateDecision): readonly string[] {
  if (gate.status === 'open') return [];
  return [
    'It is judged by the approvals of all its pull requests, for the effects that were shown there. Nobody can approve the group itself: take out of the queue what stands in the way, approve what its own check shows once those in front are merged, and queue it again.',
    '',
  ];
}

function pullList(pulls: readonly PullNumber[]): string {
  const names = pulls.map((pull) => `#${pull}`);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

function fitting(lines: readonly string[]): string {
  return cutToBytes(lines.join('\n'), checkTextBytes, '… the rest is left out.');
}
