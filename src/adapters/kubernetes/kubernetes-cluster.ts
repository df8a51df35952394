import { type ClusterUid, clusterUid } from '../../domain/identity.ts';
import { canonicalJson, isJsonArray, isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { SchemaLookup } from '../../domain/plan/field-schema.ts';
import { fieldManager } from '../../domain/plan/managed-fields.ts';
import type {
  ApplyAnswer,
  DeleteAnswer,
  GetAnswer,
  KindCatalog,
  ListAnswer,
  LogAnswer,
  ObjectAddress,
  Refusal,
  ServedKind,
} from '../../domain/plan/prediction.ts';
import {
  type ApplyRequest,
  type Cluster,
  ClusterUnavailable,
  type DeleteOptions,
  type LogRequest,
  type SomeObjects,
} from '../../flows/ports/cluster.ts';
import type { ApiAnswer, ApiClient } from './api-client.ts';
import { classifyRefusal, isAbsent } from './classify-refusal.ts';
import { type AskApi, discoverKinds } from './discovery.ts';
import { ObjectLists, withType } from './object-lists.ts';
import { type Refreshed, refreshed } from './refreshed.ts';
import { collectionPath, describeObject, objectPath, unaddressable } from './resource-path.ts';
import { SchemaStore } from './schema-store.ts';
import { WatchRefused, watchObject } from './watch-object.ts';

const catalogAgeMs = 10_000;
/** How long a new CustomResourceDefinition may take until discovery shows it. */
const unsettledMs = 30_000;
const longestLogBytes = 32 * 1024;
const podKind: ServedKind = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  namespaced: true,
  verbs: ['get'],
};
const groupsThatDefineKinds = ['apiextensions.k8s.io', 'apiregistration.k8s.io'];

/** The port over one Kubernetes API, with unstructured objects. Planning acts as the planner, deploying as the kubeconfig's own user. */
export class KubernetesCluster implements Cluster {
  readonly name: string;
  readonly #api: ApiClient;
  readonly #kinds: Refreshed<KindCatalog>;
  readonly #schemas: SchemaStore;
  readonly #lists: ObjectLists;

  constructor(name: string, api: ApiClient) {
    this.name = name;
    this.#api = api;
    const nowMs = () => performance.now();
    const ask: AskApi = (path, accept) => this.#ask(path, accept);
    this.#kinds = refreshed(() => discoverKinds(ask), catalogAgeMs, nowMs);
    this.#schemas = new SchemaStore(ask, catalogAgeMs, nowMs);
    this.#lists = new ObjectLists({
      api,
      cluster: name,
      get: (address) => this.get(address),
      schemaOf: (version) => this.#schemas.versionOf(version).catch(() => undefined),
    });
  }

  async uid(): Promise<ClusterUid> {
    const { status, body } = await this.#ask('/api/v1/namespaces/kube-system');
    const uid = isJsonObject(body) && isJsonObject(body.metadata) ? body.metadata.uid : undefined;
    if (status === 200 && typeof uid === 'string' && uid !== '') return clusterUid(uid);
    const subject = `${this.name}: get of Namespace kube-system, whose UID identifies the cluster`;
    throw this.#unavailable(classifyRefusal({ status, body }, { subject }).message);
  }

  async kinds(): Promise<KindCatalog> {
    return this.#orUnavailable(this.#kinds.get());
  }

  kindsNow(): Promise<KindCatalog> {
    this.#kinds.invalidate(unsettledMs);
    return this.kinds();
  }

  async schemas(groupVersions: readonly string[]): Promise<SchemaLookup> {
    return this.#orUnavailable(this.#schemas.lookup(groupVersions));
  }

  async get(address: ObjectAddress): Promise<GetAnswer> {
    const subject = this.#subject('get', address);
    const problem = unaddressable(address);
    if (problem !== undefined) return misnamed(subject, problem);
    const answer = await this.#api.request({
      method: 'GET',
      path: objectPath(address),
      as: 'planner',
      repeatability: 'read',
    });
    if (isObjectAnswer(answer)) return { kind: 'found', object: answer.body };
    if (answer.kind === 'answered' && isAbsent(answer)) return { kind: 'absent' };
    return refusal(answer, subject);
  }

  list(
    kind: ServedKind,
    selection: { readonly namespace?: string; readonly labelSelector?: string },
  ): Promise<ListAnswer> {
    return this.#lists.list(kind, selection);
  }

  dryRunApply(request: ApplyRequest): Promise<ApplyAnswer> {
    return this.#apply(request, 'dry-run');
  }

  async apply(request: ApplyRequest): Promise<ApplyAnswer> {
    const answer = await this.#apply(request, 'write');
    this.#noticeWrite(request.address);
    return answer;
  }

  async replaceManagedFields(
    address: ObjectAddress,
    { uid, resourceVersion, managedFields }: Parameters<Cluster['replaceManagedFields']>[1],
  ): Promise<ApplyAnswer> {
    const subject = this.#subject('change of managers', address);
    const problem = unaddressable(address);
    if (problem !== undefined) return misnamed(subject, problem);
    const answer = await this.#api.request({
      method: 'PATCH',
      path: `${objectPath(address)}?${new URLSearchParams({ fieldManager })}`,
      // The API server takes both as preconditions, of any kind of patch.
      body: {
        type: 'application/merge-patch+json',
        text: canonicalJson({ metadata: { uid, resourceVersion, managedFields } }),
      },
      as: 'own',
      repeatability: 'write',
    });
    if (isObjectAnswer(answer)) return { kind: 'applied', object: answer.body, created: false };
    return refusal(answer, subject);
  }

  async delete(address: ObjectAddress, options: DeleteOptions): Promise<DeleteAnswer> {
    const subject = this.#subject('delete', address);
    const problem = unaddressable(address);
    if (problem !== undefined) return misnamed(subject, problem);
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: {
        uid: options.uid,
        ...(options.resourceVersion === undefined ? {} : { resourceVersion: options.resourceVersion }),
      },
      propagationPolicy: options.propagation === 'foreground' ? 'Foreground' : 'Background',
    };
    const answer = await this.#api.request({
      method: 'DELETE',
      path: objectPath(address),
      body: { type: 'application/json', text: canonicalJson(body) },
      as: 'own',
      repeatability: 'write',
    });
    this.#noticeWrite(address);
    // 202: finalizers or dependents are still to go.
    if (answer.kind === 'answered' && (answer.status === 200 || answer.status === 202)) return { kind: 'deleted' };
    if (answer.kind === 'answered' && isAbsent(answer)) return { kind: 'absent' };
    return refusal(answer, subject);
  }

  async listSome(kind: ServedKind, selection: SomeObjects, signal: AbortSignal): Promise<ListAnswer> {
    const subject = `${this.name}: list of ${kind.resource}${place(selection)}`;
    const query = new URLSearchParams({ limit: String(selection.limit) });
    for (const name of ['labelSelector', 'fieldSelector'] as const)
      if (selection[name] !== undefined) query.set(name, selection[name]);
    const path = `${collectionPath(kind, selection.namespace)}?${query}`;
    const answer = await this.#api.request({ method: 'GET', path, as: 'own', repeatability: 'read', signal });
    if (!isObjectAnswer(answer) || !isJsonArray(answer.body.items)) return refusal(answer, subject);
    return {
      kind: 'listed',
      items: answer.body.items.filter(isJsonObject).map((item) => withType(item, kind)),
      resourceVersion: resourceVersionOf(answer.body),
    };
  }

  async podLog({ namespace, pod, container, run, lines }: LogRequest, signal: AbortSignal): Promise<LogAnswer> {
    const query = new URLSearchParams({
      container,
      previous: String(run === 'previous'),
      tailLines: String(lines),
      limitBytes: String(longestLogBytes),
    });
    const address: ObjectAddress = { kind: podKind, namespace, name: pod };
    const subject = `${this.name}: log of ${describeObject(address)}`;
    const problem = unaddressable(address);
    if (problem !== undefined) return misnamed(subject, problem);
    const answer = await this.#api.request({
      method: 'GET',
      path: `${objectPath(address)}/log?${query}`,
      accept: '*/*',
      expects: 'text',
      as: 'own',
      repeatability: 'read',
      signal,
    });
    if (answer.kind === 'answered' && answer.status === 200 && typeof answer.body === 'string')
      return { kind: 'read', text: answer.body };
    return refusal(answer, subject);
  }

  /** As the kubeconfig's own user, whose write it follows. Rejects with ClusterUnavailable when the API refuses to be watched. */
  async *watch(address: ObjectAddress, signal: AbortSignal): AsyncGenerator<JsonObject | undefined, void, undefined> {
    const subject = this.#subject('watch', address);
    const problem = unaddressable(address);
    if (problem !== undefined) throw this.#unavailable(`${subject}: ${problem}`);
    try {
      yield* watchObject(this.#api, address, signal);
    } catch (error) {
      if (!(error instanceof WatchRefused)) throw error;
      throw this.#unavailable(classifyRefusal(error.answer, { subject }).message, error);
    }
  }

  async #apply({ address, object, force }: ApplyRequest, mode: 'dry-run' | 'write'): Promise<ApplyAnswer> {
    const subject = this.#subject(mode === 'write' ? 'apply' : 'dry-run', address);
    const problem = unaddressable(address);
    if (problem !== undefined) return misnamed(subject, problem);
    const query = new URLSearchParams({ fieldManager, fieldValidation: 'Strict', force: String(force) });
    if (mode === 'dry-run') query.set('dryRun', 'All');
    const answer = await this.#api.request({
      method: 'PATCH',
      path: `${objectPath(address)}?${query}`,
      body: { type: 'application/apply-patch+yaml', text: canonicalJson(object) },
      as: mode === 'write' ? 'own' : 'planner',
      repeatability: mode,
    });
    if (isObjectAnswer(answer)) return { kind: 'applied', object: answer.body, created: answer.status === 201 };
    return refusal(answer, subject, object);
  }

  async #ask(path: string, accept?: string): Promise<Extract<ApiAnswer, { kind: 'answered' }>> {
    const answer = await this.#api.request({
      method: 'GET',
      path,
      as: 'planner',
      repeatability: 'read',
      ...(accept !== undefined && { accept }),
    });
    const subject = `${this.name}: get of ${path.split('?')[0]}`;
    if (answer.kind === 'unreachable') throw this.#unavailable(`${subject}: ${answer.reason}`);
    if (answer.status === 401) throw this.#unavailable(classifyRefusal(answer, { subject }).message);
    return answer;
  }

  #noticeWrite(address: ObjectAddress): void {
    if (!groupsThatDefineKinds.includes(address.kind.group)) return;
    this.#kinds.invalidate(unsettledMs);
    this.#schemas.invalidate(unsettledMs);
  }

  #subject(verb: string, address: ObjectAddress): string {
    return `${this.name}: ${verb} of ${describeObject(address)}`;
  }

  async #orUnavailable<Result>(promise: Promise<Result>): Promise<Result> {
    try {
      return await promise;
    } catch (error) {
      if (error instanceof ClusterUnavailable) throw error;
      throw this.#unavailable(
        `${this.name}: ${error instanceof Error ? error.message : 'the API gives no sense'}`,
        error,
      );
    }
  }

  #unavailable(message: string, cause?: unknown): ClusterUnavailable {
    return new ClusterUnavailable(this.name, message, cause === undefined ? undefined : { cause });
  }
}

function place(selection: { readonly namespace?: string }): string {
  return selection.namespace === undefined ? '' : ` in namespace ${selection.namespace}`;
}

function resourceVersionOf(list: JsonObject): string {
  return isJsonObject(list.metadata) ? String(list.metadata.resourceVersion ?? '') : '';
}

function isObjectAnswer(
  answer: ApiAnswer,
): answer is Extract<ApiAnswer, { kind: 'answered' }> & { readonly body: JsonObject } {
  return answer.kind === 'answered' && (answer.status === 200 || answer.status === 201) && isJsonObject(answer.body);
}

function refusal(answer: ApiAnswer, subject: string, object?: JsonObject): Refusal {
  if (answer.kind === 'unreachable')
    return { kind: 'unavailable', message: `${subject}: ${answer.reason}`, reason: answer.reason };
  return classifyRefusal(answer, { subject, ...(object && { object }) });
}

function misnamed(subject: string, problem: string): Refusal {
  return {
    kind: 'invalid',
    status: 400,
    fields: ['metadata.name'],
    message: `${subject}: ${problem}`,
    reason: problem,
  };
}
