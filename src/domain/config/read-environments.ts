import type { Problem } from '../manifest/rendered-object.ts';
import type { YamlMapping } from '../manifest/yaml-tree.ts';
import type { Environment } from './config.ts';
import type { ConfigurationShape, EnvironmentShape } from './configuration-shape.ts';
import { findCycle } from './environment-order.ts';
import { suggestion } from './nearest-key.ts';
import { findPlaced, type Place } from './placed-node.ts';
import { readApprovers } from './read-rules.ts';

interface Surroundings {
  readonly root: YamlMapping;
  readonly place: Place;
  readonly server: { readonly clusters: readonly string[] | undefined };
}

/** The environments with their defaults, and what is wrong with them: unknown clusters, unknown or circular `after`. */
export function readEnvironments(
  shape: ConfigurationShape,
  surroundings: Surroundings,
): { readonly environments: ReadonlyMap<string, Environment>; readonly problems: readonly Problem[] } {
  const shapes = new Map(
    Object.entries(shape.environments ?? {}).map(([name, environment]) => [name, environment ?? {}]),
  );
  const environments = new Map([...shapes].map(([name, environment]) => [name, withDefaults(name, environment)]));
  const problems = [...shapes].flatMap(([name, environment]) => [
    ...clusterProblems(name, environment, surroundings),
    ...afterProblems(name, { environment, names: [...shapes.keys()] }, surroundings),
  ]);
  return { environments, problems: [...problems, ...cycleProblems(shapes, surroundings)] };
}

function withDefaults(name: string, shape: EnvironmentShape): Environment {
  return {
    name,
    cluster: shape.cluster ?? name,
    approvals: shape.approvals ?? 1,
    after: shape.after ?? [],
    // Who says how many must approve says, too, that nobody may do without.
    ...(shape.approvals === undefined && shape.override === undefined
      ? {}
      : { override: readApprovers(shape.override?.from) }),
  };
}

function clusterProblems(
  name: string,
  shape: EnvironmentShape,
  { root, place, server }: Surroundings,
): readonly Problem[] {
  const cluster = shape.cluster ?? name;
  if (server.clusters === undefined || server.clusters.includes(cluster)) return [];
  const stated = findPlaced(root, ['environments', name, 'cluster']);
  const environment = findPlaced(root, ['environments', name]);
  const offset = stated?.node.start ?? environment?.keyStart ?? root.start;
  const known = server.clusters.length === 0 ? 'this server has none' : `this server has ${server.clusters.join(', ')}`;
  const advice = stated === undefined ? ' (the environment\'s own name, because it has no key "cluster")' : '';
  return [
    {
      severity: 'error',
      message: `unknown cluster ${JSON.stringify(cluster)}${advice}: ${known}`,
      position: place(offset),
    },
  ];
}

function afterProblems(
  name: string,
  { environment, names }: { readonly environment: EnvironmentShape; readonly names: readonly string[] },
  { root, place }: Surroundings,
): readonly Problem[] {
  return (environment.after ?? []).flatMap((before, index): readonly Problem[] => {
    if (names.includes(before)) return [];
    const offset = findPlaced(root, ['environments', name, 'after', index])?.node.start ?? root.start;
    const message = `"after" names an unknown environment ${JSON.stringify(before)}${suggestion(before, names)}`;
    return [{ severity: 'error', message, position: place(offset) }];
  });
}

function cycleProblems(
  shapes: ReadonlyMap<string, EnvironmentShape>,
  { root, place }: Surroundings,
): readonly Problem[] {
  const cycle = findCycle(shapes);
  if (cycle === undefined) return [];
  const offset = findPlaced(root, ['environments', cycle[0] ?? '', 'after'])?.keyStart ?? root.start;
  return [
    {
      severity: 'error',
      message: `environments that wait for each other never go: ${cycle.join(' after ')}`,
      position: place(offset),
    },
  ];
}
