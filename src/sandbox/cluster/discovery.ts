import type { JsonMap } from './json.ts';
import type { Kind } from './kinds.ts';
import { kinds } from './kinds.ts';

const groupVersion = ({ group, version }: Kind): string => (group === '' ? version : `${group}/${version}`);
const appsVersion: JsonMap = { groupVersion: 'apps/v1', version: 'v1' };
const appsGroup: JsonMap = { name: 'apps', versions: [appsVersion], preferredVersion: appsVersion };

const optional = (name: string, words: readonly string[]): JsonMap => (words.length === 0 ? {} : { [name]: words });

const resourceOf = (kind: Kind): JsonMap => ({
  name: kind.plural,
  singularName: kind.singular,
  namespaced: kind.isNamespaced,
  kind: kind.kind,
  verbs: [...kind.verbs],
  ...optional('shortNames', kind.shortNames),
  ...optional('categories', kind.categories),
});

const aggregatedResourceOf = (kind: Kind): JsonMap => ({
  resource: kind.plural,
  responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
  scope: kind.isNamespaced ? 'Namespaced' : 'Cluster',
  singularResource: kind.singular,
  verbs: [...kind.verbs],
  ...optional('shortNames', kind.shortNames),
  ...optional('categories', kind.categories),
});

const ofGroup = (group: string): readonly Kind[] => kinds.filter((kind) => kind.group === group);

/** Aggregated discovery of the legacy group (`/api`) or of the named ones (`/apis`). */
export function aggregatedDiscovery(path: '/api' | '/apis'): JsonMap {
  const group = path === '/api' ? '' : 'apps';
  const resources = ofGroup(group).map(aggregatedResourceOf);
  const metadata: JsonMap = group === '' ? {} : { name: group };
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [{ metadata, versions: [{ version: 'v1', resources, freshness: 'Current' }] }],
  };
}

const resourceList = (group: string): JsonMap => {
  const found = ofGroup(group);
  const [first] = found;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: first === undefined ? '' : groupVersion(first),
    resources: found.map(resourceOf),
  };
};

/** The documents of plain discovery, by their path. */
export const discoveryDocuments: ReadonlyMap<string, JsonMap> = new Map<string, JsonMap>([
  ['/api', { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }],
  ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: [appsGroup] }],
  ['/apis/apps', { kind: 'APIGroup', apiVersion: 'v1', ...appsGroup }],
  ['/api/v1', resourceList('')],
  ['/apis/apps/v1', resourceList('apps')],
]);

/** Minor version 1.35: the one whose behaviour the contract suite compares with. */
export const versionDocument: JsonMap = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0+planwright.sandbox',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'sandbox',
};
