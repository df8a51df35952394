import { describe, expect, test } from 'vitest';
import { parseTargetName, repositoryId } from '../../../src/domain/identity.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { applySetOf } from '../../../src/domain/plan/applyset.ts';
import { type PlacementRules, placeObjects } from '../../../src/domain/plan/place-objects.ts';
import type { KindCatalog, ServedKind } from '../../../src/domain/plan/prediction.ts';
import { rendered } from './object-builder.ts';

function served(apiVersion: string, kind: string, namespaced: boolean): ServedKind {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  return { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced, verbs: ['get'] };
}

const catalog: KindCatalog = {
  kinds: [
    served('v1', 'ConfigMap', true),
    served('v1', 'Namespace', false),
    served('apps/v1', 'Deployment', true),
    served('autoscaling/v1', 'HorizontalPodAutoscaler', true),
    served('autoscaling/v2', 'HorizontalPodAutoscaler', true),
    served('rbac.authorization.k8s.io/v1', 'ClusterRole', false),
    served('apiextensions.k8s.io/v1', 'CustomResourceDefinition', false),
  ],
  broken: new Map([['metrics.acme.io/v1', 'its API server answers 503']]),
};

const open: PlacementRules = { clusterScoped: [] };

function object(apiVersion: string, kind: string, namespace?: string, rest: JsonObject = {}) {
  return rendered({
    apiVersion,
    kind,
    metadata: { name: 'x', ...(namespace === undefined ? {} : { namespace }) },
    ...rest,
  });
}

const definition = (scope: string, version: JsonObject = {}) =>
  rendered({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.acme.io' },
    spec: {
      group: 'acme.io',
      scope,
      names: { kind: 'Gadget', plural: 'gadgets' },
      versions: [{ name: 'v1', served: true, ...version }],
    },
  });

function place(objects: Parameters<typeof placeObjects>[0], rules: PlacementRules = open) {
  const placement = placeObjects(objects, catalog, rules);
  return {
    keys: [...placement.objects.keys()],
    problems: placement.problems.map((problem) => problem.message),
    placement,
  };
}

describe('where an object goes', () => {
  test("is its own namespace, else the stack's", () => {
    const rules = { ...open, defaultNamespace: 'shop' };
    const { keys, placement } = place([object('v1', 'ConfigMap', 'web'), object('apps/v1', 'Deployment')], rules);
    expect(keys).toEqual(['/ConfigMap/web/x', 'apps/Deployment/shop/x']);
    expect(placement.objects.get('apps/Deployment/shop/x')?.content).toMatchObject({ metadata: { namespace: 'shop' } });
  });

  test('has to be said somewhere', () => {
    expect(place([object('v1', 'ConfigMap')])).toMatchObject({
      keys: [],
      problems: ['ConfigMap x names no namespace; write metadata.namespace, or give the stack a `namespace`'],
    });
  });

  test('is nowhere for kinds without namespace, and one that is written there is ignored with a note', () => {
    const rules = { clusterScoped: ['ClusterRole'], defaultNamespace: 'shop' };
    const { placement } = place([object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'web')], rules);
    const role = placement.objects.get('rbac.authorization.k8s.io/ClusterRole//x');
    expect(role?.identity).toEqual({ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'x' });
    expect(role?.content.metadata).toEqual({ name: 'x' });
    expect(role?.notes).toEqual(['ClusterRole has no namespace; "web" is ignored']);
  });

  test('is the same for two versions of a group, so that both are one object', () => {
    const both = [
      object('autoscaling/v1', 'HorizontalPodAutoscaler', 'web'),
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web'),
    ];
    expect(place(both).problems).toEqual([
      'HorizontalPodAutoscaler web/x is here a second time; the first is at apps/web/frontend.yaml:1. Keep one of them.',
    ]);
  });

  test("may collide through the stack's namespace", () => {
    const { keys, problems } = place([object('v1', 'ConfigMap', 'web'), object('v1', 'ConfigMap')], {
      ...open,
      defaultNamespace: 'web',
    });
    expect(keys).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining('ConfigMap web/x is here a second time')]);
  });
});

describe('what a stack may touch', () => {
  test.each<[string, Partial<PlacementRules>, boolean]>([
    ['web', {}, true],
    ['kube-system', {}, false],
    ['kube-system', { namespaces: ['kube-system'] }, false],
    ['kube-system', { namespaces: ['*'] }, false],
    ['kube-system', { serverNamespaces: ['*'] }, true],
    ['kube-system', { serverNamespaces: ['kube-system'], namespaces: ['kube-system'] }, true],
    ['kube-system', { serverNamespaces: ['*'], namespaces: ['web'] }, false],
    ['web', { namespaces: ['web'] }, true],
    ['web-2', { namespaces: ['web'] }, false],
    ['web', { namespaces: [] }, false],
    ['web', { serverNamespaces: [] }, false],
    ['web', { serverNamespaces: ['shop'] }, false],
    ['team-a-web', { serverNamespaces: ['team-a-*'] }, true],
    ['team-b-web', { serverNamespaces: ['team-a-*'], namespaces: ['*'] }, false],
    ['kubernetes', {}, true],
  ])('%s with %j: %s', (namespace, rules, allowed) => {
    const all = { ...open, ...rules, clusterScoped: ['Namespace'] };
    expect(place([object('v1', 'ConfigMap', namespace)], all).keys).toHaveLength(allowed ? 1 : 0);
    const itself = rendered({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    expect(place([itself], all).keys).toHaveLength(allowed ? 1 : 0);
  });

  test("is bound by the stack's own namespace, too, when it is the default", () => {
    expect(place([object('v1', 'ConfigMap')], { ...open, defaultNamespace: 'kube-system' }).problems).toEqual([
      expect.stringContaining('kube-*'),
    ]);
  });

  test('are kinds without namespace only where they are named', () => {
    const role = object('rbac.authorization.k8s.io/v1', 'ClusterRole');
    expect(place([role]).problems).toEqual([expect.stringContaining('`cluster_scoped: [ClusterRole]`')]);
    expect(place([role], { clusterScoped: ['Namespace'] }).keys).toEqual([]);
    expect(place([role], { clusterScoped: ['ClusterRole'] }).keys).toHaveLength(1);
    expect(place([role], { clusterScoped: ['*'] }).keys).toHaveLength(1);
  });

  test('an object that may not go anywhere leaves the others where they are, and stands on its line', () => {
    const { keys, placement } = place([object('v1', 'ConfigMap', 'kube-system'), object('v1', 'ConfigMap', 'web')]);
    expect(keys).toEqual(['/ConfigMap/web/x']);
    expect(placement.problems).toEqual([
      expect.objectContaining({ severity: 'error', position: { path: 'apps/web/frontend.yaml', line: 1, column: 1 } }),
    ]);
  });
});

describe('a record of what a target owns', () => {
  const set = applySetOf(
    { host: 'github.com', repository: repositoryId(42), target: parseTargetName('web@production') },
    'default',
  );
  const named = (kind: string, name: string) =>
    rendered({ apiVersion: 'v1', kind, metadata: { name, namespace: 'default' } });

  test('is nothing that a stack may render', () => {
    expect(place([named('ConfigMap', set.parentName)]).problems).toEqual([
      `ConfigMap default/${set.parentName} is a record of what a target owns, which only Planwright writes; take it out of the stack`,
    ]);
  });

  test('is known by its whole name', () => {
    expect(place([named('ConfigMap', 'planwright-settings')]).problems).toEqual([]);
    expect(place([named('ConfigMap', `${set.parentName}-copy`)]).problems).toEqual([]);
  });
});

describe('a kind', () => {
  test('whose version is not served is an error that names those that are', () => {
    expect(place([object('autoscaling/v2beta2', 'HorizontalPodAutoscaler', 'web')]).problems).toEqual([
      'the cluster does not serve HorizontalPodAutoscaler as autoscaling/v2beta2; it has autoscaling/v1, autoscaling/v2',
    ]);
  });

  test('whose version is gone is still the same object for what was deployed in it', () => {
    const { keys, placement } = place([object('autoscaling/v2beta2', 'HorizontalPodAutoscaler', 'web')]);
    expect(keys).toEqual([]);
    expect(placement.outdated.get('autoscaling/HorizontalPodAutoscaler/web/x')?.served).toMatchObject({
      version: 'v1',
    });
  });

  test('whose group is gone is still the same object in the group that took its kinds', () => {
    const { keys, placement } = place([object('extensions/v1beta1', 'Deployment', 'web')]);
    expect(keys).toEqual([]);
    expect(placement.outdated.get('apps/Deployment/web/x')).toMatchObject({
      identity: { group: 'apps' },
      served: { group: 'apps', version: 'v1' },
    });
    expect(place([object('batch/v1', 'Deployment', 'web')]).placement.outdated.size).toBe(0);
  });

  test("that Kubernetes' own groups no longer have is an error: no definition can bring it", () => {
    expect(
      place([object('extensions/v1beta1', 'Deployment', 'web'), object('policy/v1beta1', 'PodSecurityPolicy')]),
    ).toMatchObject({
      keys: [],
      problems: [
        'the cluster does not serve Deployment as extensions/v1beta1; it has apps/v1',
        'the cluster does not serve PodSecurityPolicy as policy/v1beta1, and no other group has it',
      ],
    });
  });

  test('whose API does not answer is an error that says so: nobody knows its scope', () => {
    expect(place([object('metrics.acme.io/v1', 'Gauge', 'web')]).problems).toEqual([
      'Gauge x: the API metrics.acme.io/v1 of the cluster does not answer: its API server answers 503',
    ]);
  });

  test('that a definition of the same change brings has that scope', () => {
    const gadget = object('acme.io/v1', 'Gadget', 'web');
    const rules = { clusterScoped: ['CustomResourceDefinition'] };
    const namespaced = place([definition('Namespaced'), gadget], rules);
    expect(namespaced.problems).toEqual([]);
    expect(namespaced.placement.objects.get('acme.io/Gadget/web/x')).toMatchObject({
      incoming: true,
      served: undefined,
    });
    expect(place([definition('Cluster'), gadget], rules).problems).toEqual([
      expect.stringContaining('`cluster_scoped: [Gadget]`'),
    ]);
  });

  test('is not brought by a version that the definition does not serve, nor by another', () => {
    const rules = { clusterScoped: ['CustomResourceDefinition'] };
    for (const content of [definition('Namespaced', { served: false }), definition('Namespaced', { name: 'v2' })]) {
      const { placement } = place([content, object('acme.io/v1', 'Gadget', 'web')], rules);
      expect(placement.objects.get('acme.io/Gadget/web/x')?.incoming).toBe(false);
    }
  });

  test('of the cluster keeps its scope, whatever a definition in the change claims', () => {
    const claims = rendered({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'clusterroles.rbac.authorization.k8s.io' },
      spec: {
        group: 'rbac.authorization.k8s.io',
        scope: 'Namespaced',
        names: { kind: 'ClusterRole' },
        versions: [{ name: 'v9' }],
      },
    });
    const { problems } = place([claims, object('rbac.authorization.k8s.io/v9', 'ClusterRole', 'web')], {
      clusterScoped: ['CustomResourceDefinition'],
    });
    expect(problems).toEqual([expect.stringContaining('`cluster_scoped: [ClusterRole]`')]);
  });

  test.each<JsonObject>([
    {},
    { spec: null },
    { spec: { names: null } },
    { spec: { names: {}, versions: 'v1' } },
    { spec: { names: [], versions: [null] } },
  ])('is not brought by a malformed definition: %j', (content) => {
    const broken = rendered({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'broken' },
      ...content,
    });
    expect(place([broken, object('acme.io/v1', 'Gadget', 'web')], { clusterScoped: ['*'] }).problems).toEqual([]);
  });

  test('that nobody knows is taken for one with a namespace where it names one', () => {
    expect(place([object('acme.io/v1', 'Gadget', 'web')]).keys).toEqual(['acme.io/Gadget/web/x']);
    expect(place([object('acme.io/v1', 'Gadget', 'kube-system')]).problems).toHaveLength(1);
    expect(place([object('acme.io/v1', 'Gadget')]).problems).toEqual([
      expect.stringContaining('`cluster_scoped: [Gadget]`'),
    ]);
  });
});
