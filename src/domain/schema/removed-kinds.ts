/**
 * Kinds of Kubernetes that moved to another group or are gone (https://kubernetes.io/docs/reference/using-api/deprecation-guide/); of a kind that only its version
 * left, the schemas know the others.
 */
const removed: ReadonlyMap<string, string | undefined> = new Map([
  ['extensions/v1beta1 Deployment', 'apps/v1'],
  ['extensions/v1beta1 DaemonSet', 'apps/v1'],
  ['extensions/v1beta1 ReplicaSet', 'apps/v1'],
  ['extensions/v1beta1 Ingress', 'networking.k8s.io/v1'],
  ['extensions/v1beta1 NetworkPolicy', 'networking.k8s.io/v1'],
  ['extensions/v1beta1 PodSecurityPolicy', undefined],
  ['policy/v1beta1 PodSecurityPolicy', undefined],
]);

/** What replaced a kind that Kubernetes no longer has, for people; undefined when it is none of those. */
export function removedKind(apiVersion: string, kind: string): string | undefined {
  const key = `${apiVersion} ${kind}`;
  if (!removed.has(key)) return undefined;
  const instead = removed.get(key);
  return instead === undefined ? 'nothing replaced it' : `use ${instead}`;
}
