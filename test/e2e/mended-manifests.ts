import { dump } from 'js-yaml';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { RenderedObject } from '../../src/domain/manifest/rendered-object.ts';

const movedTo: Readonly<Record<string, string>> = {
  'extensions/v1beta1': 'apps/v1',
  'apps/v1beta1': 'apps/v1',
  'batch/v1beta1': 'batch/v1',
  'policy/v1beta1': 'policy/v1',
  'rbac.authorization.k8s.io/v1beta1': 'rbac.authorization.k8s.io/v1',
  'apiextensions.k8s.io/v1beta1': 'apiextensions.k8s.io/v1',
};

/**
 * The objects as one file, with what the API servers of their time did for them and today's do not: the API version that is still there, the selector that
 * followed from the template, a definition's versions, and the namespace that an overlay gives to subjects.
 */
export function mendedManifest(objects: readonly RenderedObject[], defaultNamespace: string): string {
  return objects.map(({ content }) => dump(mended(content, defaultNamespace), { noRefs: true })).join('---\n');
}

function mended(content: JsonObject, defaultNamespace: string): JsonObject {
  const apiVersion = movedTo[String(content.apiVersion)] ?? String(content.apiVersion);
  const current: JsonObject = { ...content, apiVersion };
  switch (content.kind) {
    case 'Deployment':
    case 'StatefulSet':
      return withSelector(current);
    case 'CustomResourceDefinition':
      return apiVersion === content.apiVersion ? current : withVersions(current);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return withPlacedSubjects(current, defaultNamespace);
    default:
      return current;
  }
}

function withSelector(workload: JsonObject): JsonObject {
  const spec = map(workload.spec);
  const template = map(spec.template);
  const metadata = map(template.metadata);
  const labels = { ...map(metadata.labels), ...map(map(spec.selector).matchLabels) };
  return {
    ...workload,
    spec: {
      ...spec,
      selector: spec.selector ?? { matchLabels: labels },
      template: { ...template, metadata: { ...metadata, labels } },
    },
  };
}

function withVersions(definition: JsonObject): JsonObject {
  const {
    version,
    versions,
    validation: _schemaOfTheTime,
    subresources,
    additionalPrinterColumns: _columns,
    ...spec
  } = map(definition.spec);
  const named = isJsonArray(versions) ? versions.map((entry) => String(map(entry).name)) : [String(version)];
  const metadata = map(definition.metadata);
  // Kubernetes asks for it where a group ends in its own domain.
  const approval = { 'api-approved.kubernetes.io': 'unapproved, older than the rule' };
  const annotations = String(spec.group).endsWith('.k8s.io')
    ? { ...map(metadata.annotations), ...approval }
    : undefined;
  return {
    ...definition,
    metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      ...spec,
      versions: named.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        ...(subresources === undefined ? {} : { subresources }),
      })),
    },
  };
}

function withPlacedSubjects(binding: JsonObject, defaultNamespace: string): JsonObject {
  const subjects = isJsonArray(binding.subjects) ? binding.subjects.map(map) : [];
  const roleRef = map(binding.roleRef);
  return {
    ...binding,
    // A binding of a whole cluster never could name a Role.
    roleRef: binding.kind === 'ClusterRoleBinding' ? { ...roleRef, kind: 'ClusterRole' } : roleRef,
    subjects: subjects.map((subject) =>
      subject.kind === 'ServiceAccount' ? { ...subject, namespace: subject.namespace ?? defaultNamespace } : subject,
    ),
  };
}

function map(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
