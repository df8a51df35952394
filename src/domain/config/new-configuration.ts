import type { TargetName } from '../identity.ts';
import type { Configuration } from './config.ts';

/** What a pull request's own configuration would decide, once it is merged; until then the base's judges. */
export interface NewConfiguration {
  /** The first line of the file that is another; absent when the file is gone. */
  readonly line?: number;
  readonly added: readonly TargetName[];
  readonly removed: readonly TargetName[];
  /** Environments that would ask for another number of people; a side that does not name the environment has none. */
  readonly approvals: readonly { readonly environment: string; readonly before?: number; readonly after?: number }[];
  /** Names of the rules that would speak of this pull request's changes, and of those that do so only until then. */
  readonly rules: { readonly asked: readonly string[]; readonly dropped: readonly string[] };
}

/** One side: its file's text, what it says, and the targets that it finds in what would be merged. */
export interface ConfigurationSide {
  readonly text: string | undefined;
  readonly environments: Configuration['environments'];
  readonly targets: readonly TargetName[];
}

/** Compares all but the rules, which speak of changes that have to be planned first. */
export function compareConfigurations(
  base: ConfigurationSide,
  head: ConfigurationSide,
): Omit<NewConfiguration, 'rules'> {
  const [before, after] = [new Set(base.targets), new Set(head.targets)];
  const names = [...new Set([...base.environments.keys(), ...head.environments.keys()])].sort();
  return {
    ...(head.text === undefined ? {} : { line: firstChangedLine(base.text ?? '', head.text) }),
    added: head.targets.filter((name) => !before.has(name)),
    removed: base.targets.filter((name) => !after.has(name)),
    approvals: names.flatMap((environment) => {
      const [was, is] = [base, head].map((side) => side.environments.get(environment)?.approvals);
      if (was === is) return [];
      return [
        { environment, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) },
      ];
    }),
  };
}

/** In the new text, counted from 1; its last line when only the end is gone. */
function firstChangedLine(before: string, after: string): number {
  const [old, lines] = [before.split('\n'), after.split('\n')];
  const changed = lines.findIndex((line, index) => line !== old[index]);
  return changed < 0 ? lines.length : changed + 1;
}
