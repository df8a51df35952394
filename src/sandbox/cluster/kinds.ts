/** The kinds that the sandbox cluster serves, as discovery tells of them. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  /** What clients can do with it; nothing that is not here is served. */
  readonly verbs: readonly string[];
  /** `deployments.apps`, `configmaps`: what messages call the resource. */
  readonly resource: string;
  /** `Deployment.apps`, `ConfigMap`: what messages call the kind. */
  readonly qualifiedKind: string;
}

interface KindWords {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
}

const allVerbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
/** Of what only the sandbox's own controllers write. */
const readingVerbs = ['get', 'list', 'watch'];

const defineKind = ({ group, kind, plural, shortNames = [], categories = [], verbs = allVerbs }: KindWords): Kind => ({
  group,
  version: 'v1',
  apiVersion: group === '' ? 'v1' : `${group}/v1`,
  kind,
  plural,
  singular: kind.toLowerCase(),
  shortNames,
  categories,
  isNamespaced: kind !== 'Namespace',
  verbs,
  resource: group === '' ? plural : `${plural}.${group}`,
  qualifiedKind: group === '' ? kind : `${kind}.${group}`,
});

export const namespaceKind = defineKind({ group: '', kind: 'Namespace', plural: 'namespaces', shortNames: ['ns'] });
export const deploymentKind = defineKind({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
});

export const replicaSetKind = defineKind({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  verbs: readingVerbs,
});
export const podKind = defineKind({
  group: '',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  verbs: readingVerbs,
});
export const eventKind = defineKind({
  group: '',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  verbs: readingVerbs,
});

export const kinds: readonly Kind[] = [
  namespaceKind,
  defineKind({ group: '', kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] }),
  defineKind({ group: '', kind: 'Secret', plural: 'secrets' }),
  defineKind({ group: '', kind: 'Service', plural: 'services', shortNames: ['svc'], categories: ['all'] }),
  deploymentKind,
  replicaSetKind,
  podKind,
  eventKind,
];
