import { plural } from './change-words.ts';
import { phaseMark, phaseText } from './deployment-words.ts';
import type { DeploymentView } from './pull-request-view.ts';
import { prose, tableCode } from './safe-text.ts';
import { cut } from './text-size.ts';

const shownDeployments = 100;
const stateCharacters = 600;

/** Where each target's deployment stands, worst first; empty when there is none. */
export function deploymentTable(deployments: readonly DeploymentView[]): readonly string[] {
  if (deployments.length === 0) return [];
  const sorted = [...deployments].sort(
    (left, right) => urgency(right) - urgency(left) || (left.target < right.target ? -1 : 1),
  );
  const hidden = sorted.length - shownDeployments;
  return [
    '| target | deployment |',
    '|---|---|',
    ...sorted
      .slice(0, shownDeployments)
      .map((deployment) => `| ${tableCode(deployment.target)} | ${stateCell(deployment)} |`),
    ...(hidden > 0 ? [`| … and ${plural(hidden, 'more target')} | |`] : []),
  ];
}

function urgency({ phase }: DeploymentView): number {
  return {
    failed: 6,
    held: 5,
    cancelled: 4,
    applying: 3,
    verifying: 3,
    waiting: 2,
    queued: 2,
    superseded: 1,
    succeeded: 0,
  }[phase.kind];
}

function stateCell({ phase, issue }: DeploymentView): string {
  const reason = prose(cut(phaseText(phase).replaceAll('|', '¦'), stateCharacters));
  return `${phaseMark(phase)} ${reason}${issue === undefined ? '' : ` → #${issue}`}`;
}
