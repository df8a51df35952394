import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonMap } from './json.ts';
import { isList, listOf, mapOf, without } from './json.ts';
import type { Kind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { composeObject } from './kubernetes-object.ts';
import type { ServiceAddresses } from './service-addresses.ts';

export interface Birth {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly addresses: ServiceAddresses;
}

/** A decoded object as it is created: with its identity and with what only the server may say. */
export function prepareForCreate(kind: Kind, object: JsonMap, birth: Birth): KubernetesObject {
  const metadata = {
    ...without(mapOf(object.metadata), 'deletionTimestamp', 'resourceVersion', 'generation'),
    name: birth.name,
    ...(birth.namespace === '' ? {} : { namespace: birth.namespace }),
    uid: birth.uid,
    creationTimestamp: birth.now,
  };
  switch (kind.kind) {
    case 'Namespace':
      return composeObject(kind.apiVersion, kind.kind, metadata, {
        ...object,
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      });
    case 'Deployment':
      return composeObject(kind.apiVersion, kind.kind, { ...metadata, generation: 1 }, { ...object, status: {} });
    case 'Service':
      return composeObject(kind.apiVersion, kind.kind, metadata, {
        ...object,
        spec: withAddresses(mapOf(object.spec), birth.addresses),
        status: { loadBalancer: {} },
      });
    default:
      return composeObject(kind.apiVersion, kind.kind, metadata, object);
  }
}

/** What a write of the main resource must not change: identity, dates, status; and what it must: the generation. */
export function prepareForUpdate(kind: Kind, object: JsonMap, live: KubernetesObject): KubernetesObject {
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = live.metadata;
  const given = mapOf(object.metadata);
  const metadata: JsonMap = {
    ...without(given, 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'),
    ...(live.metadata.namespace === undefined ? {} : { namespace: live.metadata.namespace }),
    ...(given.uid === undefined ? { uid: live.metadata.uid } : {}),
    resourceVersion: live.metadata.resourceVersion,
    creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(generation === undefined ? {} : { generation: nextGeneration(generation, object, live) }),
  };
  const rest = { ...without(object, 'status'), ...(live.status === undefined ? {} : { status: live.status }) };
  const prepared = composeObject(kind.apiVersion, kind.kind, metadata, rest);
  if (kind.kind === 'Namespace') return { ...prepared, spec: live.spec ?? {} };
  if (kind.kind === 'Service') return { ...prepared, spec: keepAddresses(mapOf(prepared.spec), mapOf(live.spec)) };
  return prepared;
}

function nextGeneration(generation: Json, object: JsonMap, live: KubernetesObject): Json {
  const annotations = (of: JsonMap): JsonMap => mapOf(mapOf(of.metadata).annotations);
  const isSame = isDeepStrictEqual(object.spec, live.spec) && isDeepStrictEqual(annotations(object), annotations(live));
  return isSame ? generation : Number(generation) + 1;
}

function withAddresses(spec: JsonMap, addresses: ServiceAddresses): JsonMap {
  if (spec.type === 'ExternalName') return spec;
  const clusterIP = spec.clusterIP ?? addresses.clusterIP();
  const isHeadless = clusterIP === 'None';
  const hasNoSelector = Object.keys(mapOf(spec.selector)).length === 0;
  return {
    ...spec,
    ...withNodePorts(spec, addresses),
    clusterIP,
    clusterIPs: spec.clusterIPs ?? [clusterIP],
    ipFamilies: spec.ipFamilies ?? (isHeadless && hasNoSelector ? ['IPv4', 'IPv6'] : ['IPv4']),
    ipFamilyPolicy: spec.ipFamilyPolicy ?? (isHeadless && hasNoSelector ? 'RequireDualStack' : 'SingleStack'),
  };
}

function withNodePorts(spec: JsonMap, addresses: ServiceAddresses): JsonMap {
  const isExposed = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (!isExposed || !isList(spec.ports)) return {};
  const ports = listOf(spec.ports).map((port) => ({
    ...mapOf(port),
    nodePort: mapOf(port).nodePort ?? addresses.nodePort(),
  }));
  return { ports };
}

const allocated = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

/** An update that does not mention what was allocated keeps it. */
function keepAddresses(spec: JsonMap, live: JsonMap): JsonMap {
  if (spec.type === 'ExternalName' || live.type === 'ExternalName') return spec;
  const kept = allocated.flatMap((field): [string, Json][] => {
    const value = spec[field] ?? live[field];
    return value === undefined ? [] : [[field, value]];
  });
  const isMoved = spec.clusterIP !== undefined && spec.clusterIP !== live.clusterIP;
  return { ...spec, ...Object.fromEntries(kept), ...(isMoved ? { clusterIPs: [spec.clusterIP ?? ''] } : {}) };
}
