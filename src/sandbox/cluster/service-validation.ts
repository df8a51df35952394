import type { Cause } from './cause.ts';
import { invalidValue, required, unsupported } from './cause.ts';
import type { Json, JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';
import { validateLabels } from './metadata-validation.ts';
import { dnsLabel } from './names.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const highestPort = 65_535;

/** What is wrong with a Service's specification, defaults and addresses included. */
export function validateServiceSpec(spec: JsonMap): readonly Cause[] {
  const ports = listOf(spec.ports).map(mapOf);
  const needsPorts = spec.type !== 'ExternalName' && spec.clusterIP !== 'None';
  return [
    ...(ports.length === 0 && needsPorts ? [required('spec.ports')] : []),
    ...ports.flatMap((port, index) => validatePort(port, `spec.ports[${index}]`, ports.length > 1)),
    ...validateLabels(mapOf(spec.selector), 'spec.selector'),
    ...(types.includes(textOf(spec.type)) ? [] : [unsupported('spec.type', spec.type, types)]),
  ];
}

function validatePort(port: JsonMap, field: string, needsName: boolean): readonly Cause[] {
  const name = textOf(port.name);
  return [
    ...(name === '' && needsName ? [required(`${field}.name`)] : []),
    ...(name === '' ? [] : dnsLabel(name).map((why) => invalidValue(`${field}.name`, name, why))),
    ...validatePortNumber(port.port, `${field}.port`),
    ...(protocols.includes(textOf(port.protocol)) ? [] : [unsupported(`${field}.protocol`, port.protocol, protocols)]),
    ...(typeof port.targetPort === 'number' ? validatePortNumber(port.targetPort, `${field}.targetPort`) : []),
  ];
}

function validatePortNumber(port: Json | undefined, field: string): readonly Cause[] {
  if (typeof port === 'number' && port >= 1 && port <= highestPort) return [];
  return [invalidValue(field, port ?? 0, `must be between 1 and ${highestPort}, inclusive`)];
}
