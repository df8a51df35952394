import { personJson } from '../domain/audit/gate-inputs.ts';
import type { CommandRefusal } from '../domain/command/refusal-text.ts';
import type { Rule } from '../domain/config/rule.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import type { Permission, Person } from '../domain/gate/people.ts';
import type { CommitSha, Repository } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import { holdApprovalExclusion, holdApprovalSources } from './decide-gate.ts';
import { findConfiguration, listSource } from './find-targets.ts';
import type { PullRequest } from './ports/github.ts';
import type { Records } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { hadShown, holdKey } from './report-hold.ts';

/** Who asked for it, and how: by a comment, or by a button that named the plans itself. */
export interface Asked {
  readonly by: Person;
  /** GitHub's clock: what was not shown before was not meant, and within a second nobody can tell. Infinite for a button. */
  readonly atMs: number;
  readonly comment?: number;
}

interface Request {
  readonly asked: Asked;
  readonly permission: Permission;
  readonly deployment: Deployment;
}

/** A failed deployment is tried again; a held one gets this person's approval of exactly the plan that its issue shows. */
export async function letDeploymentGo(
  ports: PullRequestPorts,
  pull: PullRequest,
  request: Request,
): Promise<CommandRefusal | undefined> {
  const { deployment, asked, permission } = request;
  const { phase, target } = deployment;
  if (phase.kind === 'failed') {
    await ports.store.transaction(async (records) => {
      if (await records.retryFailed(deployment.id))
        await lookAgain(records, pull, { ...request, facts: { retried: deployment.id } });
    });
    return undefined;
  }
  if (phase.kind !== 'held') return undefined;
  const { plan } = phase;
  if (plan === undefined) return { kind: 'hold-without-plan', target, reason: phase.reasons[0] ?? 'there is no plan' };
  const issue = await ports.store.reported(deployment.repository, holdKey(target));
  if (!hadShown(issue, { plan, beforeMs: asked.atMs })) return { kind: 'plan-moved', command: 'apply', target };
  const { reason } = await holdApprovalExclusion(ports, pull, asked.by);
  if (reason !== undefined) {
    return {
      kind: 'approval-excluded',
      target,
      reason: `${asked.by.login} ${reason}`,
      who: ['people with write access who put nothing into this pull request'],
    };
  }
  const { tip } = await ports.checkout.fetchBranch(pull.repository, pull.base.ref);
  const sources = await holdApprovalSources(ports, pull, {
    person: asked.by,
    permission,
    rules: await rulesAt(ports, pull.repository, deployment.commit),
    tip,
  });
  await ports.store.transaction(async (records) => {
    await records.addHoldApproval({ deployment: deployment.id, person: asked.by, permission, plan, sources });
    await lookAgain(records, pull, { ...request, facts: { approved: plan, sources } });
  });
  return undefined;
}

/** The rules by which a merge is deployed; none where its configuration cannot be read, for then nothing of it is deployed. */
async function rulesAt(ports: PullRequestPorts, repository: Repository, commit: CommitSha): Promise<readonly Rule[]> {
  if (!(await ports.checkout.fetchCommit(repository, commit))) return [];
  const tree = await listSource(ports.checkout, repository, commit);
  const found = await findConfiguration(ports, repository, tree);
  return found.kind === 'configured' ? found.configuration.rules : [];
}

async function lookAgain(
  records: Records,
  { repository }: PullRequest,
  at: Request & { readonly facts: JsonObject },
): Promise<void> {
  const { deployment, asked, permission } = at;
  const { target } = deployment;
  if (asked.comment !== undefined) await records.markObeyed(repository.id, asked.comment, target);
  await records.requestJob({
    job: { kind: 'target', installation: repository.installation, repository: repository.id, target },
  });
  await records.audit({
    repository: deployment.repository,
    kind: 'approval',
    subject: target,
    facts: {
      ...at.facts,
      deployment: deployment.id,
      by: personJson(asked.by),
      permission,
      comment: asked.comment ?? null,
    },
  });
}
