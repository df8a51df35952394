import { sha256Text } from '../domain/audit/content-digest.ts';
import type { ServerSettings } from '../domain/config/server-settings.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { whoeverMayApprove } from '../domain/gate/approved-plan.ts';
import type { PlanDigest, Repository, TargetName } from '../domain/identity.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { Uncovered } from '../domain/report/effect-difference.ts';
import { closedHoldIssue, type HoldView, holdIssue, holdLabel, holdMarker } from '../domain/report/hold-issue.ts';
import { type LinkedPlan, planLink } from '../domain/report/plan-link.ts';
import type { Conversation } from './ports/github.ts';
import type { MergeRecord, ReportedItem, Store } from './ports/store.ts';

export interface HoldPorts {
  readonly github: Conversation;
  readonly store: Store;
  readonly server: ServerSettings;
}

export const holdKeyPrefix = 'issue:';

export function holdKey(target: TargetName): string {
  return `${holdKeyPrefix}${target}`;
}

/**
 * Whether the issue of a hold shows this plan, and did so before that moment by GitHub's clock: what came within the same second nobody can tell. Throws while
 * it is being written.
 */
export function hadShown(
  item: ReportedItem | undefined,
  of: { readonly plan: PlanDigest; readonly beforeMs: number },
): boolean {
  const shown = readShownHold(item);
  return shown?.plan === of.plan && shown.atMs < of.beforeMs;
}

/** What the issue showed last, and since when; undefined when there is none. */
function readShownHold(item: ReportedItem | undefined): { readonly plan: string; readonly atMs: number } | undefined {
  if (item === undefined || item.closed) return undefined;
  if (item.content === '') throw new Error('the issue of a held deployment is being written; it is looked at again');
  const [plan, atMs] = item.externalId.split('@');
  return plan === undefined || plan === '' || atMs === undefined ? undefined : { plan, atMs: Number(atMs) };
}

/** A hold or a failure is never silent: one open issue a target while its newest open deployment needs a person, closed by itself afterwards. */
export async function reportHold(
  ports: HoldPorts,
  repository: Repository,
  at: { readonly deployment: Deployment; readonly uncovered: Uncovered | undefined },
): Promise<void> {
  const { deployment, uncovered } = at;
  const { phase, target } = deployment;
  const key = holdKey(target);
  const row = await ports.store.reported(repository.id, key);
  const merge = await ports.store.merge(deployment.repository, deployment.pull);
  if (merge === undefined) return;
  if (phase.kind !== 'held' && phase.kind !== 'failed') {
    if (row === undefined || row.closed) return;
    if (phase.kind !== 'succeeded' && phase.kind !== 'superseded' && phase.kind !== 'cancelled') return;
    const text = closedHoldIssue({ target, pull: deployment.pull, commit: deployment.commit }, phase, 'held');
    // The answer to its creation may have been lost.
    const number = row.githubId ?? (await ports.github.findIssue(repository, holdLabel, holdMarker(target)))?.number;
    if (number !== undefined) await ports.github.updateIssue(repository, number, { ...text, state: 'closed' });
    await ports.store.saveReported({ ...row, content: '', closed: true });
    return;
  }
  const text = holdIssue(await viewOf(ports, { deployment, phase, merge, uncovered }));
  const content = sha256Text(JSON.stringify(text));
  if (row !== undefined && !row.closed && row.content === content) return;
  const intent = { key, repository: repository.id, externalId: holdMarker(target), content: '', closed: false };
  const open = row === undefined || row.closed ? undefined : row.githubId;
  if (open === undefined) await ports.store.saveReported(intent);
  const found =
    open === undefined ? await ports.github.findIssue(repository, holdLabel, holdMarker(target)) : undefined;
  const number = open ?? found?.number;
  const shows = (atMs: number) => `${phase.plan ?? ''}@${atMs}`;
  if (number === undefined) {
    const created = await ports.github.createIssue(repository, { ...text, labels: [holdLabel] });
    const externalId = shows(created.updatedAtMs);
    return learn(ports, repository, { ...intent, githubId: created.number, externalId, content });
  }
  if (found?.title === text.title && found.body === text.body) {
    // The answer to the creation was lost: people see it already.
    return learn(ports, repository, { ...intent, githubId: number, externalId: shows(found.updatedAtMs), content });
  }
  // Until GitHub has answered nobody knows which plan people see.
  await ports.store.saveReported({ ...intent, githubId: number });
  const updated = await ports.github.updateIssue(repository, number, { ...text, state: 'open' });
  const said = { ...intent, githubId: number, externalId: shows(updated.updatedAtMs), content };
  return found === undefined ? ports.store.saveReported(said) : learn(ports, repository, said);
}

/** Somebody may have spoken in the issue before it was known which one it is. */
async function learn({ store }: HoldPorts, repository: Repository, issue: ReportedItem): Promise<void> {
  await store.transaction(async (records) => {
    await records.saveReported(issue);
    await records.requestJob({
      job: { kind: 'holds', installation: repository.installation, repository: repository.id },
    });
  });
}

/** Plans without effects share a digest: only this target's own is shown. */
async function findPlan(ports: HoldPorts, deployment: Deployment, digest: PlanDigest): Promise<Plan | undefined> {
  const found = await ports.store.plan(digest, { target: deployment.target, head: deployment.commit });
  return found?.repository === deployment.repository && found.plan.target === deployment.target
    ? found.plan
    : undefined;
}

async function viewOf(
  ports: HoldPorts,
  at: {
    readonly deployment: Deployment;
    readonly phase: Extract<Deployment['phase'], { readonly kind: 'held' | 'failed' }>;
    readonly merge: MergeRecord;
    readonly uncovered: Uncovered | undefined;
  },
): Promise<HoldView> {
  const { deployment, phase, merge } = at;
  const plan = phase.plan === undefined ? undefined : await findPlan(ports, deployment, phase.plan);
  const effects = await ports.store.effects([...new Set(merge.approvals.flatMap((approval) => approval.plans))]);
  const { url } = ports.server;
  return {
    target: deployment.target,
    phase,
    pull: deployment.pull,
    commit: deployment.commit,
    author: merge.author,
    ...(merge.mergedBy === undefined ? {} : { mergedBy: merge.mergedBy }),
    deciders: phase.kind === 'held' ? (phase.deciders ?? [whoeverMayApprove]) : [whoeverMayApprove],
    approved: [...effects.values()].flat().filter((effect) => effect.target === deployment.target),
    ...(plan === undefined ? {} : { plan }),
    ...(at.uncovered === undefined ? {} : { uncovered: at.uncovered }),
    ...(url === undefined ? {} : { planUrl: (linked: LinkedPlan) => planLink(url, linked) }),
  };
}
