import type { Person } from '../gate/people.ts';
import { cut } from './text-size.ts';
import { visible } from './visible-text.ts';

/**
 * Everything that comes from a repository, a cluster or a person passes through here before it stands in Markdown. In code GitHub makes no
 * mention, reference, link, emoji or tag, so whatever is not plain words is shown as code.
 */

const proseCharacters = 4_000;
const plainWord = /^[\p{L}\p{M}\p{N}.,;:!?'"()/%=+→–—…-]*$/u;
const linkedByGitHub = [
  /:\/\//,
  /www\./i,
  // Abbreviated commits.
  /[0-9a-f]{7,}/i,
  // `GH-12`, and the autolink references that a repository can define.
  /[\p{L}\p{N}]-\d/u,
  /:[\w+-]+:/,
];
const listMarker = /^(?:[-+=]+|\d+[.)])$/;

/** Inline code that nothing inside can end. Not for table cells or HTML blocks. */
export function code(text: string): string {
  const shown = text === '' ? '(empty)' : visible(text);
  const ticks = '`'.repeat(longestRun(shown, '`') + 1);
  const padding = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${ticks}${padding}${shown}${padding}${ticks}`;
}

/** Inline code for a cell of a table: a pipe would end the cell even inside code. */
export function tableCode(text: string): string {
  return code(text.replaceAll('|', '<U+007C>'));
}

/** Code for HTML blocks (`<summary>`), where Markdown is not read. */
export function htmlCode(text: string): string {
  return `<code>${visible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</code>`;
}

/** Words on one line: plain ones as they are, everything that Markdown or GitHub would act upon as code. */
export function prose(text: string): string {
  const line = cut(text.replace(/\s+/g, ' ').trim(), proseCharacters);
  return line
    .split(/((?:^|(?<= ))`[^`]+`(?=[.,;:!?)]*(?:$| )))/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : plainWords(part)))
    .join('');
}

/** A block of code whose fence is longer than any run of backticks inside. The lines are visible text already. */
export function fence(language: string, lines: readonly string[]): string {
  const longest = lines.reduce((most, line) => Math.max(most, longestRun(line, '`')), 2);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${lines.join('\n')}\n${ticks}`;
}

/** A real mention, which notifies: only of people, and only by what can be a login. */
export function mention(person: Person): string {
  const login = /^[a-z\d](?:[a-z\d_-]{0,98}[a-z\d])?$/i;
  return person.bot || !login.test(person.login) ? code(person.login) : `@${person.login}`;
}

function plainWords(text: string): string {
  return text.split(' ').map(plainOrCode).join(' ');
}

function plainOrCode(word: string, index: number): string {
  const isPlain =
    plainWord.test(word) &&
    !linkedByGitHub.some((pattern) => pattern.test(word)) &&
    !(index === 0 && listMarker.test(word));
  if (isPlain) return word;
  const [, before = '', core = '', after = ''] = /^([("']*)(.*?)([)"'.,;:!?]*)$/u.exec(visible(word)) ?? [];
  return core === '' ? code(word) : `${before}${code(core)}${after}`;
}

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const next of text) {
    run = next === character ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
