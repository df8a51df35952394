import type { Problem } from '../manifest/rendered-object.ts';
import type { Annotation, CheckConclusion, CheckText } from './check.ts';
import { checkTextBytes, titleCharacters } from './limits.ts';
import { newConfigurationText } from './new-configuration-text.ts';
import { allProblems, outcomeFails, outcomeTitle, planOverview } from './plan-overview.ts';
import { byDanger } from './planned-view.ts';
import { annotationsOf } from './problem-list.ts';
import { provenance } from './provenance.ts';
import type { PlanningOutcome, PullRequestView } from './pull-request-view.ts';
import { targetSections } from './target-sections.ts';
import { cut, cutToBytes } from './text-size.ts';
import { visible, visibleLines } from './visible-text.ts';

export interface PlanCheck {
  readonly conclusion: CheckConclusion;
  readonly text: CheckText;
  readonly annotations: readonly Annotation[];
}

/** `planwright/plan`: success when everything could be planned, warnings or not; failure with what is wrong and where. */
export function planCheck(view: PullRequestView): PlanCheck {
  const { outcome } = view;
  const overview = planOverview(view);
  const sections =
    outcome.kind === 'planned' ? targetSections(byDanger(outcome.plans), checkTextBytes, view.planUrl).text : '';
  const summary = [...overview, ...(outcome.kind === 'planned' ? ['', ...provenance(view, outcome.plans)] : [])]
    .join('\n')
    .trim();
  return {
    conclusion: outcomeFails(outcome) ? 'failure' : 'success',
    text: {
      title: cut(outcomeTitle(view, visible), titleCharacters),
      summary: cutToBytes(summary, checkTextBytes, '… the rest is left out.'),
      ...(sections === '' ? {} : { text: sections }),
    },
    annotations: [...annotationsOf(problemsOf(outcome)), ...newConfigurationNotice(outcome)],
  };
}

/** On the first changed line of the file. */
function newConfigurationNotice(outcome: PlanningOutcome): readonly Annotation[] {
  if (outcome.kind !== 'planned' || outcome.newConfiguration?.line === undefined) return [];
  const { line } = outcome.newConfiguration;
  const message = visibleLines(newConfigurationText(outcome.newConfiguration)).join('\n');
  return [{ path: '.github/planwright.yml', line, level: 'notice', title: 'What this would decide', message }];
}

function problemsOf(outcome: PlanningOutcome): readonly Problem[] {
  switch (outcome.kind) {
    case 'no-changes':
    case 'conflict':
      return [];
    case 'invalid':
      return outcome.problems;
    case 'planned':
      return allProblems(outcome);
  }
}
