import type { CommitSha } from '../identity.ts';
import { plural } from './change-words.ts';
import type { CheckConclusion, CheckText } from './check.ts';
import { deploymentTable } from './deployment-table.ts';
import { foldedFailures } from './failure-report.ts';
import { checkTextBytes, titleCharacters } from './limits.ts';
import type { DeploymentView } from './pull-request-view.ts';
import { prose } from './safe-text.ts';
import { cut, cutToBytes } from './text-size.ts';
import { visible } from './visible-text.ts';

export interface DeployContext {
  /** The commit on the base branch that is deployed. */
  readonly commit: CommitSha;
  /** Why nothing may be deployed here at all; undefined when something may. */
  readonly nothingMayBeDeployed?: string;
}

export interface DeployCheck {
  /** Undefined: in progress. */
  readonly conclusion?: CheckConclusion;
  readonly text: CheckText;
}

/** What is left of a check's text for what clusters say, when a table of many targets stands before it. */
const failureBytes = 30_000;

/** Worst first, as product.md orders them. */
const conclusions = ['failure', 'action_required', 'cancelled', 'neutral', 'success'] as const;

/**
 * `planwright/deploy` on the merge commit. It is in progress while a target moves by itself, and shows its worst target when none does;
 * one that only waits for a held or failed one does not move.
 */
export function deployCheck(deployments: readonly DeploymentView[], context: DeployContext): DeployCheck {
  if (context.nothingMayBeDeployed !== undefined) {
    return {
      conclusion: 'neutral',
      text: { title: 'Nothing may be deployed here', summary: prose(context.nothingMayBeDeployed) },
    };
  }
  if (deployments.length === 0)
    return { conclusion: 'success', text: { title: 'Nothing to deploy', summary: 'This commit changes no target.' } };
  const summary = cutToBytes(
    [lead(context.commit), '', ...deploymentTable(deployments), ...foldedFailures(deployments, failureBytes)].join(
      '\n',
    ),
    checkTextBytes,
    '… the rest is left out.',
  );
  if (moves(deployments)) return { text: { title: runningTitle(deployments), summary } };
  const worst =
    conclusions.find((conclusion) => deployments.some((deployment) => conclusionOf(deployment) === conclusion)) ??
    'success';
  return { conclusion: worst, text: { title: cut(endedTitle(deployments, worst), titleCharacters), summary } };
}

function lead(commit: CommitSha): string {
  return `Deploying \`${commit.slice(0, 12)}\`, each target planned again at its turn and applied only as approved.`;
}

function moves(deployments: readonly DeploymentView[]): boolean {
  const kinds = deployments.map(({ phase }) => phase.kind);
  if (kinds.some((kind) => kind === 'applying' || kind === 'verifying' || kind === 'queued')) return true;
  return (
    kinds.includes('waiting') && !kinds.some((kind) => kind === 'held' || kind === 'failed' || kind === 'cancelled')
  );
}

/** Undefined for what has not ended: then another target decides. */
function conclusionOf({ phase }: DeploymentView): CheckConclusion | undefined {
  switch (phase.kind) {
    case 'failed':
      return 'failure';
    case 'held':
      return 'action_required';
    case 'cancelled':
      return 'cancelled';
    case 'superseded':
      return 'neutral';
    case 'succeeded':
      return 'success';
    case 'queued':
    case 'waiting':
    case 'applying':
    case 'verifying':
      return undefined;
  }
}

function runningTitle(deployments: readonly DeploymentView[]): string {
  const done = deployments.filter(({ phase }) => phase.kind === 'succeeded').length;
  return `Deploying: ${done} of ${plural(deployments.length, 'target')} done`;
}

function endedTitle(deployments: readonly DeploymentView[], worst: CheckConclusion): string {
  if (worst === 'success') return `Deployed ${plural(deployments.length, 'target')}`;
  const names = deployments
    .filter((deployment) => conclusionOf(deployment) === worst)
    .map(({ target }) => visible(target));
  const words: Record<CheckConclusion, string> = {
    failure: 'Failed',
    action_required: 'Held, a person is asked',
    cancelled: 'Cancelled',
    neutral: 'Superseded by a newer merge',
    success: 'Deployed',
  };
  return `${words[worst]}: ${names.join(', ')}`;
}
