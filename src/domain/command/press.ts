import { sha256Text } from '../audit/content-digest.ts';
import type { DeploymentPhase } from '../deployment/deployment.ts';
import type { Person } from '../gate/people.ts';
import type { PullNumber, TargetName } from '../identity.ts';
import type { Plan } from '../plan/plan.ts';
import { code, prose } from '../report/safe-text.ts';
import { type CommandRefusal, refusalText } from './refusal-text.ts';

/** A button of a check. GitHub takes 20 characters of label and identifier each, 40 of description. */
export interface Button {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

/** What a press means, by the identifier of its button. */
export type Pressed =
  | { readonly kind: 'plan' }
  /** `means` names the plans that were shown along with the button. */
  | { readonly kind: 'apply'; readonly means: string }
  /** … at the gate of an open pull request. */
  | { readonly kind: 'apply-open'; readonly means: string }
  | { readonly kind: 'unknown' };

export const replanButton: Button = { label: 'Re-plan', description: 'Plan again, live', identifier: 'plan' };

const applyPrefix = 'apply:';
const applyOpenPrefix = 'open:';
/** All that GitHub leaves room for: 56 bits of the hash. */
const meaningCharacters = 14;

interface Waiting {
  readonly target: TargetName;
  readonly phase: DeploymentPhase;
}

/** What can be done about the deployments of a merge that wait for a person; nothing when none does. */
export function deployButtons(deployments: readonly Waiting[]): readonly Button[] {
  const means = meaningOf(deployments);
  const waits = deployments.some(({ phase }) => phase.kind === 'held' || phase.kind === 'failed');
  if (!waits) return [];
  if (means === undefined) return [replanButton];
  const description = 'Approve what is held, retry what failed';
  return [replanButton, { label: 'Apply', description, identifier: `${applyPrefix}${means}` }];
}

/** Names what Apply would approve and retry: equal for equal plans of equal targets. Undefined when there is nothing of the kind. */
export function meaningOf(deployments: readonly Waiting[]): string | undefined {
  const parts = deployments.flatMap(({ target, phase }) => {
    if (phase.kind === 'held') return phase.plan === undefined ? [] : [`${target}\nheld\n${phase.plan}`];
    return phase.kind === 'failed' ? [`${target}\nfailed\n${phase.plan ?? ''}`] : [];
  });
  return parts.length === 0 ? undefined : sha256Text(parts.sort().join('\n')).slice(0, meaningCharacters);
}

/** The button of a gate that waits for nothing but `/apply`. */
export function applyOpenButton(pull: PullNumber, plans: readonly Plan[]): Button {
  const identifier = `${applyOpenPrefix}${meaningOfOpen(pull, plans)}`;
  return { label: 'Apply', description: 'Apply it now, before the merge', identifier };
}

/** Names what Apply would apply before the merge: equal for equal plans of one pull request. */
export function meaningOfOpen(pull: PullNumber, plans: readonly Plan[]): string {
  const parts = plans.map(({ target, digest }) => `${target}\n${digest}`);
  return sha256Text([`#${pull}`, ...parts.sort()].join('\n')).slice(0, meaningCharacters);
}

export function parsePressed(identifier: string): Pressed {
  if (identifier === replanButton.identifier) return { kind: 'plan' };
  if (identifier.startsWith(applyOpenPrefix))
    return { kind: 'apply-open', means: identifier.slice(applyOpenPrefix.length) };
  if (identifier.startsWith(applyPrefix)) return { kind: 'apply', means: identifier.slice(applyPrefix.length) };
  return { kind: 'unknown' };
}

/** Why a press was in vain, said where a command's answer would be. */
export function pressRefusalText(
  pressed: { readonly by: Person; readonly identifier: string },
  refusals: readonly CommandRefusal[],
): string {
  const check = parsePressed(pressed.identifier).kind === 'apply-open' ? 'planwright/gate' : 'planwright/deploy';
  const lead = `*Apply* on ${code(check)}, pressed by ${prose(pressed.by.login)}:`;
  return [lead, ...refusals.map(refusalText)].join('\n\n');
}
