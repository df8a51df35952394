import { tellingEvents } from '../domain/deployment/cluster-events.ts';
import {
  failingContainer,
  labelSelectorOf,
  newest,
  ownedBy,
  podState,
  podsOf,
  worstPod,
} from '../domain/deployment/failing-pod.ts';
import type { ContainerLog, FailureDetails } from '../domain/deployment/failure.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import type { ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import { uidOf } from '../domain/plan/object-facts.ts';
import type { KindCatalog, ServedKind } from '../domain/plan/prediction.ts';
import type { Clock } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';

const longestMs = 15_000;
const mostObjects = 3;
const mostEvents = 8;
const mostListed = 500;
const logLines = 20;
const logLineCharacters = 400;
const logCharacters = 4_000;
const messageCharacters = 600;

/** An object that failed or was late, as it was last seen. */
export interface FailingObject {
  readonly identity: ObjectIdentity;
  readonly seen: JsonObject | undefined;
}

export interface Explaining {
  readonly catalog: KindCatalog;
  /** Takes secrets out of what the cluster says. */
  readonly mask: (text: string) => string;
  readonly stopping: AbortSignal;
}

/**
 * What the cluster tells of the first of these objects: events of theirs and of their pods, and the last log lines of a failing container. Bounded in
 * time and size; what cannot be read is said, and changes nothing else.
 */
export async function explainFailure(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  failing: readonly FailingObject[],
  explaining: Explaining,
): Promise<readonly FailureDetails[]> {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, explaining.stopping]);
  const timer = ports.clock.sleep(longestMs, signal).then(() => ended.abort());
  try {
    const objects = failing.slice(0, mostObjects);
    const details = await Promise.all(
      objects.map((object) => new Explanation(ports.cluster, explaining, signal).of(object)),
    );
    return details.filter((detail) => detail !== undefined);
  } finally {
    ended.abort();
    await timer;
  }
}

class Explanation {
  readonly #cluster: Cluster;
  readonly #explaining: Explaining;
  readonly #signal: AbortSignal;
  readonly #unread = new Set<string>();

  constructor(cluster: Cluster, explaining: Explaining, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#explaining = explaining;
    this.#signal = signal;
  }

  async of({ identity, seen }: FailingObject): Promise<FailureDetails | undefined> {
    if (seen === undefined) return undefined;
    const { owners, pod } = await this.#podOf(identity, seen);
    const container = pod === undefined ? undefined : failingContainer(pod);
    const about = [seen, ...owners, ...(pod === undefined || pod === seen ? [] : [pod])];
    const events = tellingEvents((await Promise.all(about.map((object) => this.#events(object)))).flat(), mostEvents);
    const name = pod === undefined ? undefined : nameOf(pod);
    const log =
      pod === undefined || container?.log === undefined
        ? undefined
        : await this.#log(pod, { name: container.name, run: container.log });
    return {
      object: identity,
      ...(pod === undefined || name === undefined
        ? {}
        : { pod: { name, container: container?.name, state: this.#said(container?.state ?? podState(pod)) } }),
      events: events.map((event) => ({ ...event, message: this.#said(event.message) })),
      ...(log === undefined ? {} : { log }),
      unread: [...this.#unread],
    };
  }

  /** The pod in trouble, and the newest of the objects between it and its workload. */
  async #podOf(
    identity: ObjectIdentity,
    seen: JsonObject,
  ): Promise<{ readonly owners: readonly JsonObject[]; readonly pod: JsonObject | undefined }> {
    if (identity.group === '' && identity.kind === 'Pod') return { owners: [], pod: seen };
    const path = podsOf(identity);
    const uid = uidOf(seen);
    if (path === undefined || uid === undefined) return { owners: [], pod: undefined };
    const labelSelector = labelSelectorOf(seen);
    const inside = {
      ...(identity.namespace === undefined ? {} : { namespace: identity.namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
    const between =
      path.through === undefined
        ? undefined
        : newest(ownedBy(await this.#list({ group: 'apps', kind: path.through }, inside), new Set([uid])));
    if (path.through !== undefined && between === undefined) return { owners: [], pod: undefined };
    const owner = between === undefined ? uid : (uidOf(between) ?? '');
    const pods = ownedBy(await this.#list({ group: '', kind: 'Pod' }, inside), new Set([owner]));
    return { owners: between === undefined ? [] : [between], pod: worstPod(pods) };
  }

  async #events(object: JsonObject): Promise<readonly JsonObject[]> {
    const metadata = isJsonObject(object.metadata) ? object.metadata : {};
    return this.#list(
      { group: '', kind: 'Event' },
      {
        // Events of what belongs to no namespace lie there.
        namespace: typeof metadata.namespace === 'string' ? metadata.namespace : 'default',
        fieldSelector: `involvedObject.uid=${uidOf(object) ?? ''}`,
      },
    );
  }

  async #list(
    of: { readonly group: string; readonly kind: string },
    selection: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string },
  ): Promise<readonly JsonObject[]> {
    const kind = this.#kind(of);
    if (kind === undefined) return [];
    const answer = await this.#cluster.listSome(kind, { ...selection, limit: mostListed }, this.#signal);
    if (answer.kind === 'listed') return answer.items;
    this.#unread.add(this.#said(`${kind.resource} could not be read: ${answer.message}`));
    return [];
  }

  #kind(of: { readonly group: string; readonly kind: string }): ServedKind | undefined {
    return this.#explaining.catalog.kinds.find(({ group, kind }) => group === of.group && kind === of.kind);
  }

  async #log(
    pod: JsonObject,
    container: { readonly name: string; readonly run: 'current' | 'previous' },
  ): Promise<ContainerLog | undefined> {
    const metadata = isJsonObject(pod.metadata) ? pod.metadata : {};
    const answer = await this.#cluster.podLog(
      {
        namespace: String(metadata.namespace),
        pod: String(metadata.name),
        container: container.name,
        run: container.run,
        lines: logLines,
      },
      this.#signal,
    );
    if (answer.kind !== 'read') {
      this.#unread.add(this.#said(`its log could not be read: ${answer.message}`));
      return undefined;
    }
    return { container: container.name, previous: container.run === 'previous', lines: this.#lastLines(answer.text) };
  }

  #lastLines(text: string): readonly string[] {
    // Masked before it is cut: half a secret is not found any more.
    const lines = this.#explaining.mask(text).trimEnd().split('\n').slice(-logLines).map(shortened);
    const kept: string[] = [];
    let characters = 0;
    for (const line of lines.toReversed()) {
      characters += line.length;
      if (characters > logCharacters) break;
      kept.unshift(line);
    }
    return kept;
  }

  #said(text: string): string {
    const safe = this.#explaining.mask(text);
    return safe.length <= messageCharacters ? safe : `${safe.slice(0, messageCharacters)} …`;
  }
}

function shortened(line: string): string {
  return line.length <= logLineCharacters ? line : `${line.slice(0, logLineCharacters)} …`;
}

function nameOf(object: JsonObject): string | undefined {
  const name = isJsonObject(object.metadata) ? object.metadata.name : undefined;
  return typeof name === 'string' ? name : undefined;
}
