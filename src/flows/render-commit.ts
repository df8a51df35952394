import type { CommitSha } from '../domain/identity.ts';
import type { Target } from '../domain/target/target.ts';
import { bringCommit } from './bring-commit.ts';
import { listSource } from './find-targets.ts';
import type { Checkout } from './ports/checkout.ts';
import type { PullRequest } from './ports/github.ts';
import type { Store } from './ports/store.ts';
import { type Render, type RenderPorts, renderTarget } from './render-stack.ts';

/** Renders a target as it was at a commit that was deployed. */
export async function renderCommit(
  ports: RenderPorts & { readonly checkout: Checkout; readonly store: Pick<Store, 'testMergeOf'> },
  repository: PullRequest['repository'],
  at: {
    readonly target: Target;
    readonly deployed: { readonly commit: CommitSha; readonly directory: string };
    readonly all: readonly Target[];
  },
): Promise<Render> {
  const { commit, directory } = at.deployed;
  if (!(await bringCommit(ports, repository, commit))) {
    return {
      objects: [],
      problems: [
        {
          severity: 'error',
          message: `the deployed commit ${commit.slice(0, 12)} of ${at.target.name} is gone from GitHub; what it set cannot be told from drift`,
        },
      ],
    };
  }
  const tree = await listSource(ports.checkout, repository, commit);
  return renderTarget(ports, repository, { tree, target: { ...at.target, directory }, all: at.all });
}
