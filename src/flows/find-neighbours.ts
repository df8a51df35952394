import type { ServerCluster } from '../domain/config/server-settings.ts';
import { type Repository, targetParts } from '../domain/identity.ts';
import { type ApplySetOwner, idLabel, readApplySetOwner } from '../domain/plan/applyset.ts';
import { foreignSet, isReleased, type Neighbour, type Surroundings } from '../domain/plan/moves-between-targets.ts';
import type { ObjectFacts } from '../domain/plan/object-facts.ts';
import { type PlacementRules, placeObjects } from '../domain/plan/place-objects.ts';
import type { KindCatalog } from '../domain/plan/prediction.ts';
import type { Target } from '../domain/target/target.ts';
import type { Clusters, ReadOnlyCluster } from './ports/cluster.ts';
import { type Render, type RenderPorts, renderTarget, type SourceTree } from './render-stack.ts';

/** Another target of the commit, with what it renders. */
export interface RenderedTarget {
  readonly target: Target;
  readonly render: Render;
}

/** Renders an environment's targets at a commit: when they are first asked for, and once. */
export type Neighbours = (environment: string) => Promise<readonly RenderedTarget[]>;

export function neighboursAt(
  ports: RenderPorts,
  repository: Repository,
  at: { readonly tree: SourceTree; readonly all: readonly Target[] },
): Neighbours {
  const rendered = new Map<string, Promise<readonly RenderedTarget[]>>();
  return (environment) => {
    const known = rendered.get(environment);
    if (known !== undefined) return known;
    const targets = at.all.filter((target) => target.environment.name === environment);
    const rendering = Promise.all(
      targets.map(async (target) => ({
        target,
        render: await renderTarget(ports, repository, { tree: at.tree, target, all: at.all }),
      })),
    );
    rendered.set(environment, rendering);
    return rendering;
  };
}

export interface PlannedHere {
  readonly owner: ApplySetOwner;
  readonly applySetId: string;
  readonly cluster: ServerCluster;
  readonly catalog: KindCatalog;
  readonly neighbours: Neighbours;
}

/** Who else has to do with a target's objects. Nothing is read or rendered where none is another's and none would be deleted. */
export async function findSurroundings(
  clusters: Clusters,
  objects: readonly ObjectFacts[],
  here: PlannedHere,
): Promise<Surroundings> {
  const { owner, applySetId } = here;
  const sets = new Set(objects.flatMap((facts) => foreignSet(facts, applySetId) ?? []));
  if (sets.size === 0 && !objects.some(isReleased)) return { applySetId, owner, owners: new Map(), neighbours: [] };
  const cluster = clusters.find(here.cluster.name);
  const [owners, neighbours] = await Promise.all([
    cluster === undefined || sets.size === 0 ? new Map<string, ApplySetOwner>() : readOwners(cluster, sets, here),
    placeNeighbours(here),
  ]);
  return { applySetId, owner, owners, neighbours };
}

/** The parents of these sets, among the records that Planwright keeps on the cluster. */
async function readOwners(
  cluster: ReadOnlyCluster,
  sets: ReadonlySet<string>,
  here: PlannedHere,
): Promise<ReadonlyMap<string, ApplySetOwner>> {
  const kind = here.catalog.kinds.find((served) => served.group === '' && served.kind === 'ConfigMap');
  const owners = new Map<string, ApplySetOwner>();
  if (kind === undefined) return owners;
  const namespace = here.cluster.ownerNamespace;
  await Promise.all(
    [...sets].filter(isLabelValue).map(async (id) => {
      const answer = await cluster.list(kind, { namespace, labelSelector: `${idLabel}=${id}` });
      const found = answer.kind === 'listed' ? answer.items.map(readApplySetOwner).find(Boolean) : undefined;
      if (found !== undefined) owners.set(id, found);
    }),
  );
  return owners;
}

/** Anybody can label an object; what is no label's value would be another selector. */
function isLabelValue(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text);
}

/** Objects move within one environment only, and so within one cluster: no other one is asked. */
async function placeNeighbours(here: PlannedHere): Promise<readonly Neighbour[]> {
  const rendered = await here.neighbours(targetParts(here.owner.target).environment);
  return rendered.flatMap(({ target, render }): readonly Neighbour[] => {
    if (target.name === here.owner.target) return [];
    const placement = placeObjects(render.objects, here.catalog, placementRules(target, here.cluster));
    const objects = new Set([...placement.objects.keys(), ...placement.outdated.keys()]);
    const unsure = [...render.problems, ...placement.problems].some(({ severity }) => severity === 'error');
    return [{ target: target.name, objects, unsure }];
  });
}

/** Where a target's objects may go. */
export function placementRules({ stack }: Target, cluster: ServerCluster): PlacementRules {
  return {
    clusterScoped: stack.clusterScoped,
    ...(stack.namespace === undefined ? {} : { defaultNamespace: stack.namespace }),
    ...(stack.namespaces === undefined ? {} : { namespaces: stack.namespaces }),
    ...(cluster.namespaces === undefined ? {} : { serverNamespaces: cluster.namespaces }),
  };
}
