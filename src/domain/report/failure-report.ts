import type { ClusterEvent, FailureDetails } from '../deployment/failure.ts';
import type { TargetName } from '../identity.ts';
import { identityText } from '../manifest/rendered-object.ts';
import { plural } from './change-words.ts';
import type { DeploymentView } from './pull-request-view.ts';
import { code, fence, htmlCode, prose } from './safe-text.ts';
import { cut, linesWithin, utf8Bytes } from './text-size.ts';
import { visible } from './visible-text.ts';

const eventBytes = 3_000;
const logBytes = 5_000;
const lineCharacters = 400;

/** What the cluster says of the objects that failed, with a heading each; at most about 10,000 bytes an object. */
export function failureSections(details: readonly FailureDetails[]): readonly string[] {
  return details.filter(tells).flatMap((detail) => ['', heading(detail), '', ...body(detail)]);
}

/** The same of every failed target, folded under its name; whole objects only, as many as have space. */
export function foldedFailures(deployments: readonly DeploymentView[], bytes: number): readonly string[] {
  const blocks = deployments.flatMap(({ target, phase }) =>
    phase.kind === 'failed' ? (phase.details ?? []).filter(tells).map((detail) => folded(target, detail)) : [],
  );
  const kept: string[] = [];
  let size = 0;
  for (const block of blocks) {
    size += utf8Bytes(block) + 2;
    if (size <= bytes) kept.push(block);
  }
  const hidden = blocks.length - kept.length;
  return [
    ...kept.flatMap((block) => ['', block]),
    ...(hidden === 0 ? [] : ['', `What the cluster says of ${plural(hidden, 'more object')} did not fit here.`]),
  ];
}

function folded(target: TargetName, detail: FailureDetails): string {
  const about = `${htmlCode(target)}: what the cluster says of ${htmlCode(identityText(detail.object))}`;
  return ['<details>', `<summary>${about}</summary>`, '', ...body(detail), '', '</details>'].join('\n');
}

function tells({ pod, events, unread }: FailureDetails): boolean {
  return pod !== undefined || events.length > 0 || unread.length > 0;
}

function heading({ object }: FailureDetails): string {
  return `### What the cluster says of ${code(identityText(object))}`;
}

function body({ pod, events, log, unread }: FailureDetails): readonly string[] {
  const parts: (readonly string[])[] = [];
  if (pod !== undefined) {
    const container = pod.container === undefined ? '' : `, container ${code(pod.container)}`;
    parts.push([`Pod ${code(pod.name)}${container}: ${prose(pod.state)}.`]);
  }
  if (events.length > 0) parts.push(['Events:', '', fence('text', linesWithin(events.map(eventLine), eventBytes))]);
  if (log !== undefined) {
    const run = log.previous ? ' before its last restart' : '';
    const lines = lastLinesWithin(log.lines.map((line) => cut(visible(line), lineCharacters)));
    parts.push(
      lines.length === 0
        ? [`Container ${code(log.container)} wrote no log${run}.`]
        : [`The last log lines of container ${code(log.container)}${run}:`, '', fence('text', lines)],
    );
  }
  if (unread.length > 0) parts.push(unread.map((reason) => `- ${prose(reason)}`));
  return parts.flatMap((part, index) => (index === 0 ? part : ['', ...part]));
}

function eventLine({ type, reason, about, message, count }: ClusterEvent): string {
  const times = count > 1 ? ` (${count} times)` : '';
  return cut(visible(`${type} ${reason}, ${about}: ${message}${times}`), lineCharacters);
}

function lastLinesWithin(lines: readonly string[]): readonly string[] {
  return linesWithin(lines.toReversed(), logBytes).toReversed();
}
