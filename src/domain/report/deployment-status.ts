import { plural } from './change-words.ts';
import { phaseText } from './deployment-words.ts';
import { statusDescriptionCharacters } from './limits.ts';
import type { DeploymentView } from './pull-request-view.ts';
import { cut } from './text-size.ts';
import { visible } from './visible-text.ts';

export interface DeploymentStatus {
  readonly state: 'queued' | 'pending' | 'in_progress' | 'success' | 'failure' | 'inactive';
  /** At most 140 characters, plain text. */
  readonly description: string;
}

type PhaseKind = DeploymentView['phase']['kind'];

/** What decides first stands first. */
const decisive: readonly { readonly kinds: readonly PhaseKind[]; readonly state: DeploymentStatus['state'] }[] = [
  { kinds: ['applying', 'verifying'], state: 'in_progress' },
  { kinds: ['failed'], state: 'failure' },
  { kinds: ['held'], state: 'pending' },
  { kinds: ['queued', 'waiting'], state: 'queued' },
  { kinds: ['succeeded'], state: 'success' },
];

/** The status of the GitHub Deployment that stands for all targets of one environment in one merge. */
export function deploymentStatus(deployments: readonly DeploymentView[]): DeploymentStatus {
  for (const { kinds, state } of decisive) {
    const deciding = deployments.filter(({ phase }) => kinds.includes(phase.kind));
    if (deciding.length > 0)
      return { state, description: cut(describe(deciding, deployments.length), statusDescriptionCharacters) };
  }
  return {
    state: 'inactive',
    description: cut(describe(deployments, deployments.length), statusDescriptionCharacters),
  };
}

/** `held: …` begins with the state itself, so that people who filter by it find it. */
function describe(deciding: readonly DeploymentView[], all: number): string {
  const [first] = deciding;
  if (first === undefined) return 'nothing to deploy';
  if (first.phase.kind === 'succeeded')
    return `deployed ${deciding.length === all ? plural(all, 'target') : `${deciding.length} of ${plural(all, 'target')}`}`;
  const text = visible(phaseText(first.phase).replace(/\s+/g, ' '));
  return all === 1
    ? text
    : `${text} (${visible(first.target)}${deciding.length === 1 ? '' : ` and ${deciding.length - 1} more`})`;
}
