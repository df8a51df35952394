import type { GateDecision } from '../gate/decision.ts';
import { plural } from './change-words.ts';
import type { CheckConclusion, CheckText } from './check.ts';
import { checkTextBytes, titleCharacters } from './limits.ts';
import { noChangesTitle } from './plan-overview.ts';
import type { PullRequestView } from './pull-request-view.ts';
import { requirementList } from './requirement-list.ts';
import { cut, cutToBytes } from './text-size.ts';
import { visible } from './visible-text.ts';

/** `planwright/gate`: the decision with every requirement, met and unmet, who could meet it and what was looked at. */
export function gateCheck(view: PullRequestView): { readonly conclusion: CheckConclusion; readonly text: CheckText } {
  const { gate } = view;
  const list = requirementList(gate.requirements);
  const summary = [lead(view), ...(list.length === 0 ? [] : ['', ...list])].join('\n');
  return {
    conclusion: conclusionOf(gate),
    text: { title: title(view), summary: cutToBytes(summary, checkTextBytes, '… the rest is left out.') },
  };
}

function conclusionOf(gate: GateDecision): CheckConclusion {
  switch (gate.status) {
    case 'open':
      return 'success';
    case 'waiting':
      return 'action_required';
    case 'blocked':
      return 'failure';
  }
}

function title(view: PullRequestView): string {
  const { gate, outcome } = view;
  switch (gate.status) {
    case 'open':
      return outcome.kind === 'no-changes' ? noChangesTitle : 'Open: every requirement is met';
    case 'waiting':
      return cut(`Waits for ${names(gate, 'unmet')}`, titleCharacters);
    case 'blocked':
      return cut(`Blocked by ${names(gate, 'failed')}`, titleCharacters);
  }
}

function names(gate: GateDecision, status: 'unmet' | 'failed'): string {
  return gate.requirements
    .filter((requirement) => requirement.status === status)
    .map((requirement) => visible(requirement.name))
    .join(', ');
}

function lead(view: PullRequestView): string {
  const { gate, outcome } = view;
  const met = gate.requirements.filter((requirement) => requirement.status === 'met').length;
  const ofAll = `${met} of ${plural(gate.requirements.length, 'requirement')} met`;
  switch (gate.status) {
    case 'open':
      if (outcome.kind === 'no-changes')
        return 'Nothing that this pull request changes belongs to a target; nobody has to approve anything here.';
      return gate.requirements.length === 0 ? 'Nothing is required.' : 'It may be merged.';
    case 'waiting':
      return `Waiting for people: ${ofAll}.`;
    case 'blocked':
      return `No approval opens this gate as it is: ${ofAll}.`;
  }
}
