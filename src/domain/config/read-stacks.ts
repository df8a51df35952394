import type { Problem } from '../manifest/rendered-object.ts';
import type { YamlMapping } from '../manifest/yaml-tree.ts';
import { readIgnoredPattern } from '../plan/field-pattern.ts';
import type { IgnoreRule } from '../plan/ignored-fields.ts';
import type { ForceConflicts } from '../plan/take-fields.ts';
import type { Stack } from './config.ts';
import type { ConfigurationShape, IgnoreShape, StackShape } from './configuration-shape.ts';
import { durationMs } from './duration.ts';
import { globFault } from './glob.ts';
import { nameFromPath, type PathPattern, parsePathPattern } from './path-pattern.ts';
import { findPlaced, type Place } from './placed-node.ts';

const defaultTimeoutMs = 600_000;
const maxTimeoutMs = 7 * 86_400_000;

interface Surroundings {
  readonly root: YamlMapping;
  readonly place: Place;
}

/** The stacks with their defaults, and what is wrong with their paths, names, patterns, namespaces and timeouts. */
export function readStacks(
  shape: ConfigurationShape,
  surroundings: Surroundings,
): { readonly stacks: readonly Stack[]; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const shapes = shape.stacks ?? [];
  const environments = Object.keys(shape.environments ?? {});
  const read = shapes.map((stack, index) => readStack(stack, { index, environments, ...surroundings }));
  const problems = [
    ...read.flatMap((each) => each.problems),
    ...duplicateNames(
      read.map((each) => each.named),
      surroundings.place,
    ),
  ];
  return { stacks: read.map((each) => each.stack), problems, warnings: idleWarnings(shapes.length, surroundings) };
}

interface StackRead {
  readonly stack: Stack;
  readonly problems: readonly Problem[];
  /** Name and place, where the name is known without looking at directories. */
  readonly named: { readonly name: string; readonly offset: number } | undefined;
}

function readStack(
  shape: StackShape,
  where: Surroundings & { readonly index: number; readonly environments: readonly string[] },
): StackRead {
  const { root, place, index } = where;
  const offsetOf = (...path: (string | number)[]) =>
    (findPlaced(root, ['stacks', index, ...path]) ?? findPlaced(root, ['stacks', index]))?.node.start ?? root.start;
  const parsed = parsePathPattern(shape.path);
  const problems: Problem[] = [];
  const refuse = (offset: number, message: string) =>
    problems.push({ severity: 'error', message, position: place(offset) });
  const pattern = parsed.kind === 'pattern' ? parsed.pattern : undefined;
  const wrongPath =
    parsed.kind === 'invalid' ? parsed.message : placeholderFault(parsed.pattern, shape, where.environments);
  if (wrongPath !== undefined) refuse(offsetOf('path'), wrongPath);
  shape.watch?.forEach((glob, at) => {
    const fault = globFault(glob);
    if (fault !== undefined) refuse(offsetOf('watch', at), fault);
  });
  if (shape.namespace !== undefined && shape.namespaces !== undefined && !shape.namespaces.includes(shape.namespace)) {
    refuse(
      offsetOf('namespace'),
      `"namespace" is ${shape.namespace}, which "namespaces" does not list: the stack could not touch it`,
    );
  }
  const ignore = readIgnored(shape.ignore ?? []);
  for (const { at, message } of ignore.faults) refuse(offsetOf('ignore', ...at), message);
  const timeoutMs = shape.timeout === undefined ? defaultTimeoutMs : (durationMs(shape.timeout) ?? 0);
  if (timeoutMs < 1000 || timeoutMs > maxTimeoutMs) refuse(offsetOf('timeout'), '"timeout" must be between 1s and 7d');
  const name =
    shape.name ?? (pattern === undefined || pattern.placeholders.has('stack') ? undefined : nameFromPath(pattern));
  return {
    stack: withDefaults(shape, {
      path: pattern?.path ?? shape.path,
      ignore: ignore.rules,
      timeoutMs,
      position: place(offsetOf()),
    }),
    problems,
    named:
      name === undefined || name === ''
        ? undefined
        : { name, offset: offsetOf(shape.name === undefined ? 'path' : 'name') },
  };
}

function withDefaults(shape: StackShape, known: Pick<Stack, 'path' | 'ignore' | 'timeoutMs' | 'position'>): Stack {
  return {
    ...known,
    ...(shape.name === undefined ? {} : { name: shape.name }),
    ...(shape.renderer === 'manifests' ? { renderer: shape.renderer } : {}),
    ...(shape.namespace === undefined ? {} : { namespace: shape.namespace }),
    ...(shape.namespaces === undefined ? {} : { namespaces: shape.namespaces }),
    watch: shape.watch ?? [],
    clusterScoped: shape.cluster_scoped ?? [],
    forceConflicts: forceConflictsOf(shape.force_conflicts),
    prune: shape.prune ?? true,
  };
}

function forceConflictsOf(shape: StackShape['force_conflicts']): ForceConflicts {
  if (shape === undefined || shape === false) return { kind: 'none' };
  return shape === true ? { kind: 'all' } : { kind: 'managers', managers: shape };
}

interface IgnoredRead {
  readonly rules: readonly IgnoreRule[];
  /** `at`: where in the list. */
  readonly faults: readonly { readonly at: readonly [number, string]; readonly message: string }[];
}

function readIgnored(shapes: readonly IgnoreShape[]): IgnoredRead {
  const rules: IgnoreRule[] = [];
  const faults: { readonly at: readonly [number, string]; readonly message: string }[] = [];
  shapes.forEach(({ path, ...what }, index) => {
    const read = readIgnoredPattern(path);
    if (read.kind === 'pattern') rules.push({ ...what, path: read.pattern });
    else faults.push({ at: [index, 'path'], message: read.message });
    for (const key of ['namespace', 'name'] as const) {
      const fault = what[key] === undefined ? undefined : globFault(what[key]);
      if (fault !== undefined) faults.push({ at: [index, key], message: fault });
    }
  });
  return { rules, faults };
}

/** A directory must say which environment it is for, unless there is only one. */
function placeholderFault(
  pattern: PathPattern,
  shape: StackShape,
  environments: readonly string[],
): string | undefined {
  if (environments.length === 0) return 'a stack needs an environment to go to: add one under "environments"';
  if (!pattern.placeholders.has('environment') && environments.length > 1) {
    return `with ${environments.length} environments the path must say which one a directory is for: add {environment}, as in ${examplePath(pattern)}`;
  }
  if (shape.name !== undefined && pattern.placeholders.has('stack'))
    return 'with "name", every directory that {stack} stands for would get one name: remove one of the two';
  if (shape.name === undefined && !pattern.placeholders.has('stack')) {
    const name = nameFromPath(pattern);
    if (name === '') return 'the path leaves no name for the stack: add "name"';
    if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/.test(name))
      return `the path gives the name ${JSON.stringify(name)}, which a stack cannot have: add "name"`;
  }
  return undefined;
}

function examplePath(pattern: PathPattern): string {
  return pattern.path === '' ? '{environment}' : `${pattern.path}/{environment}`;
}

function duplicateNames(named: readonly StackRead['named'][], place: Place): readonly Problem[] {
  const first = new Map<string, number>();
  return named.flatMap((each): readonly Problem[] => {
    if (each === undefined) return [];
    const earlier = first.get(each.name);
    first.set(each.name, earlier ?? each.offset);
    if (earlier === undefined) return [];
    const message = `two stacks are named ${JSON.stringify(each.name)} (the first is on line ${place(earlier).line}): give one another "name"`;
    return [{ severity: 'error', message, position: place(each.offset) }];
  });
}

function idleWarnings(stackCount: number, { root, place }: Surroundings): readonly Problem[] {
  if (stackCount > 0) return [];
  const offset = findPlaced(root, ['stacks'])?.keyStart ?? root.start;
  return [{ severity: 'warning', message: 'the file names no stacks: nothing is planned', position: place(offset) }];
}
