import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dump } from 'js-yaml';
import type { AuditRecord } from './audit.ts';
import { startDeletionController } from './deletion-controller.ts';
import { startDeploymentController } from './deployment-controller.ts';
import type { Fault } from './faults.ts';
import { createFaultQueue } from './faults.ts';
import { createHttpServer } from './http-server.ts';
import { kinds, namespaceKind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { withMetadata } from './kubernetes-object.ts';
import { createListPages } from './list-pages.ts';
import { createObjectStore } from './object-store.ts';
import { createObjectWriter } from './object-writer.ts';
import { startPodController } from './pod-controller.ts';
import { createServiceAddresses } from './service-addresses.ts';
import { createTimers } from './timers.ts';

export type { AuditRecord } from './audit.ts';
export type { Fault } from './faults.ts';
export type { KubernetesObject } from './kubernetes-object.ts';

export interface ClusterOptions {
  /** On 127.0.0.1; 0, the default, means any free one. */
  readonly port?: number;
  /** What the kubeconfig calls the context; default `sandbox`. */
  readonly name?: string;
  /** Between a change of a Deployment and its readiness; default 300. */
  readonly readyDelayMs?: number;
  /** False: objects that a real server refuses for their content (422) are stored. Default true. */
  readonly validate?: boolean;
}

export interface Faults {
  /** The next matching request is answered so, before anything else is looked at. */
  failNext(fault: Fault): void;
  /** Ends all connections and accepts none until `comeBack`. Repeating it is harmless. */
  goOffline(): Promise<void>;
  /** Listens again on the same port. Repeating it is harmless. */
  comeBack(): Promise<void>;
}

/** A small Kubernetes API server in this process. Nothing is kept when it closes. */
export interface SandboxCluster {
  readonly name: string;
  readonly url: string;
  /** The bearer token of the user `sandbox-admin`; a request with another one, or none, is answered 401. */
  readonly token: string;
  /** The UID of the Namespace kube-system, by which a cluster is known. */
  readonly uid: string;
  /** YAML with one context of the cluster's name. */
  kubeconfig(): string;
  /** What clients can write, sorted by kind, namespace and name, without `managedFields`. */
  objects(): readonly KubernetesObject[];
  /** Every request that was answered, in that order; it grows. */
  readonly audit: readonly AuditRecord[];
  readonly faults: Faults;
  /** Ends watches and connections too. Repeating it is harmless. */
  close(): Promise<void>;
}

const firstNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const user = 'sandbox-admin';

/** Starts a cluster that holds nothing but its own namespaces. */
export async function startCluster(options: ClusterOptions = {}): Promise<SandboxCluster> {
  const { port = 0, name = 'sandbox', readyDelayMs = 300, validate = true } = options;
  const token = randomUUID();
  const audit: AuditRecord[] = [];
  const now = (): Date => new Date();
  const store = createObjectStore();
  const timers = createTimers();
  const faults = createFaultQueue();
  const writer = createObjectWriter({
    store,
    addresses: createServiceAddresses(),
    isValidating: validate,
    now,
    uid: () => randomUUID(),
  });
  const byTheServer = {
    isDryRun: false,
    isForced: false,
    fieldManager: 'kube-apiserver',
    fieldValidation: 'Warn',
  } as const;
  for (const namespace of firstNamespaces) {
    writer.create({ of: namespaceKind, namespace: '' }, { metadata: { name: namespace } }, byTheServer);
  }
  startDeploymentController({ store, timers, readyDelayMs, now });
  startDeletionController(store, timers);
  startPodController({ store, timers, now, uid: () => randomUUID() });

  const server = createHttpServer({
    store,
    writer,
    pages: createListPages(),
    faults,
    token,
    user,
    record: (request) => {
      audit.push(request);
    },
  });
  const ownPort = await listen(server, port);
  const url = `http://127.0.0.1:${ownPort}`;

  return {
    name,
    url,
    token,
    uid: store.get(namespaceKind, '', 'kube-system')?.metadata.uid ?? '',
    kubeconfig: () => dump(kubeconfigOf(name, url, token)),
    objects: () =>
      kinds
        .filter((kind) => kind.verbs.includes('create'))
        .toSorted((one, other) => (one.kind < other.kind ? -1 : 1))
        .flatMap((kind) => store.list(kind, ''))
        .map((object) => structuredClone(withMetadata(object, { managedFields: undefined }))),
    audit,
    faults: {
      failNext: faults.add,
      goOffline: () => stopListening(server),
      async comeBack() {
        if (!server.listening) await listen(server, ownPort);
      },
    },
    async close() {
      timers.stopAll();
      await stopListening(server);
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return address.port;
}

async function stopListening(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

const kubeconfigOf = (name: string, server: string, token: string): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name, cluster: { server } }],
  // Named by the cluster: files that are joined share their users' names.
  users: [{ name: `${name}-${user}`, user: { token } }],
  contexts: [{ name, context: { cluster: name, user: `${name}-${user}` } }],
  'current-context': name,
});
