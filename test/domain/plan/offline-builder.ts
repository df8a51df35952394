import { commitSha, targetName, treeSha } from '../../../src/domain/identity.ts';
import type { Problem, RenderedObject } from '../../../src/domain/manifest/rendered-object.ts';
import type { OfflineInput } from '../../../src/domain/plan/plan-offline.ts';
import { position } from './object-builder.ts';

export function offlineOf(
  base: readonly RenderedObject[],
  merge: readonly RenderedObject[],
  problems: readonly Problem[] = [],
): OfflineInput {
  return {
    target: {
      name: targetName('web', 'production'),
      stackName: 'web',
      directory: 'apps/web',
      environment: { name: 'production', cluster: 'production', approvals: 1, after: [] },
      stack: {
        path: 'apps/{stack}',
        watch: [],
        clusterScoped: [],
        ignore: [],
        forceConflicts: { kind: 'none' },
        prune: true,
        timeoutMs: 600_000,
        position,
      },
    },
    head: commitSha('8f14e45fceea167a5a36dedd4bea2543c1a2b3c4'),
    base: commitSha('c9f0f895fb98ab9159f51fd0297e236d5e6f7a8b'),
    tree: treeSha('4b825dc642cb6eb9a060e54bf8d69288fbee4904'),
    renders: { base: { objects: base }, merge: { objects: merge, problems } },
    reason: 'this head comes from a fork',
    check: () => ({
      confidence: { level: 'rendered', reason: 'this head comes from a fork' },
      problems: [],
      unchecked: [],
    }),
  };
}
