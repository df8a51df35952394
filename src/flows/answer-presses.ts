import { personJson } from '../domain/audit/gate-inputs.ts';
import { maySay } from '../domain/command/command-right.ts';
import { commands } from '../domain/command/commands.ts';
import { meaningOf, parsePressed, pressRefusalText } from '../domain/command/press.ts';
import type { CommandRefusal } from '../domain/command/refusal-text.ts';
import type { Permission } from '../domain/gate/people.ts';
import type { CommitSha, Repository } from '../domain/identity.ts';
import { applyBeforeMerge } from './apply-before-merge.ts';
import { letDeploymentGo } from './let-deployment-go.ts';
import type { PullRequest } from './ports/github.ts';
import type { ButtonPress } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';

/** What became of a press. Refusals are said to people who may write; others see no buttons on GitHub, and are only logged. */
type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'ignored'; readonly why: string }
  | { readonly kind: 'refused'; readonly pull: PullRequest; readonly refusals: readonly CommandRefusal[] };

interface Pressing {
  readonly press: ButtonPress;
  readonly permission: Permission;
  /** Open pull requests with this head. */
  readonly open: readonly PullRequest[];
  /** The pull request whose merge this commit is. */
  readonly merged: PullRequest | undefined;
}

/**
 * Does what was asked for by the buttons of a commit's checks, as far as whoever pressed may ask for it now. What is done shows in the check, which
 * begins anew. Idempotent: a press is finished along with its audit record, and doing what it asks for twice is harmless.
 */
export async function answerPresses(ports: PullRequestPorts, repository: Repository, sha: CommitSha): Promise<void> {
  const presses = await ports.store.pendingPresses(repository.id, sha);
  if (presses.length === 0) return;
  const open = await openWithHead(ports, repository, sha);
  const merge = await ports.store.mergeOfCommit(repository.id, sha);
  const merged = merge === undefined ? undefined : await ports.github.pullRequest(repository, merge.pull);
  for (const press of presses) {
    const permission = await ports.github.permission(repository, press.by.login).catch(() => undefined);
    const answer: Answer =
      permission === undefined
        ? { kind: 'ignored', why: 'GitHub does not say what this person may do here' }
        : await answerPress(ports, { press, permission, open, merged });
    if (answer.kind === 'ignored')
      ports.log.warn({ ...press, permission, why: answer.why }, 'a pressed button is ignored');
    if (answer.kind === 'refused') await sayRefusals(ports, press, answer);
    await finish(ports, { press, permission, answer });
  }
}

async function openWithHead(
  ports: PullRequestPorts,
  repository: Repository,
  sha: CommitSha,
): Promise<readonly PullRequest[]> {
  const found: PullRequest[] = [];
  for (const number of await ports.github.openPullRequests(repository, { headSha: sha })) {
    const pull = await ports.github.pullRequest(repository, number);
    if (pull?.state === 'open' && pull.head.sha === sha) found.push(pull);
  }
  return found;
}

async function answerPress(ports: PullRequestPorts, pressing: Pressing): Promise<Answer> {
  const { press } = pressing;
  if (press.by.bot) return { kind: 'ignored', why: 'bots press no buttons' };
  const pressed = parsePressed(press.identifier);
  switch (pressed.kind) {
    case 'plan':
      return planAgain(ports, pressing);
    case 'apply':
      return applyHeld(ports, pressing, pressed.means);
    case 'apply-open':
      return applyOpen(ports, pressing, pressed.means);
    case 'unknown':
      return { kind: 'ignored', why: 'no check has such a button' };
  }
}

/** A fork's head stays offline: to read it and to say so is what `/plan` is for. */
async function planAgain(ports: PullRequestPorts, { press, permission, open, merged }: Pressing): Promise<Answer> {
  const pulls = merged === undefined ? open : [...open, merged];
  const may = pulls.some((pull) =>
    maySay(commands.plan, { permission, authorFromOwnBranch: press.by.id === pull.author.id && !pull.head.fork }),
  );
  // A merge group has no author.
  const group = await ports.store.mergeGroup(press.repository, press.sha);
  const mayForGroup = group?.over === false && maySay(commands.plan, { permission, authorFromOwnBranch: false });
  if (!may && !mayForGroup) return { kind: 'ignored', why: `the permission ${permission} does not suffice` };
  await ports.store.forgetPlanRuns(press.repository, press.sha);
  if (merged !== undefined) await lookAtDeployments(ports, merged);
  return { kind: 'done' };
}

/** Approves and retries exactly what the check showed along with the button: every target of the merge that waits for a person. */
async function applyHeld(
  ports: PullRequestPorts,
  { press, permission, merged }: Pressing,
  means: string,
): Promise<Answer> {
  if (!maySay(commands.apply, { permission, authorFromOwnBranch: false }))
    return { kind: 'ignored', why: `the permission ${permission} does not suffice` };
  if (merged === undefined) return { kind: 'ignored', why: 'this commit is no merge of a pull request' };
  const deployments = await ports.store.deploymentsOfMerge(press.repository, merged.number);
  const waiting = deployments.filter(({ phase }) => phase.kind === 'held' || phase.kind === 'failed');
  const meant = meaningOf(waiting);
  const refused = (refusals: readonly CommandRefusal[]): Answer => ({ kind: 'refused', pull: merged, refusals });
  if (meant === undefined) return refused([{ kind: 'nothing-held', targets: deployments.map(({ target }) => target) }]);
  if (meant !== means) return refused(waiting.map(({ target }) => ({ kind: 'plan-moved', command: 'apply', target })));
  const refusals: CommandRefusal[] = [];
  for (const deployment of waiting) {
    const asked = { by: press.by, atMs: Number.POSITIVE_INFINITY };
    const refusal = await letDeploymentGo(ports, merged, { asked, permission, deployment });
    if (refusal !== undefined) refusals.push(refusal);
  }
  return refusals.length === 0 ? { kind: 'done' } : refused(refusals);
}

/** What `/apply` does on the pull request whose gate showed the button. */
async function applyOpen(
  ports: PullRequestPorts,
  { press, permission, open }: Pressing,
  means: string,
): Promise<Answer> {
  if (!maySay(commands.apply, { permission, authorFromOwnBranch: false }))
    return { kind: 'ignored', why: `the permission ${permission} does not suffice` };
  const [pull, ...others] = open;
  if (pull === undefined) return { kind: 'ignored', why: 'no open pull request has this head' };
  // The check is that of all of them by then.
  if (others.length > 0) return { kind: 'ignored', why: 'several pull requests have this head' };
  const asked = { by: press.by, atMs: Number.POSITIVE_INFINITY };
  const refusal = await applyBeforeMerge(ports, pull, { asked, means, permission, patterns: [], obeyed: [] });
  return refusal === undefined ? { kind: 'done' } : { kind: 'refused', pull, refusals: [refusal] };
}

async function lookAtDeployments(ports: PullRequestPorts, { repository, number }: PullRequest): Promise<void> {
  for (const { target } of await ports.store.deploymentsOfMerge(repository.id, number))
    await ports.store.requestJob({
      job: { kind: 'target', installation: repository.installation, repository: repository.id, target },
    });
}

async function sayRefusals(
  ports: PullRequestPorts,
  press: ButtonPress,
  { pull, refusals }: Extract<Answer, { readonly kind: 'refused' }>,
): Promise<void> {
  const marker = `<!-- planwright:pressed:${press.guid} -->`;
  if ((await ports.github.findComment(pull.repository, pull.number, marker)) !== undefined) return;
  const text = `${marker}\n${pressRefusalText(press, refusals)}`;
  await ports.github.createComment(pull.repository, pull.number, text);
}

async function finish(
  ports: PullRequestPorts,
  at: { readonly press: ButtonPress; readonly permission: Permission | undefined; readonly answer: Answer },
): Promise<void> {
  const { press, answer } = at;
  await ports.store.transaction(async (records) => {
    await records.finishPress(press.guid, answer.kind);
    await records.audit({
      repository: press.repository,
      kind: 'command',
      subject: press.sha,
      facts: {
        button: press.identifier,
        by: personJson(press.by),
        permission: at.permission ?? 'unknown',
        became: answer.kind,
        ...(answer.kind === 'ignored' ? { why: answer.why } : {}),
        ...(answer.kind === 'refused' ? { refused: answer.refusals.map(({ kind }) => kind) } : {}),
      },
    });
  });
}
