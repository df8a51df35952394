import type { Requirement } from '../gate/decision.ts';
import { code, prose } from './safe-text.ts';
import { statusMark } from './target-gate.ts';

const order = ['failed', 'unmet', 'met'] as const;
const shownTargets = 10;

/** Every requirement with its reason, who could meet it and what was looked at; what stands in the way first. */
export function requirementList(requirements: readonly Requirement[]): readonly string[] {
  return order.flatMap((status) =>
    requirements.filter((requirement) => requirement.status === status).flatMap(requirementLines),
  );
}

/** One line: what is missing and who could help. */
export function requirementLine(requirement: Requirement): string {
  const who = requirement.who.length === 0 ? '' : ` Who could meet it: ${requirement.who.map(prose).join(', ')}.`;
  return `- ${statusMark(requirement.status)} **${prose(requirement.name)}**${targetsText(requirement)}: ${sentence(requirement.reason)}${who}`;
}

function requirementLines(requirement: Requirement): readonly string[] {
  return [
    `- ${statusMark(requirement.status)} **${prose(requirement.name)}**${targetsText(requirement)}: ${sentence(requirement.reason)}`,
    ...(requirement.who.length === 0 ? [] : [`  - who could meet it: ${requirement.who.map(prose).join(', ')}`]),
    ...requirement.evidence.map((fact) => `  - looked at: ${prose(fact)}`),
  ];
}

function targetsText(requirement: Requirement): string {
  if (requirement.targets.length === 0) return '';
  const shown = requirement.targets.slice(0, shownTargets).map(code);
  const hidden = requirement.targets.length - shown.length;
  return ` (${shown.join(', ')}${hidden === 0 ? '' : ` and ${hidden} more`})`;
}

function sentence(reason: string): string {
  const text = prose(reason);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
