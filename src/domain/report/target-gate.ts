import type { GateDecision, Requirement, RequirementStatus } from '../gate/decision.ts';
import type { TargetName } from '../identity.ts';

/** The requirements that speak of this target; those that name none speak of all. */
export function requirementsOf(gate: GateDecision, target: TargetName): readonly Requirement[] {
  return gate.requirements.filter(
    (requirement) => requirement.targets.length === 0 || requirement.targets.includes(target),
  );
}

export function statusMark(status: RequirementStatus): string {
  return { met: '✅', unmet: '⏳', failed: '❌' }[status];
}
