import type { GateDecision } from '../gate/decision.ts';
import type { PlanDigest } from '../identity.ts';
import { plural } from './change-words.ts';
import { deploymentTable } from './deployment-table.ts';
import { foldedFailures } from './failure-report.ts';
import { commentBytes } from './limits.ts';
import { overrideLines } from './override-lines.ts';
import { noChangesTitle, outcomeFails, outcomeTitle, paragraphs, planOverview } from './plan-overview.ts';
import { byDanger } from './planned-view.ts';
import { provenance } from './provenance.ts';
import type { PlanningOutcome, PullRequestView } from './pull-request-view.ts';
import { requirementLine } from './requirement-list.ts';
import { code } from './safe-text.ts';
import { leftOutText, targetSections } from './target-sections.ts';
import { cutToBytes, utf8Bytes } from './text-size.ts';

/** By this the one comment is found again. */
export const planCommentMarker = '<!-- planwright:plan -->';

/** Everything but the diffs; more than this is cut, so that there is always space for what is dangerous. */
const frameBytes = 34_000;

/** One failing object, most of the time; the hold's issue and the check have the others. */
const failureBytes = 12_000;

/** The one comment on a pull request, at most 65,000 bytes. */
export function planComment(view: PullRequestView): string {
  const { outcome } = view;
  if (outcome.kind !== 'planned') return frame(view, []).join('\n');
  const top = cutToBytes(
    frame(view, requirementLines(view.gate)).join('\n'),
    frameBytes,
    '\n… the rest of the overview is left out.',
  );
  const bottom = provenance(view, outcome.plans).join('\n');
  const space = commentBytes - utf8Bytes(top) - utf8Bytes(bottom) - 1_000;
  const sections = targetSections(byDanger(outcome.plans), space, view.planUrl);
  return [top, sections.text, leftOutNote(view, sections.leftOut), bottom].filter((part) => part !== '').join('\n\n');
}

function frame(view: PullRequestView, requirements: readonly string[]): readonly string[] {
  const deployments = deploymentTable(view.deployments);
  return [
    planCommentMarker,
    ...paragraphs([
      deployments.length === 0
        ? []
        : ['### Deployment', '', ...deployments, ...foldedFailures(view.deployments, failureBytes)],
      [heading(view)],
      planOverview(view),
      overrideLines(view.overrides, deployments.length === 0 ? currentPlans(view.outcome) : undefined),
      requirements,
    ]),
  ];
}

function currentPlans(outcome: PlanningOutcome): readonly PlanDigest[] {
  return outcome.kind === 'planned' ? outcome.plans.map((plan) => plan.digest) : [];
}

function heading(view: PullRequestView): string {
  const { outcome } = view;
  return `### ${outcome.kind === 'no-changes' ? noChangesTitle : `${mark(outcome)}${outcomeTitle(view, code)}`}`;
}

function mark(outcome: PlanningOutcome): string {
  return outcomeFails(outcome) ? '❌ ' : '';
}

/** What still stands in the way; what is met is in the gate's check. */
function requirementLines(gate: GateDecision): readonly string[] {
  const missing = gate.requirements.filter((requirement) => requirement.status !== 'met');
  const failed = missing.filter((requirement) => requirement.status === 'failed');
  const unmet = missing.filter((requirement) => requirement.status === 'unmet');
  return missing.length === 0 ? [] : ['Before it may be merged:', '', ...[...failed, ...unmet].map(requirementLine)];
}

function leftOutNote(view: PullRequestView, leftOut: ReturnType<typeof targetSections>['leftOut']): string {
  if (leftOut.size === 0) return '';
  const changes = [...leftOut.values()].flat();
  const where =
    view.planUrl === undefined
      ? '`planwright plan --target TARGET` on the command line shows everything.'
      : 'The links below lead to the full plans.';
  return `> [!NOTE]\n> Not everything fits here. Left out, the least dangerous first: ${leftOutText(changes)} in ${plural(leftOut.size, 'target')}. ${where}`;
}
