import type { Json, JsonMap } from './json.ts';
import { filled, isList, isMap, listOf, mapOf, textOf } from './json.ts';

/** The pod's specification with the defaults of the API for a pod template. */
export function podSpecWithDefaults(spec: JsonMap): JsonMap {
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  const complete = filled(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    ...(account === undefined ? {} : { serviceAccountName: account, serviceAccount: account }),
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  return {
    ...complete,
    ...mapped(spec, 'volumes', volumeWithDefaults),
    ...mapped(spec, 'initContainers', containerWithDefaults),
    ...mapped(spec, 'containers', containerWithDefaults),
  };
}

/** The list of that name with each item changed, as an object to spread; nothing when there is no such list. */
function mapped(owner: JsonMap, list: string, change: (item: JsonMap) => JsonMap): JsonMap {
  const items = owner[list];
  return isList(items) ? { [list]: items.map((item) => change(mapOf(item))) } : {};
}

function containerWithDefaults(container: JsonMap): JsonMap {
  const complete = filled(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isPulledAlways(textOf(container.image)) ? 'Always' : 'IfNotPresent',
  });
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name): [string, Json][] => {
    const probe = container[name];
    return isMap(probe) ? [[name, probeWithDefaults(probe)]] : [];
  });
  return {
    ...complete,
    ...mapped(container, 'ports', (port) => filled(port, { protocol: 'TCP' })),
    ...mapped(container, 'env', environmentVariableWithDefaults),
    ...Object.fromEntries(probes),
  };
}

/** An image without a tag, or tagged `latest`, may have changed; one with a digest cannot have. */
function isPulledAlways(image: string): boolean {
  if (image.includes('@')) return false;
  const name = image.slice(image.lastIndexOf('/') + 1);
  return !name.includes(':') || name.endsWith(':latest');
}

function environmentVariableWithDefaults(variable: JsonMap): JsonMap {
  const { fieldRef, ...others } = mapOf(variable.valueFrom);
  if (!isMap(fieldRef)) return variable;
  return { ...variable, valueFrom: { ...others, fieldRef: filled(fieldRef, { apiVersion: 'v1' }) } };
}

function probeWithDefaults(probe: JsonMap): JsonMap {
  const complete = filled(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  if (!isMap(probe.httpGet)) return complete;
  return { ...complete, httpGet: filled(probe.httpGet, { path: '/', scheme: 'HTTP' }) };
}

const readableByAll = 0o644;

function volumeWithDefaults(volume: JsonMap): JsonMap {
  if (Object.keys(volume).every((key) => key === 'name')) return { ...volume, emptyDir: {} };
  const sources = ['configMap', 'secret', 'projected', 'downwardAPI'].flatMap((name): [string, Json][] => {
    const source = volume[name];
    return isMap(source) ? [[name, filled(source, { defaultMode: readableByAll })]] : [];
  });
  const { hostPath } = volume;
  return {
    ...volume,
    ...Object.fromEntries(sources),
    ...(isMap(hostPath) ? { hostPath: filled(hostPath, { type: '' }) } : {}),
    ...(isMap(volume.projected) ? { projected: projectedWithDefaults(volume.projected) } : {}),
  };
}

function projectedWithDefaults(projected: JsonMap): JsonMap {
  const sources = listOf(projected.sources).map((value): Json => {
    const { serviceAccountToken, ...others } = mapOf(value);
    if (!isMap(serviceAccountToken)) return others;
    return { ...others, serviceAccountToken: filled(serviceAccountToken, { expirationSeconds: 3600 }) };
  });
  return filled({ ...projected, sources }, { defaultMode: readableByAll });
}
