import type { GateDecision } from '../gate/decision.ts';
import { countChanges, type Plan, type PlanKind, planFails } from '../plan/plan.ts';
import { countsCell, plural } from './change-words.ts';
import { tableCode } from './safe-text.ts';
import { requirementsOf, statusMark } from './target-gate.ts';
import { linesWithin } from './text-size.ts';

const shownTargets = 100;
const rowsBytes = 12_000;

/** What would happen to each target and whether it may; `plans` are in the order of the rows. */
export function targetTable(plans: readonly Plan[], gate: GateDecision): readonly string[] {
  const rows = plans
    .slice(0, shownTargets)
    .map((plan) => `| ${tableCode(plan.target)} | ${changesCell(plan)} | ${gateCell(gate, plan)} |`);
  const shown = linesWithin(rows, rowsBytes);
  const hidden = plans.length - shown.length;
  return [
    '| target | changes | gate |',
    '|---|---|---|',
    ...shown,
    ...(hidden > 0 ? [`| … and ${plural(hidden, 'more target')} | | |`] : []),
  ];
}

function changesCell(plan: Plan): string {
  if (planFails(plan))
    return plan.changes.length === 0 ? '❌ plan failed' : `❌ incomplete: ${countsCell(countChanges(plan))}`;
  const kind = kindWord(plan.kind);
  return `${countsCell(countChanges(plan))}${kind === undefined ? '' : ` (${kind})`}`;
}

function kindWord(kind: PlanKind): string | undefined {
  return { update: undefined, adoption: 'first deployment', removal: 'target removed' }[kind];
}

function gateCell(gate: GateDecision, plan: Plan): string {
  const own = requirementsOf(gate, plan.target);
  const missing = own.filter((requirement) => requirement.status !== 'met');
  if (missing.length === 0) return `${statusMark('met')} open`;
  const worst = missing.some((requirement) => requirement.status === 'failed') ? 'failed' : 'unmet';
  const names = missing.map((requirement) => tableName(requirement.name));
  return `${statusMark(worst)} ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}

/** Names of requirements are plain words; anything else is shown as code. */
function tableName(name: string): string {
  return /^[\p{L}\p{N} ]*$/u.test(name) ? name : tableCode(name);
}
