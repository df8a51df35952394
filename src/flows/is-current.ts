import { hasMovedUnder, type MovementPorts } from './base-movement.ts';
import type { Inspection } from './inspect-pull-request.ts';
import { plansOf } from './plan-pull-request.ts';
import type { PullRequest } from './ports/github.ts';
import type { PlanRun } from './ports/store.ts';

/**
 * Whether a run still says what planning again would: the same inputs, on a base that did not move under the targets since. Its base may be an older one
 * then, and what it shows is the test merge with the base's tip all the same.
 */
export async function isCurrent(
  ports: MovementPorts,
  pull: Pick<PullRequest, 'repository'>,
  { run, inspection }: { readonly run: PlanRun; readonly inspection: Inspection },
): Promise<boolean> {
  if (run.fingerprint !== inspection.fingerprint) return false;
  if (inspection.next.kind === 'decided') return true;
  return !(await hasMovedUnder(ports, pull.repository, {
    from: run.base,
    to: inspection.base,
    targets: inspection.targets.union(new Set(plansOf(run).map(({ target }) => target))),
  }));
}
