import { describe, expect, test } from 'vitest';
import type { Environment, Stack } from '../../../src/domain/config/config.ts';
import { targetName } from '../../../src/domain/identity.ts';
import { affectedTargets } from '../../../src/domain/target/affected-targets.ts';
import type { Target } from '../../../src/domain/target/target.ts';

interface Wish {
  readonly stack?: Partial<Stack>;
  readonly environment?: Partial<Environment>;
}

function target(name: string, directory: string, { stack, environment }: Wish = {}): Target {
  return {
    name: targetName(name, 'staging'),
    stackName: name,
    directory,
    environment: { name: 'staging', cluster: 'staging', approvals: 1, after: [], ...environment },
    stack: {
      path: directory,
      watch: [],
      clusterScoped: [],
      ignore: [],
      forceConflicts: { kind: 'none' },
      prune: true,
      timeoutMs: 1000,
      position: { path: 'p', line: 1, column: 1 },
      ...stack,
    },
  };
}

const affected = (base: readonly Target[], head: readonly Target[], ...changedPaths: string[]) =>
  affectedTargets({ base, head, changedPaths, reading: new Set() }).map(
    ({ target: { stackName }, presence }) => `${stackName} ${presence}`,
  );

const web = target('web', 'apps/web');
const api = target('api', 'apps/api');

describe('a target is affected', () => {
  test('by a file below its directory, and by no other', () => {
    expect(affected([web, api], [web, api], 'apps/web/deep/a.yaml', 'apps/webx/a', 'README.md')).toEqual(['web both']);
    expect(affected([web, api], [web, api])).toEqual([]);
  });

  test('by a file that watch names, at base or at head', () => {
    const watching = target('api', 'apps/api', { stack: { watch: ['lib/common/**', '*.env'] } });
    expect(affected([web, watching], [web, watching], 'lib/common/a/b.libsonnet')).toEqual(['api both']);
    expect(affected([web, watching], [web, api], 'prod.env')).toEqual(['api both']);
    expect(affected([web, watching], [web, watching], 'lib/other', 'a/b.env')).toEqual([]);
  });

  test('by what its renderer reads elsewhere, as it was traced', () => {
    const reading = new Set([api.name]);
    expect(affectedTargets({ base: [web, api], head: [web, api], changedPaths: [], reading })).toMatchObject([
      { presence: 'both', target: { stackName: 'api' } },
    ]);
  });

  test('by a file of a nested stack only as that stack', () => {
    const outer = target('outer', 'apps');
    expect(affected([outer, web], [outer, web], 'apps/web/a.yaml')).toEqual(['web both']);
    expect(affected([outer, web], [outer, web], 'apps/a.yaml')).toEqual(['outer both']);
  });

  test('by being on one side only', () => {
    expect(affected([web], [api])).toEqual(['api added', 'web removed']);
  });

  test.each<[string, Wish]>([
    ['cluster', { environment: { cluster: 'other' } }],
    ['namespace', { stack: { namespace: 'web' } }],
    ['namespaces', { stack: { namespaces: ['web'] } }],
    ['cluster_scoped', { stack: { clusterScoped: ['Namespace'] } }],
    ['prune', { stack: { prune: false } }],
    ['renderer', { stack: { renderer: 'manifests' } }],
  ])('by its setting %s', (_, wish) => {
    expect(affected([web, api], [target('web', 'apps/web', wish), api])).toEqual(['web both']);
  });

  test.each<[string, Wish]>([
    ['approvals', { environment: { approvals: 3 } }],
    ['after', { environment: { after: ['development'] } }],
    ['timeout', { stack: { timeoutMs: 5 } }],
    ['the line of the stack', { stack: { position: { path: 'p', line: 9, column: 1 } } }],
    ['watch alone', { stack: { watch: ['lib/**'] } }],
  ])('not by %s, which does not change the plan', (_, wish) => {
    expect(affected([web], [target('web', 'apps/web', wish)])).toEqual([]);
  });

  test('by moving to another directory, with both sides told', () => {
    const [change] = affectedTargets({
      base: [web],
      head: [target('web', 'services/web')],
      changedPaths: [],
      reading: new Set(),
    });
    expect(change).toMatchObject({
      presence: 'both',
      target: { directory: 'services/web' },
      base: { directory: 'apps/web' },
    });
  });

  test('by a stack that is nested into it, which takes files away', () => {
    const outer = target('outer', 'apps');
    expect(affected([outer], [outer, web])).toEqual(['outer both', 'web added']);
  });

  test('at the root by every path that is no nested one', () => {
    const root = target('root', '');
    expect(affected([root, web], [root, web], 'a.yaml')).toEqual(['root both']);
    expect(affected([root, web], [root, web], 'apps/web/a.yaml')).toEqual(['web both']);
  });
});
