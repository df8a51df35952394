import { isJsonObject, type JsonObject, sameJson } from '../domain/json.ts';
import { identityKey } from '../domain/manifest/rendered-object.ts';
import { type ApplySetContents, applySetParent, groupKindText, readApplySetContents } from '../domain/plan/applyset.ts';
import { uidOf } from '../domain/plan/object-facts.ts';
import type { Change } from '../domain/plan/plan.ts';
import { StopApply } from './apply-outcome.ts';
import type { PlannedTarget } from './plan-target.ts';
import type { Cluster } from './ports/cluster.ts';
import { parentAddress } from './read-cluster.ts';

/** The ApplySet's parent of one target, while its plan is applied. */
export class OwnershipRecord {
  readonly #cluster: Cluster;
  readonly #planned: PlannedTarget;
  readonly #changes: readonly Change[];
  #written: JsonObject | undefined;

  constructor(cluster: Cluster, planned: PlannedTarget, changes: readonly Change[]) {
    this.#cluster = cluster;
    this.#planned = planned;
    this.#changes = changes;
  }

  /** The parent names every kind and namespace that members may be in before the first of them is written. */
  async claim(): Promise<void> {
    const { parent } = this.#planned;
    const before = parent === undefined ? { groupKinds: [], namespaces: [] } : readApplySetContents(parent);
    const after = this.#contents();
    await this.#write({
      groupKinds: union(before.groupKinds, after.groupKinds),
      namespaces: union(before.namespaces, after.namespaces),
    });
  }

  /** … and only those that they are in when all is done. Where nothing is owned, there is no parent. */
  async release(): Promise<void> {
    const { applySet, catalog, parent } = this.#planned;
    const contents = this.#contents();
    if (contents.groupKinds.length > 0 || parent === undefined) {
      if (parent !== undefined || this.#written !== undefined) await this.#write(contents);
      return;
    }
    const uid = uidOf(parent);
    if (uid !== undefined)
      await this.#cluster.delete(parentAddress(applySet, catalog), { uid, propagation: 'background' });
  }

  async #write(contents: ApplySetContents): Promise<void> {
    const { applySet, owner, catalog, parent } = this.#planned;
    const object = applySetParent(applySet, owner, contents);
    const current = this.#written ?? parent;
    if (current !== undefined && sameBookkeeping(current, object)) return;
    const answer = await this.#cluster.apply({ address: parentAddress(applySet, catalog), object, force: true });
    if (answer.kind !== 'applied')
      throw new StopApply({
        kind: answer.kind === 'unavailable' ? 'interrupted' : 'failed',
        reason: `the ownership record could not be written: ${answer.message}`,
      });
    this.#written = answer.object;
  }

  #contents(): ApplySetContents {
    const { facts } = this.#planned;
    const kept = this.#changes.filter(
      ({ action, object }) => action !== 'delete' && facts.get(identityKey(object))?.merge !== undefined,
    );
    const deleted = new Set(
      this.#changes.filter(({ action }) => action === 'delete').map(({ object }) => identityKey(object)),
    );
    const staying = [...facts].filter(([key, { member }]) => member && !deleted.has(key));
    const identities = [...kept.map(({ object }) => object), ...staying.map(([, { identity }]) => identity)];
    return {
      groupKinds: union(
        identities.map((identity) => groupKindText(identity.group, identity.kind)),
        this.#unservedKinds(),
      ),
      namespaces: union(
        identities.flatMap((identity) => (identity.namespace === undefined ? [] : [identity.namespace])),
      ),
    };
  }

  /** What the cluster does not serve at the moment may still have members. */
  #unservedKinds(): readonly string[] {
    const { parent, catalog } = this.#planned;
    if (parent === undefined) return [];
    const served = new Set(catalog.kinds.map((kind) => groupKindText(kind.group, kind.kind)));
    return readApplySetContents(parent).groupKinds.filter((groupKind) => !served.has(groupKind));
  }
}

function sameBookkeeping(live: JsonObject, wanted: JsonObject): boolean {
  const read = (object: JsonObject, part: string): JsonObject => {
    const metadata = isJsonObject(object.metadata) ? object.metadata : {};
    const value = metadata[part];
    return isJsonObject(value) ? value : {};
  };
  return ['labels', 'annotations'].every((part) =>
    Object.entries(read(wanted, part)).every(([name, value]) => sameJson(read(live, part)[name], value)),
  );
}

function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort();
}
