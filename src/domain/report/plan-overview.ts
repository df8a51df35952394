import { planFails } from '../plan/plan.ts';
import { countsText, plural, totalOf } from './change-words.ts';
import { destructiveList } from './destructive-list.ts';
import { newConfigurationText } from './new-configuration-text.ts';
import { byDanger, countAll } from './planned-view.ts';
import { problemList } from './problem-list.ts';
import type { PlanningOutcome, PullRequestView } from './pull-request-view.ts';
import { code, prose } from './safe-text.ts';
import { targetTable } from './target-table.ts';

export const noChangesTitle = 'No infrastructure changes';

const shownFiles = 50;

/** One line; `show` makes names safe for where the title stands. */
export function outcomeTitle(view: PullRequestView, show: (name: string) => string): string {
  const { outcome } = view;
  switch (outcome.kind) {
    case 'no-changes':
      return noChangesTitle;
    case 'conflict':
      return `Conflicts with ${show(view.base.ref)} in ${plural(outcome.files.length, 'file')}`;
    case 'invalid':
      return `Nothing could be planned: ${plural(errorCount(outcome), 'error')}`;
    case 'planned':
      return plannedTitle(outcome, show);
  }
}

/** The part of comment and check that everyone reads: what would happen where, what destroys, what is wrong. */
export function planOverview(view: PullRequestView): readonly string[] {
  const { outcome } = view;
  switch (outcome.kind) {
    case 'no-changes':
      return [`Nothing that this pull request changes at \`${view.head.slice(0, 12)}\` belongs to a target.`];
    case 'conflict':
      return [
        `The head cannot be merged into ${code(view.base.ref)}, so there is nothing to plan. Merge or rebase, and resolve:`,
        '',
        ...outcome.files.slice(0, shownFiles).map((file) => `- ${code(file)}`),
        ...(outcome.files.length > shownFiles
          ? [`- … and ${plural(outcome.files.length - shownFiles, 'more file')}`]
          : []),
      ];
    case 'invalid':
      return ['Nothing was planned, because of:', '', ...problemList(outcome.problems)];
    case 'planned':
      return plannedOverview(view, outcome);
  }
}

/** True when the pull request cannot be planned as a whole; warnings do not count. */
export function outcomeFails(outcome: PlanningOutcome): boolean {
  switch (outcome.kind) {
    case 'no-changes':
      return false;
    case 'conflict':
    case 'invalid':
      return true;
    case 'planned':
      return outcome.plans.some(planFails) || outcome.problems.some((problem) => problem.severity === 'error');
  }
}

type Planned = Extract<PlanningOutcome, { kind: 'planned' }>;

function plannedTitle(outcome: Planned, show: (name: string) => string): string {
  const where = targetsText(outcome.plans, show);
  const counts = countAll(outcome.plans);
  const errors = errorCount({ problems: allProblems(outcome) });
  const incomplete = outcome.plans.filter((plan) => !plan.complete);
  if (errors > 0) return `Plan failed with ${plural(errors, 'error')}`;
  if (incomplete.length > 0) return `Plan incomplete for ${targetsText(incomplete, show)}`;
  if (outcome.plans.length === 0)
    return outcome.configurationChanged ? 'Configuration changes, no target does' : noChangesTitle;
  if (totalOf(counts) === 0) return `Nothing to change in ${where}`;
  return `${sentenceCase(countsText(counts))} in ${where}`;
}

function targetsText(plans: Planned['plans'], show: (name: string) => string): string {
  const [only] = plans;
  return only !== undefined && plans.length === 1 ? show(only.target) : plural(plans.length, 'target');
}

function plannedOverview(view: PullRequestView, outcome: Planned): readonly string[] {
  const plans = byDanger(outcome.plans);
  const problems = problemList(allProblems(outcome));
  return paragraphs([
    notes(outcome),
    destructiveList(plans),
    plans.length === 0 ? [] : targetTable(plans, view.gate),
    problems,
  ]);
}

/** Everything that was found, of single targets and of the pull request. */
export function allProblems(outcome: Planned): Planned['problems'] {
  return [...outcome.problems, ...outcome.plans.flatMap((plan) => plan.problems)];
}

function notes(outcome: Planned): readonly string[] {
  return [
    ...(outcome.offline
      ? ['From a fork: rendered and checked without a cluster. Somebody with write access plans it live with `/plan`.']
      : []),
    ...(outcome.configurationChanged ? ['Changes how Planwright decides here (its configuration or CODEOWNERS).'] : []),
    ...(outcome.newConfiguration === undefined ? [] : [prose(newConfigurationText(outcome.newConfiguration))]),
    ...(outcome.advice === undefined ? [] : [prose(outcome.advice)]),
  ].flatMap((note, index) => (index === 0 ? [note] : ['', note]));
}

/** Joins the groups that are not empty with blank lines. */
export function paragraphs(groups: readonly (readonly string[])[]): readonly string[] {
  return groups.filter((group) => group.length > 0).flatMap((group, index) => (index === 0 ? group : ['', ...group]));
}

function errorCount(outcome: { readonly problems: readonly { readonly severity: string }[] }): number {
  return outcome.problems.filter((problem) => problem.severity === 'error').length;
}

function sentenceCase(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
