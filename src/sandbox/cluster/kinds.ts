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
}

const defineKind = ({ group, kind, plural, shortNames = [], categories = [] }: KindWords): Kind => ({
  group,
  version: 'v1',
  apiVersion: group === '' ? 'v1' : `${group}/v1`,
  kind,
  plural,
  singular: kind.toLowerCase(),
  shortNames,
  categories,
  isNamespaced: kind !== 'Namespace',
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

export const kinds: readonly Kind[] = [
  namespaceKind,
  defineKind({ group: '', kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] }),
  defineKind({ group: '', kind: 'Secret', plural: 'secrets' }),
  defineKind({ group: '', kind: 'Service', plural: 'services', shortNames: ['svc'], categories: ['all'] }),
  deploymentKind,
];

/** What can be done with every kind; nothing that is not here is served. */
export const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'] as const;
