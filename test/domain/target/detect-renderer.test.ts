import { describe, expect, test } from 'vitest';
import type { Stack } from '../../../src/domain/config/config.ts';
import { targetName } from '../../../src/domain/identity.ts';
import { detectRenderer, rendererProblem } from '../../../src/domain/target/detect-renderer.ts';
import type { Target } from '../../../src/domain/target/target.ts';

const stack: Stack = {
  path: 'apps/web',
  watch: [],
  clusterScoped: [],
  ignore: [],
  forceConflicts: { kind: 'none' },
  prune: true,
  timeoutMs: 1000,
  position: { path: 'p', line: 1, column: 1 },
};
const target = (more: Partial<Stack> = {}): Target => ({
  name: targetName('web', 'staging'),
  stackName: 'web',
  directory: 'apps/web',
  environment: { name: 'staging', cluster: 'staging', approvals: 1, after: [] },
  stack: { ...stack, ...more },
});

describe('the renderer', () => {
  test.each([
    [['a.yaml', 'kustomization.yaml'], 'kustomize'],
    [['kustomization.yml'], 'kustomize'],
    [['Kustomization'], 'kustomize'],
    [['Chart.yaml', 'values.yaml'], 'helm'],
    [['main.tf'], 'terraform'],
    [['main.tf.json'], 'terraform'],
    [['kustomization.yaml', 'Chart.yaml'], 'kustomize'],
    [['a.yaml', 'chart.yaml', 'x.tfvars'], 'manifests'],
  ])('of %j is %s', (names, renderer) => {
    expect(detectRenderer(names)).toBe(renderer);
  });

  test('one that is not supported yet is an error at the file that asks for it', () => {
    expect(rendererProblem(target(), ['apps/web/a.yaml', 'apps/web/Chart.yaml'])).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('web@staging needs the renderer helm, which is not supported yet'),
      position: { path: 'apps/web/Chart.yaml' },
    });
  });

  test('files below the directory do not count, and a renderer that the stack names wins', () => {
    expect(rendererProblem(target(), ['apps/web/a.yaml', 'apps/web/sub/Chart.yaml'])).toBeUndefined();
    expect(rendererProblem(target({ renderer: 'manifests' }), ['apps/web/Chart.yaml'])).toBeUndefined();
  });
});
