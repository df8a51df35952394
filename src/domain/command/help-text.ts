import type { DeploymentPhase } from '../deployment/deployment.ts';
import type { GateDecision } from '../gate/decision.ts';
import type { TargetName } from '../identity.ts';
import { plural } from '../report/change-words.ts';
import { deploymentTable } from '../report/deployment-table.ts';
import type { DeploymentView } from '../report/pull-request-view.ts';
import { requirementLine } from '../report/requirement-list.ts';
import { code } from '../report/safe-text.ts';
import { type CommandDescription, commands } from './commands.ts';

/** Where `/help` was said, and how things stand there. */
export type HelpSituation =
  | {
      readonly kind: 'open-pull';
      readonly base: string;
      readonly targets: readonly TargetName[];
      readonly gate: GateDecision | undefined;
    }
  | { readonly kind: 'merged-pull'; readonly deployments: readonly DeploymentView[] }
  | { readonly kind: 'closed-pull' }
  | { readonly kind: 'hold'; readonly target: TargetName; readonly phase: DeploymentPhase };

/** The commands, and what would happen now. */
export function helpText(situation: HelpSituation): string {
  return [
    '| command | who | what it does |',
    '|---|---|---|',
    ...Object.values(commands).map(commandRow),
    '',
    'TARGET is `stack@environment`, `stack`, `@environment` or any of them with `*`; none means all. A command is a line that begins with `/`; at most five a comment are run, in order.',
    '',
    '**Now:**',
    ...nowLines(situation),
  ].join('\n');
}

function commandRow(command: CommandDescription): string {
  const effect = command.supported ? command.effect : `*not supported yet:* ${command.effect}`;
  return `| \`${command.usage}\` | ${command.who} | ${effect} |`;
}

function nowLines(situation: HelpSituation): readonly string[] {
  switch (situation.kind) {
    case 'open-pull':
      return openPullLines(situation);
    case 'merged-pull':
      return situation.deployments.length === 0
        ? ['nothing of this pull request is deployed.']
        : ['it is merged.', '', ...deploymentTable(situation.deployments)];
    case 'closed-pull':
      return ['the pull request is closed without a merge; nothing happens until it is reopened.'];
    case 'hold':
      return [holdLine(situation.target, situation.phase)];
  }
}

function openPullLines({ base, targets, gate }: Extract<HelpSituation, { kind: 'open-pull' }>): readonly string[] {
  if (gate === undefined) return ['the plan is being made; `planwright/plan` tells when it is there.'];
  if (targets.length === 0 && gate.status === 'open')
    return ['nothing here belongs to a target; merging deploys nothing.'];
  const affected = plural(targets.length, 'target');
  const isAppliedFirst = gate.requirements.some(({ name }) => name === 'applied');
  const merging = isAppliedFirst
    ? `what it changes is applied already, and merging into ${code(base)} changes nothing more.`
    : `merging into ${code(base)} would deploy ${affected}.`;
  if (gate.status === 'open') return [`the gate is open; ${merging}`];
  const missing = gate.requirements.filter((requirement) => requirement.status !== 'met');
  const next = isAppliedFirst
    ? `when nothing but *applied* is missing, \`/apply\` applies ${affected}, before the merge.`
    : `when it opens, ${merging}`;
  return [
    `the gate is ${gate.status === 'blocked' ? 'blocked' : 'waiting'}; ${next}`,
    '',
    ...missing.map(requirementLine),
  ];
}

function holdLine(target: TargetName, phase: DeploymentPhase): string {
  switch (phase.kind) {
    case 'held':
      return `the deployment of ${code(target)} is held; \`/apply\` approves exactly the plan above.`;
    case 'failed':
      return `the deployment of ${code(target)} failed; \`/apply\` tries it again.`;
    case 'queued':
    case 'waiting':
    case 'applying':
    case 'verifying':
      return `the deployment of ${code(target)} goes on; nobody is needed.`;
    case 'succeeded':
    case 'superseded':
    case 'cancelled':
      return `the deployment of ${code(target)} has ended; nobody is needed.`;
  }
}
