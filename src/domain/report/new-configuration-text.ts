import type { NewConfiguration } from '../config/new-configuration.ts';
import { plural } from './change-words.ts';

const shownNames = 20;

/** What a pull request's own configuration would decide for it: one sentence a point. Plain text, for the annotation and the summary alike. */
export function newConfigurationText({ added, removed, approvals, rules }: NewConfiguration): string {
  const points = [
    added.length === 0 ? '' : `It adds ${named('target', added)}; the first deployment of each starts held.`,
    removed.length === 0 ? '' : `It no longer names ${named('target', removed)}; nothing of them is deleted by that.`,
    ...approvals.map(approvalsText),
    rules.asked.length === 0 ? '' : `Of these changes it would ask ${named('rule', rules.asked)}.`,
    rules.dropped.length === 0 ? '' : `It would no longer ask ${named('rule', rules.dropped)} of them.`,
  ].filter((point) => point !== '');
  return [
    "The base's configuration judges this pull request; this one counts once it is merged.",
    ...(points.length === 0 ? ['It has the same targets, approvals and rules for what is changed here.'] : points),
  ].join(' ');
}

function approvalsText({ environment, before, after }: NewConfiguration['approvals'][number]): string {
  if (after === undefined) return `It has no environment ${environment}.`;
  const people = plural(after, 'approval');
  return before === undefined
    ? `The new environment ${environment} asks for ${people}.`
    : `In ${environment} it asks for ${people} instead of ${before}.`;
}

function named(what: string, names: readonly string[]): string {
  const hidden = names.length - shownNames;
  const shown = names.slice(0, shownNames).join(', ');
  return `the ${names.length === 1 ? what : `${what}s`} ${shown}${hidden > 0 ? ` and ${hidden} more` : ''}`;
}
