import type { Configuration, Environment, Stack } from '../config/config.ts';
import { nameFromPath, type PathPattern, parsePathPattern } from '../config/path-pattern.ts';
import { targetName } from '../identity.ts';
import type { Problem } from '../manifest/rendered-object.ts';
import { directoryTree } from './directory-tree.ts';
import { type DirectoryMatch, matchDirectories } from './match-directories.ts';
import type { Target } from './target.ts';

export interface ResolvedTargets {
  /** In the order of their directories. */
  readonly targets: readonly Target[];
  readonly problems: readonly Problem[];
}

/** GitHub comments, commands and checks name targets; what cannot be written there is no name. */
const stackNamePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;

/**
 * The targets of a tree: every directory that a stack's path stands for and that has a file somewhere below it. A directory that two patterns claim, two directories of one name, and a
 * directory whose name no target can have are errors on the stack's line; the first claim is kept. The cost follows the number of paths.
 */
export function resolveTargets(configuration: Configuration, paths: Iterable<string>): ResolvedTargets {
  const tree = directoryTree(paths);
  const environments = [...configuration.environments.keys()];
  const candidates = configuration.stacks.flatMap((stack) => {
    const parsed = parsePathPattern(stack.path);
    if (parsed.kind === 'invalid') return [];
    const matches = matchDirectories(parsed.pattern, tree, environments);
    return matches.flatMap((match) => candidateOf({ match, stack, pattern: parsed.pattern, configuration }));
  });
  return keepFirstClaims(candidates);
}

function candidateOf(from: {
  readonly match: DirectoryMatch;
  readonly stack: Stack;
  readonly pattern: PathPattern;
  readonly configuration: Configuration;
}): readonly Target[] {
  const { match, stack, pattern, configuration } = from;
  const environment =
    match.environment === undefined
      ? onlyEnvironment(configuration)
      : configuration.environments.get(match.environment);
  if (environment === undefined) return [];
  const stackName = stack.name ?? match.stack ?? nameFromPath(pattern);
  return [{ name: targetName(stackName, environment.name), stackName, directory: match.directory, environment, stack }];
}

/** A path without `{environment}` is accepted only where there is one. */
function onlyEnvironment(configuration: Configuration): Environment | undefined {
  return configuration.environments.size === 1 ? configuration.environments.values().next().value : undefined;
}

function keepFirstClaims(candidates: readonly Target[]): ResolvedTargets {
  const byDirectory = new Map<string, Target>();
  const byName = new Map<string, Target>();
  const problems: Problem[] = [];
  for (const target of candidates) {
    const fault = claimFault(target, byDirectory.get(target.directory), byName.get(target.name));
    if (fault !== undefined) {
      problems.push({ severity: 'error', message: fault, position: target.stack.position });
      continue;
    }
    byDirectory.set(target.directory, target);
    byName.set(target.name, target);
  }
  const targets = [...byDirectory.values()].toSorted((left, right) => (left.directory < right.directory ? -1 : 1));
  return { targets, problems };
}

function claimFault(
  target: Target,
  sameDirectory: Target | undefined,
  sameName: Target | undefined,
): string | undefined {
  const { directory, stackName, stack } = target;
  if (!stackNamePattern.test(stackName)) {
    return `the directory ${shown(directory)} gives the stack name ${JSON.stringify(stackName)}: a name has letters, digits, ".", "_", "+" and "-" only, and begins with a letter or digit`;
  }
  if (sameDirectory !== undefined && sameDirectory.stack === stack) {
    return `the directory ${shown(directory)} can be read as ${sameDirectory.name} and as ${target.name}: rename it, or make the path ${stack.path} clearer`;
  }
  if (sameDirectory !== undefined) {
    return `two stacks claim the directory ${shown(directory)}: ${sameDirectory.stack.path} (line ${sameDirectory.stack.position.line}) and ${stack.path} (line ${stack.position.line})`;
  }
  if (sameName !== undefined) {
    return `two directories are ${target.name}: ${shown(sameName.directory)} and ${shown(directory)}. Give one of the stacks another "name"`;
  }
  return undefined;
}

function shown(directory: string): string {
  return directory === '' ? 'at the root' : directory;
}
