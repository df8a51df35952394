import type { ServerCluster, ServerSettings } from '../domain/config/server-settings.ts';
import type { ClusterUid, Repository } from '../domain/identity.ts';
import { type ApplySetOwner, idLabel, readApplySetOwner } from '../domain/plan/applyset.ts';
import { foreignSet, isReleased, type Neighbour, type Surroundings } from '../domain/plan/moves-between-targets.ts';
import type { ObjectFacts } from '../domain/plan/object-facts.ts';
import { type PlacementRules, placeObjects } from '../domain/plan/place-objects.ts';
import type { KindCatalog } from '../domain/plan/prediction.ts';
import type { Target } from '../domain/target/target.ts';
import { type Clusters, ClusterUnavailable, type ReadOnlyCluster } from './ports/cluster.ts';
import { type Render, type RenderPorts, renderTarget, type SourceTree } from './render-stack.ts';

/** Another target of the commit, with what it renders and the cluster that it goes to. */
export interface RenderedTarget {
  readonly target: Target;
  readonly cluster: ServerCluster;
  readonly render: Render;
}

/** Renders all targets of a commit that a server's cluster is named for: when it is first asked for, and once. */
export function neighboursAt(
  ports: RenderPorts & { readonly server: ServerSettings },
  repository: Repository,
  at: { readonly tree: SourceTree; readonly all: readonly Target[] },
): () => Promise<readonly RenderedTarget[]> {
  let rendered: Promise<readonly RenderedTarget[]> | undefined;
  return () => {
    rendered ??= Promise.all(
      at.all.flatMap((target) => {
        const cluster = ports.server.clusters.get(target.environment.cluster);
        return cluster === undefined
          ? []
          : [
              renderTarget(ports, repository, { tree: at.tree, target, all: at.all }).then((render) => ({
                target,
                cluster,
                render,
              })),
            ];
      }),
    );
    return rendered;
  };
}

export interface PlannedHere {
  readonly owner: ApplySetOwner;
  readonly applySetId: string;
  readonly cluster: ServerCluster;
  readonly uid: ClusterUid;
  readonly catalog: KindCatalog;
  readonly neighbours: () => Promise<readonly RenderedTarget[]>;
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
    placeNeighbours(clusters, here),
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

async function placeNeighbours(clusters: Clusters, here: PlannedHere): Promise<readonly Neighbour[]> {
  const others = (await here.neighbours()).filter(({ target }) => target.name !== here.owner.target);
  const placed = others.map(async ({ target, cluster, render }): Promise<readonly Neighbour[]> => {
    if (!(await isSameCluster(clusters, cluster, here))) return [];
    const placement = placeObjects(render.objects, here.catalog, placementRules(target, cluster));
    const objects = new Set([...placement.objects.keys(), ...placement.outdated.keys()]);
    const unsure = [...render.problems, ...placement.problems].some(({ severity }) => severity === 'error');
    return [{ target: target.name, objects, unsure }];
  });
  return (await Promise.all(placed)).flat();
}

/** Two names may stand for one cluster. */
async function isSameCluster(clusters: Clusters, other: ServerCluster, here: PlannedHere): Promise<boolean> {
  if (other.name === here.cluster.name) return true;
  try {
    return (await clusters.find(other.name)?.uid()) === here.uid;
  } catch (error) {
    // What is planned here answers: a cluster that does not is another one.
    if (error instanceof ClusterUnavailable) return false;
    throw error;
  }
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
