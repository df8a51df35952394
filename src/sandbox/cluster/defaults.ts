import type { Json, JsonMap } from './json.ts';
import { filled, isList, isMap, listOf, mapOf, textOf, without } from './json.ts';
import type { Kind } from './kinds.ts';
import { podSpecWithDefaults } from './pod-defaults.ts';

const zeroObjects: Readonly<Record<string, JsonMap>> = {
  Namespace: { metadata: {}, spec: {}, status: {} },
  ConfigMap: { metadata: {} },
  Secret: { metadata: {} },
  Service: { metadata: {}, spec: {}, status: { loadBalancer: {} } },
  Deployment: {
    metadata: {},
    spec: { selector: null, strategy: {}, template: { metadata: {}, spec: { containers: null } } },
    status: {},
  },
};

/** What the server's types write for an object that nothing has been set in; ownership is computed against it. */
export const zeroObject = (kind: Kind): JsonMap => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  ...zeroObjects[kind.kind],
});

/** The object with the values that the API gives to what it does not say. Repeating it changes nothing. */
export function withDefaults(kind: Kind, object: JsonMap): JsonMap {
  switch (kind.kind) {
    case 'Namespace':
      return namespaceWithDefaults(object);
    case 'Secret':
      return secretWithDefaults(object);
    case 'Service':
      return { ...object, spec: serviceSpecWithDefaults(mapOf(object.spec)) };
    case 'Deployment':
      return { ...object, spec: deploymentSpecWithDefaults(mapOf(object.spec)) };
    default:
      return object;
  }
}

function namespaceWithDefaults(object: JsonMap): JsonMap {
  const metadata = mapOf(object.metadata);
  const { name } = metadata;
  if (name === undefined) return object;
  const labels = { ...mapOf(metadata.labels), 'kubernetes.io/metadata.name': name };
  return { ...object, metadata: { ...metadata, labels } };
}

/** `stringData` is how a Secret is written, never how it is read. */
function secretWithDefaults(object: JsonMap): JsonMap {
  const encoded = Object.entries(mapOf(object.stringData)).map(([key, text]): [string, Json] => [
    key,
    Buffer.from(textOf(text)).toString('base64'),
  ]);
  const data = { ...mapOf(object.data), ...Object.fromEntries(encoded) };
  const rest = filled(without(object, 'stringData', 'data'), { type: 'Opaque' });
  return Object.keys(data).length === 0 ? rest : { ...rest, data };
}

function serviceSpecWithDefaults(spec: JsonMap): JsonMap {
  const typed = filled(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
  const isExposed = typed.type === 'NodePort' || typed.type === 'LoadBalancer';
  const ports = listOf(typed.ports).map((port) => servicePortWithDefaults(mapOf(port)));
  return {
    ...filled(typed, {
      ...(typed.type === 'ExternalName' ? {} : { internalTrafficPolicy: 'Cluster' }),
      ...(isExposed ? { externalTrafficPolicy: 'Cluster' } : {}),
      ...(typed.type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
      ...(typed.sessionAffinity === 'ClientIP'
        ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }
        : {}),
    }),
    ...(isList(typed.ports) ? { ports } : {}),
  };
}

function servicePortWithDefaults(port: JsonMap): JsonMap {
  const named = port.targetPort === 0 || port.targetPort === '' ? without(port, 'targetPort') : port;
  return filled(named, { protocol: 'TCP', targetPort: port.port ?? 0 });
}

function deploymentSpecWithDefaults(spec: JsonMap): JsonMap {
  const template = mapOf(spec.template);
  const known = filled(spec, {
    replicas: 1,
    selector: null,
    template: {},
    strategy: {},
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
  return {
    ...without(known, ...(known.selector === null ? ['selector'] : [])),
    template: { metadata: {}, ...template, spec: podSpecWithDefaults(mapOf(template.spec)) },
    strategy: strategyWithDefaults(mapOf(spec.strategy)),
  };
}

function strategyWithDefaults(strategy: JsonMap): JsonMap {
  const typed = filled(strategy, { type: 'RollingUpdate' });
  if (typed.type !== 'RollingUpdate') return typed;
  const rollingUpdate = isMap(typed.rollingUpdate) ? typed.rollingUpdate : {};
  return { ...typed, rollingUpdate: filled(rollingUpdate, { maxUnavailable: '25%', maxSurge: '25%' }) };
}
