import { describe, expect, test } from 'vitest';
import { autoscalerOf } from '../../../src/domain/plan/autoscalers.ts';
import { otherTool } from '../../../src/domain/plan/other-tools.ts';
import { manifest } from './object-builder.ts';

const scaler = (
  version: string,
  target: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string },
) => manifest(`autoscaling/${version} HorizontalPodAutoscaler`, { spec: { scaleTargetRef: { ...target } } });

describe('an autoscaler', () => {
  test.each(['v1', 'v2', 'v2beta2'])(
    'of %s scales what it names, in its own namespace, whatever the version of that',
    (version) => {
      const target = { apiVersion: 'apps/v1beta1', kind: 'Deployment', name: 'shop' };
      expect(autoscalerOf(scaler(version, target))).toEqual({
        name: 'frontend',
        scales: { group: 'apps', kind: 'Deployment', namespace: 'web', name: 'shop' },
      });
    },
  );

  test('may scale a kind of the core group', () => {
    const target = { apiVersion: 'v1', kind: 'ReplicationController', name: 'old' };
    expect(autoscalerOf(scaler('v2', target))?.scales.group).toBe('');
  });

  test.each([
    ['names nothing', scaler('v2', { apiVersion: 'apps/v1', kind: 'Deployment' })],
    [
      'is of another group',
      manifest('example.com/v1 HorizontalPodAutoscaler', { spec: { scaleTargetRef: { kind: 'A', name: 'a' } } }),
    ],
    ['is another kind', manifest('autoscaling/v1 Scale', { spec: { scaleTargetRef: { kind: 'A', name: 'a' } } })],
    ['has no spec', manifest('autoscaling/v2 HorizontalPodAutoscaler', {})],
  ])('is none when it %s', (_, object) => {
    expect(autoscalerOf(object)).toBeUndefined();
  });
});

describe('another tool', () => {
  test.each([
    ['Helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }],
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'shop' } }],
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:web/frontend' } }],
    ['Argo CD', { labels: { 'argocd.argoproj.io/instance': 'shop' } }],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }],
    ['Flux', { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } }],
  ])('is %s by its mark', (tool, marks) => {
    expect(otherTool(manifest('ConfigMap', {}, marks))?.tool).toBe(tool);
  });

  test.each([
    {},
    { labels: { 'app.kubernetes.io/managed-by': 'planwright' } },
    { labels: { 'app.kubernetes.io/instance': 'shop' } },
    { annotations: null },
  ])('is nobody by %j', (marks) => {
    expect(otherTool(manifest('ConfigMap', {}, marks))).toBeUndefined();
  });
});
