import { commandsFor } from '../command/commands.ts';
import type { DeploymentPhase } from '../deployment/deployment.ts';
import type { Person } from '../gate/people.ts';
import type { CommitSha, PullNumber, TargetName } from '../identity.ts';
import { identityText } from '../manifest/rendered-object.ts';
import type { Effect, EffectValue, Move } from '../plan/effect.ts';
import type { Plan } from '../plan/plan.ts';
import { plural } from './change-words.ts';
import { phaseText } from './deployment-words.ts';
import {
  differenceToApproved,
  type FieldDifference,
  type ObjectDifference,
  type Uncovered,
} from './effect-difference.ts';
import { failureSections } from './failure-report.ts';
import { commentBytes, titleCharacters } from './limits.ts';
import type { LinkedPlan } from './plan-link.ts';
import { code, fence, mention, prose } from './safe-text.ts';
import { cut, utf8Bytes } from './text-size.ts';
import { visible } from './visible-text.ts';

export const holdLabel = 'planwright:held';

const shownValueCharacters = 300;
const shownSteps = 3;
const shownReasons = 10;
const reasonCharacters = 500;

/** A deployment that a person has to look at. */
export interface HoldView {
  readonly target: TargetName;
  readonly phase: Extract<DeploymentPhase, { kind: 'held' | 'failed' }>;
  readonly pull: PullNumber;
  readonly commit: CommitSha;
  readonly author: Person;
  readonly mergedBy?: Person;
  /** Who can decide, for people: `people with write access`, `team:sre`. */
  readonly deciders: readonly string[];
  /** Effects that are approved and not yet deployed, of all merged pull requests of this target. */
  readonly approved: readonly Effect[];
  /** The plan that would be applied now; undefined when there is none. */
  readonly plan?: LinkedPlan & Pick<Plan, 'moves'>;
  /** What keeps it from being covered; undefined when it is. */
  readonly uncovered?: Uncovered;
  readonly planUrl?: (plan: LinkedPlan) => string;
}

export interface IssueText {
  readonly title: string;
  readonly body: string;
}

/** By this a target's issue is found again. No target's name can close the comment or look like another's. */
export function holdMarker(target: TargetName): string {
  const name = encodeURIComponent(target.toWellFormed()).replaceAll('-', '%2D');
  return `<!-- planwright:held:${name} -->`;
}

/** The issue while the deployment needs a person; at most 65,000 bytes. */
export function holdIssue(view: HoldView): IssueText {
  const top = [
    holdMarker(view.target),
    `${people(view)}: ${whatHappened(view)}`,
    '',
    ...reasons(view),
    ...(view.phase.kind === 'failed' ? failureSections(view.phase.details ?? []) : []),
    '',
    ...whoDecides(view),
    '',
  ].join('\n');
  const bottom = ['', ...planLine(view), '', ...commandLines()].join('\n');
  const space = commentBytes - utf8Bytes(top) - utf8Bytes(bottom) - 1_000;
  return {
    title: issueTitle(view.target, view.phase.kind),
    body: [top, differenceText(view, space), bottom].join('\n'),
  };
}

/** The same issue when nobody is needed any more; its state is set to closed along with this. */
export function closedHoldIssue(
  view: Pick<HoldView, 'target' | 'pull' | 'commit'>,
  phase: DeploymentPhase,
  was: 'held' | 'failed',
): IssueText {
  const body = [
    holdMarker(view.target),
    `**${sentence(phaseText(phase))}** Nothing is left to decide here.`,
    '',
    `It was about ${code(view.commit.slice(0, 12))} from #${view.pull}.`,
  ];
  return { title: issueTitle(view.target, was), body: body.join('\n') };
}

function issueTitle(target: TargetName, kind: 'held' | 'failed'): string {
  return kind === 'held'
    ? `${cut(visible(target), titleCharacters)}: deployment held`
    : `${cut(visible(target), titleCharacters)}: deployment failed`;
}

function people(view: HoldView): string {
  const { author, mergedBy } = view;
  return mergedBy === undefined || mergedBy.id === author.id
    ? mention(author)
    : `${mention(author)}, ${mention(mergedBy)}`;
}

function whatHappened(view: HoldView): string {
  const what = `#${view.pull} (\`${view.commit.slice(0, 12)}\`) on ${code(view.target)}`;
  return view.phase.kind === 'held'
    ? `the deployment of ${what} is held. Nothing of the plan below was applied.`
    : `the deployment of ${what} failed. What comes after it does not start.`;
}

function reasons(view: HoldView): readonly string[] {
  const all = view.phase.kind === 'held' ? view.phase.reasons : [view.phase.reason];
  const hidden = all.length - shownReasons;
  return [
    ...all.slice(0, shownReasons).map((reason) => `- ${prose(cut(reason, reasonCharacters))}`),
    ...(hidden > 0 ? [`- … and ${plural(hidden, 'more reason')}`] : []),
  ];
}

function whoDecides(view: HoldView): readonly string[] {
  if (view.deciders.length === 0) return [];
  return [`Who can decide: ${prose(cut(view.deciders.join(', '), reasonCharacters))}.`];
}

function differenceText(view: HoldView, bytes: number): string {
  if (view.plan === undefined) return 'There is no plan to compare with what was approved.';
  if (view.uncovered === undefined)
    return `Everything that the current plan does is approved (${plural(view.plan.moves.length, 'field')}).`;
  const objects = differenceToApproved(view.uncovered, view.approved);
  const fields = objects.reduce((sum, object) => sum + object.fields.length, 0);
  const covered = view.plan.moves.length - view.uncovered.unapproved.length;
  return [
    `### Differs from what was approved: ${plural(fields, 'field')} of ${plural(objects.length, 'object')}`,
    '',
    ...(covered > 0
      ? [`The plan's other ${plural(covered, 'field')} ${covered === 1 ? 'is' : 'are'} approved.`, '']
      : []),
    ...fitObjects(objects, bytes - 500),
  ].join('\n');
}

/** Whole objects, what is deleted first, as many as there is space for. */
function fitObjects(objects: readonly ObjectDifference[], bytes: number): readonly string[] {
  const rank = { delete: 0, replace: 1, update: 2, create: 3 };
  const blocks = [...objects].sort((left, right) => rank[left.action] - rank[right.action]).map(objectLines);
  const kept: (readonly string[])[] = [];
  let size = 0;
  for (const block of blocks) {
    const blockSize = utf8Bytes(block.join('\n')) + 2;
    if (size + blockSize > bytes) continue;
    size += blockSize;
    kept.push(block);
  }
  const hidden = blocks.length - kept.length;
  return [
    fence(
      'diff',
      kept.flatMap((block, index) => (index === 0 ? block : ['', ...block])),
    ),
    ...(hidden === 0 ? [] : ['', `${plural(hidden, 'more object')} did not fit here.`]),
  ];
}

function objectLines({ object, action, fields }: ObjectDifference): readonly string[] {
  return [`@@ ${action} ${visible(identityText(object))} @@`, ...fields.flatMap(fieldLines)];
}

function fieldLines(field: FieldDifference): readonly string[] {
  const path = visible(field.path);
  switch (field.kind) {
    case 'unapproved':
      return [
        ...field.approved.slice(-shownSteps).map((step) => `- approved: ${path}: ${moveText(step)}`),
        `+ now:      ${path}: ${moveText(field.now)}${field.approved.length === 0 ? ', which nobody approved' : ''}`,
      ];
    case 'too-few':
      return [`+ now:      ${path}: ${moveText(field.now)}, approved by too few people`];
    case 'missing':
      return [`- approved: ${path}: ${moveText(field.approved)}, which would not happen`];
  }
}

function moveText({ before, after }: Move): string {
  if (before.kind === 'secret' || after.kind === 'secret') return 'changed (secret)';
  return `${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: EffectValue): string {
  switch (value.kind) {
    case 'absent':
      return 'absent';
    case 'json':
      return cut(visible(value.json), shownValueCharacters);
    case 'secret':
      return 'secret';
  }
}

function planLine(view: HoldView): readonly string[] {
  if (view.plan === undefined) return [];
  const digits = `\`${view.plan.digest.slice(0, 12)}\``;
  return [`Current plan: ${view.planUrl === undefined ? digits : `[${digits}](${view.planUrl(view.plan)})`}.`];
}

function commandLines(): readonly string[] {
  return ['Commands here:', '', ...commandsFor('hold').map((command) => `- \`${command.usage}\`: ${command.onHold}`)];
}

function sentence(text: string): string {
  const safe = prose(text);
  return `${safe.slice(0, 1).toUpperCase()}${safe.slice(1)}${/[.!?…]$/.test(safe) ? '' : '.'}`;
}
