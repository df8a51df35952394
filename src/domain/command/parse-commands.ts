import { plainLines } from './command-lines.ts';
import { type CommandDescription, type CommandName, commandNamed } from './commands.ts';
import { parseTargetPattern, type TargetPattern } from './target-pattern.ts';

const mostCommands = 5;
const mostTargets = 20;
const reasonCharacters = 500;

/** One command line of a comment. `line` is what was written, for the answer. */
export type ParsedCommand =
  | {
      readonly kind: 'plan' | 'apply' | 'unlock' | 'rollback';
      readonly line: string;
      readonly targets: readonly TargetPattern[];
    }
  | { readonly kind: 'override'; readonly line: string; readonly rule: string; readonly reason: string }
  | { readonly kind: 'cancel' | 'help'; readonly line: string }
  /** One of our words, but not usable as it is written. */
  | { readonly kind: 'malformed'; readonly line: string; readonly command: CommandName; readonly problem: string };

/**
 * The commands of a comment, at most five, in order. Only lines that begin in column one with `/` and a lower-case word of the table, and
 * that GitHub does not show as quote, code or comment. Never throws, and takes time linear in the body.
 */
export function parseCommands(body: string): readonly ParsedCommand[] {
  const parsed: ParsedCommand[] = [];
  for (const line of plainLines(body)) {
    const command = parseLine(line);
    if (command !== undefined) parsed.push(command);
    if (parsed.length === mostCommands) break;
  }
  return parsed;
}

function parseLine(line: string): ParsedCommand | undefined {
  const [, word = '', rest = ''] = /^\/([a-z]+)(?:[ \t]+(.*))?$/s.exec(line.trimEnd()) ?? [];
  const description = commandNamed(word);
  return description === undefined ? undefined : withArguments(description, line.trimEnd(), rest.trim());
}

function withArguments({ name }: CommandDescription, line: string, rest: string): ParsedCommand {
  switch (name) {
    case 'plan':
    case 'apply':
    case 'unlock':
    case 'rollback':
      return withTargets(name, line, rest);
    case 'override':
      return withRule(line, rest);
    case 'cancel':
    case 'help':
      return rest === ''
        ? { kind: name, line }
        : { kind: 'malformed', line, command: name, problem: 'it takes nothing after it' };
  }
}

function withTargets(kind: 'plan' | 'apply' | 'unlock' | 'rollback', line: string, rest: string): ParsedCommand {
  const words = rest === '' ? [] : rest.split(/[ \t]+/);
  if (words.length > mostTargets)
    return { kind: 'malformed', line, command: kind, problem: `at most ${mostTargets} targets a command` };
  const targets: TargetPattern[] = [];
  for (const word of words) {
    const pattern = parseTargetPattern(word);
    if (pattern.kind === 'invalid')
      return { kind: 'malformed', line, command: kind, problem: `\`${word}\`: ${pattern.problem}` };
    targets.push(pattern);
  }
  return { kind, line, targets };
}

/** `/override RULE REASON`; a rule's name with spaces stands in double or single quotes. */
function withRule(line: string, rest: string): ParsedCommand {
  const [, double, single, bare, reason = ''] =
    /^(?:"([^"]+)"|'([^']+)'|([^\s"']\S*))(?:[ \t]+(.*))?$/s.exec(rest) ?? [];
  const rule = double ?? single ?? bare;
  if (rule === undefined)
    return {
      kind: 'malformed',
      line,
      command: 'override',
      problem: 'name the rule (in quotes if it has spaces), then the reason',
    };
  if (reason.trim() === '')
    return { kind: 'malformed', line, command: 'override', problem: 'say the reason after the rule' };
  if (reason.length > reasonCharacters)
    return {
      kind: 'malformed',
      line,
      command: 'override',
      problem: `at most ${reasonCharacters} characters of reason`,
    };
  return { kind: 'override', line, rule, reason: reason.trim() };
}
