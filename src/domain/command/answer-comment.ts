import { code } from '../report/safe-text.ts';
import { cut } from '../report/text-size.ts';

/** What is said about one command line. */
export interface CommandAnswer {
  /** As it was written. */
  readonly line: string;
  readonly text: string;
}

const lineCharacters = 200;

/** One comment for all that a comment's commands have to say. No line of it begins with `/`, so it is no command itself. */
export function answerComment(answers: readonly CommandAnswer[]): string {
  const [only] = answers;
  if (only !== undefined && answers.length === 1) return only.text;
  return answers.map(({ line, text }) => `**${code(cut(line, lineCharacters))}**\n\n${text}`).join('\n\n');
}
