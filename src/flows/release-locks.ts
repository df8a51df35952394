import type { CommandRefusal } from '../domain/command/refusal-text.ts';
import { selectTargets } from '../domain/command/select-targets.ts';
import type { TargetPattern } from '../domain/command/target-pattern.ts';
import { type DeploymentPhase, isEnded } from '../domain/deployment/deployment.ts';
import type { Permission } from '../domain/gate/people.ts';
import type { PullNumber, Repository, TargetName } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Comment, PullRequest } from './ports/github.ts';
import type { Records } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';

/** `/unlock`: releases the locks that the pull request holds and leaves the queues where it waits; undefined when that is done. */
export async function unlock(
  ports: PullRequestPorts,
  pull: PullRequest,
  said: {
    readonly comment: Comment;
    readonly permission: Permission;
    readonly patterns: readonly TargetPattern[];
    readonly obeyed: readonly TargetName[];
  },
): Promise<CommandRefusal | undefined> {
  const { repository } = pull;
  const locks = await ports.store.locksOf(repository.id, pull.number);
  const known = [...new Set([...locks, ...said.obeyed])];
  if (known.length === 0) return { kind: 'no-lock' };
  const selection = selectTargets(said.patterns, known);
  if (selection.kind === 'unknown') return { kind: 'unknown-target', unknown: selection.unknown, known: known.length };
  const targets = selection.targets.filter((target) => locks.includes(target) && !said.obeyed.includes(target));
  const busy = (await ports.store.deploymentsBeforeMerge(repository.id, pull.number)).filter(
    ({ target, phase }) => targets.includes(target) && isBeingApplied(phase),
  );
  if (busy.length > 0) return { kind: 'being-applied', targets: busy.map(({ target }) => target) };
  for (const target of targets) {
    const shown = await pullsThatShow(ports, pull.repository, target);
    await ports.store.transaction(async (records) => {
      await releaseLock(records, pull, {
        target,
        shown,
        facts: { by: said.comment.author.login, permission: said.permission, comment: said.comment.id },
      });
      // Whoever began to apply meanwhile has committed by now.
      const deployments = await records.deploymentsBeforeMerge(repository.id, pull.number);
      if (deployments.some((deployment) => deployment.target === target && isBeingApplied(deployment.phase)))
        throw new Error(`${target} began to be applied while its lock was to be released; it is looked at again`);
      await records.markObeyed(repository.id, said.comment.id, target);
    });
  }
  return undefined;
}

function isBeingApplied(phase: DeploymentPhase): boolean {
  return phase.kind === 'applying' || phase.kind === 'verifying';
}

/** After the merge: a lock is kept until the merge's own deployment of the target went through or asks a person, so that nothing older comes in between. */
export async function releaseAfterMerge(ports: PullRequestPorts, pull: PullRequest): Promise<void> {
  const { repository } = pull;
  const deployments = await ports.store.deploymentsOfMerge(repository.id, pull.number);
  for (const target of await ports.store.locksOf(repository.id, pull.number)) {
    const own = deployments.find((deployment) => deployment.target === target);
    const goesOn = own !== undefined && !isEnded(own.phase) && own.phase.kind !== 'held';
    const [holder] = await ports.store.lockQueue(repository.id, target);
    if (goesOn && holder?.pull === pull.number) continue;
    const shown = await pullsThatShow(ports, repository, target);
    await ports.store.transaction((records) => releaseLock(records, pull, { target, shown, facts: { merged: true } }));
  }
}

/** Closed unmerged: what was applied stays locked, the rest is released. The targets whose locks are kept. */
export async function keepLocksOfClosed(ports: PullRequestPorts, pull: PullRequest): Promise<readonly TargetName[]> {
  const { repository } = pull;
  const begun = (await ports.store.deploymentsBeforeMerge(repository.id, pull.number)).filter(
    ({ phase }) => phase.kind !== 'cancelled' && phase.kind !== 'queued' && phase.kind !== 'waiting',
  );
  const kept: TargetName[] = [];
  for (const target of await ports.store.locksOf(repository.id, pull.number)) {
    const [holder] = await ports.store.lockQueue(repository.id, target);
    if (holder?.pull === pull.number && begun.some((deployment) => deployment.target === target)) {
      kept.push(target);
      continue;
    }
    const shown = await pullsThatShow(ports, repository, target);
    await ports.store.transaction((records) => releaseLock(records, pull, { target, shown, facts: { closed: true } }));
  }
  return kept;
}

/** Open pull requests whose gates say who holds the lock of this target, whether or not they wait for it. */
async function pullsThatShow(
  { github, store }: PullRequestPorts,
  repository: Repository,
  target: TargetName,
): Promise<readonly PullNumber[]> {
  const open = await github.openPullRequests(repository, {});
  const runs = await store.latestRuns(repository.id, open);
  return open.filter((number) => runs.get(number)?.targets.has(target) === true);
}

/** Whoever waits is looked at again, and whoever shows the lock; and deployments that waited for it. */
async function releaseLock(
  records: Records,
  { repository, number }: Pick<PullRequest, 'repository' | 'number'>,
  at: { readonly target: TargetName; readonly shown: readonly PullNumber[]; readonly facts: JsonObject },
): Promise<void> {
  const { target } = at;
  const left = await records.leaveLockQueue(repository.id, target, number);
  if (!left) return;
  await records.audit({
    repository: repository.id,
    kind: 'unlock',
    subject: target,
    facts: { ...at.facts, pull: number },
  });
  const waiting = (await records.lockQueue(repository.id, target)).map((entry) => entry.pull);
  for (const pull of new Set([...waiting, ...at.shown, number])) await requestPull(records, repository, pull);
  await records.requestJob({
    job: { kind: 'target', installation: repository.installation, repository: repository.id, target },
  });
}

function requestPull(records: Records, repository: Repository, pull: PullRequest['number']): Promise<void> {
  return records.requestJob({
    job: { kind: 'pull-request', installation: repository.installation, repository: repository.id, pull },
  });
}
