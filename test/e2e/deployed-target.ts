import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { loadClusters } from '../../src/adapters/kubernetes/load-clusters.ts';
import {
  commitSha,
  installationId,
  type Repository,
  repositoryId,
  targetName,
  treeSha,
} from '../../src/domain/identity.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { groupOf, type RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import { applySetOf, applySetParent, groupKindText } from '../../src/domain/plan/applyset.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import type { ObjectAddress, ServedKind } from '../../src/domain/plan/prediction.ts';
import { sentObject } from '../../src/domain/plan/sent-object.ts';
import { planTarget } from '../../src/flows/plan-target.ts';
import type { Cluster } from '../../src/flows/ports/cluster.ts';
import { silentLog } from '../contracts/kubeconfig-cluster.ts';

const repository: Repository = { id: repositoryId(1), installation: installationId(1), owner: 'acme', name: 'infra' };
const sha = commitSha('a'.repeat(40));

/** One target on a cluster of a kubeconfig, applied and planned without a repository around it. */
export interface DeployedTarget {
  readonly cluster: Cluster;
  /** Applies the objects as the target's own; gives those that the API server took. */
  apply(objects: readonly RenderedObject[]): Promise<readonly RenderedObject[]>;
  /** Plans a merge that renders `merge`, on a cluster where `deployed` was deployed; by `cluster` where one is given. */
  plan(of: {
    readonly deployed: readonly RenderedObject[];
    readonly merge: readonly RenderedObject[];
    readonly cluster?: Cluster;
  }): Promise<Plan>;
  /** Forgets all that was read: what is planned next is planned as by a server that has just started. */
  restart(): Promise<void>;
  addressOf(object: RenderedObject): ObjectAddress;
  close(): Promise<void>;
}

/** `namespace`: exists, and belongs to the run alone. */
export async function deployedTarget(kubeconfig: string, namespace: string): Promise<DeployedTarget> {
  let clusters = loadClusters({ kubeconfig, log: silentLog });
  let cluster = first();
  const { kinds } = await cluster.kinds();
  const uid = await cluster.uid();
  const name = targetName(namespace, 'production');
  const owner = { host: 'github.com', repository: repository.id, target: name };
  const applySet = applySetOf(owner, namespace);
  const kindOf = ({ apiVersion, kind }: RenderedObject): ServedKind => {
    const found = kinds.find((served) => apiVersionOf(served) === apiVersion && served.kind === kind);
    if (found === undefined) throw new Error(`the cluster serves no ${apiVersion} ${kind}`);
    return found;
  };
  const addressOf = (object: RenderedObject): ObjectAddress => {
    const kind = kindOf(object);
    return { kind, ...(kind.namespaced ? { namespace } : {}), name: object.name };
  };

  function first(): Cluster {
    const [context = ''] = clusters.names;
    const found = clusters.find(context);
    if (found === undefined) throw new Error(`${kubeconfig} holds no context`);
    return found;
  }

  async function applyOwnershipRecord(objects: readonly RenderedObject[]): Promise<void> {
    const groupKinds = new Set(objects.map((object) => groupKindText(groupOf(object.apiVersion), object.kind)));
    const object = applySetParent(applySet, owner, { groupKinds: [...groupKinds].sort(), namespaces: [namespace] });
    const kind = kinds.find((served) => served.group === '' && served.kind === 'ConfigMap');
    if (kind === undefined) throw new Error('the cluster serves no ConfigMap');
    const address: ObjectAddress = { kind, namespace, name: applySet.parentName };
    const answer = await cluster.apply({ address, object, force: true });
    if (answer.kind !== 'applied') throw new Error(answer.message);
  }

  return {
    get cluster() {
      return cluster;
    },
    addressOf,
    async apply(objects) {
      await applyOwnershipRecord(objects);
      const answers = await Promise.all(
        objects.map(async (object) => {
          const content = sentObject({
            content: inNamespace(object.content, namespace),
            schema: undefined,
            applySet,
            ignored: [],
            onto: { kind: 'nothing' },
          });
          return cluster.apply({ address: addressOf(object), object: content, force: false });
        }),
      );
      return objects.filter((_object, index) => answers[index]?.kind === 'applied');
    },
    async plan(of) {
      const planned = await planTarget(
        {
          clusters: { names: [cluster.name], find: () => of.cluster ?? cluster },
          clock: systemClock,
          store: { secretKey: async () => new Uint8Array(32) },
        },
        {
          repository,
          gitHubHost: 'github.com',
          target: {
            name,
            stackName: namespace,
            directory: namespace,
            environment: { name: 'production', cluster: cluster.name, approvals: 1, after: [] },
            stack: {
              path: namespace,
              watch: [],
              namespace,
              clusterScoped: [],
              prune: true,
              ignore: [],
              forceConflicts: { kind: 'none' },
              timeoutMs: 60_000,
              position: { path: '.github/planwright.yml', line: 1, column: 1 },
            },
          },
          cluster: { name: cluster.name, repositories: ['*/*'], ownerNamespace: namespace },
          removed: false,
          neighbours: async () => [],
          head: sha,
          base: sha,
          tree: treeSha('b'.repeat(40)),
          renders: {
            deployed: { objects: of.deployed, problems: [] },
            base: { objects: of.deployed, problems: [] },
            merge: { objects: of.merge, problems: [] },
          },
          deployed: {
            repository: repository.id,
            target: name,
            cluster: uid,
            commit: sha,
            sequence: 1,
            directory: namespace,
            stored: [],
          },
          pendingPulls: [],
        },
      );
      return planned.plan;
    },
    async restart() {
      await clusters.close();
      clusters = loadClusters({ kubeconfig, log: silentLog });
      cluster = first();
    },
    close: () => clusters.close(),
  };
}

function inNamespace(content: JsonObject, namespace: string): JsonObject {
  return { ...content, metadata: { ...(content['metadata'] as JsonObject), namespace } };
}

function apiVersionOf({ group, version }: ServedKind): string {
  return group === '' ? version : `${group}/${version}`;
}
