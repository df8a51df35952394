import type { EnvironmentShape } from './configuration-shape.ts';

/** A cycle in `after`, as names in waiting order with the first one again at the end; undefined when every environment can go at some time. */
export function findCycle(
  environments: ReadonlyMap<string, Pick<EnvironmentShape, 'after'>>,
): readonly string[] | undefined {
  const done = new Set<string>();
  for (const name of environments.keys()) {
    const cycle = cycleFrom(name, environments, { done, trail: [] });
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function cycleFrom(
  name: string,
  environments: ReadonlyMap<string, Pick<EnvironmentShape, 'after'>>,
  seen: { readonly done: Set<string>; readonly trail: readonly string[] },
): readonly string[] | undefined {
  const { done, trail } = seen;
  if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
  if (done.has(name)) return undefined;
  for (const before of environments.get(name)?.after ?? []) {
    const cycle = cycleFrom(before, environments, { done, trail: [...trail, name] });
    if (cycle !== undefined) return cycle;
  }
  done.add(name);
  return undefined;
}
