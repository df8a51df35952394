import { sha256Text } from '../domain/audit/content-digest.ts';
import { personJson } from '../domain/audit/gate-inputs.ts';
import { answerComment, type CommandAnswer } from '../domain/command/answer-comment.ts';
import { maySay } from '../domain/command/command-right.ts';
import { commands as commandTable } from '../domain/command/commands.ts';
import { type HelpSituation, helpText } from '../domain/command/help-text.ts';
import { type ParsedCommand, parseCommands } from '../domain/command/parse-commands.ts';
import { type CommandRefusal, refusalText } from '../domain/command/refusal-text.ts';
import { selectTargets } from '../domain/command/select-targets.ts';
import type { TargetPattern } from '../domain/command/target-pattern.ts';
import type { GateDecision } from '../domain/gate/decision.ts';
import type { Permission } from '../domain/gate/people.ts';
import type { Repository, TargetName } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import { applyBeforeMerge } from './apply-before-merge.ts';
import type { CommandPlace as Place } from './command-place.ts';
import { letDeploymentGo } from './let-deployment-go.ts';
import { overrideCondition } from './override-condition.ts';
import { plansOf } from './plan-pull-request.ts';
import type { Comment, PullRequest } from './ports/github.ts';
import type { StoredCommand } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { unlock } from './release-locks.ts';

/** What the waiting commands ask of the look at hand, and what is to be said to their authors once it is done. */
export interface AnsweredCommands {
  readonly planAgain: boolean;
  readonly answered: readonly {
    readonly command: StoredCommand;
    readonly reaction: 'rocket' | 'confused' | undefined;
    readonly replies: readonly Reply[];
    readonly place: Place;
    /** For the audit; absent where no command was said. */
    readonly said?: JsonObject;
  }[];
}

/** What is said about one line; the help is written last, when everything is as it will be. */
type Reply = CommandAnswer | { readonly line: string; readonly help: true };

type Answer =
  | { readonly kind: 'done'; readonly planAgain?: true; readonly help?: true }
  | { readonly kind: 'refused'; readonly refusal: CommandRefusal };

/** A comment with commands. */
interface Said {
  readonly comment: Comment;
  /** What was done of it before this process, which did not get to answer. */
  readonly obeyed: readonly TargetName[];
}

/** Reads the waiting commands of a pull request and does what they may do; plans and replies come afterwards. */
export async function answerCommands(ports: PullRequestPorts, pull: PullRequest): Promise<AnsweredCommands> {
  return answerWaiting(ports, { pull, issue: pull.number });
}

/** … and those in the issue of one target's hold, which belong to the pull request whose deployment is held. */
export async function answerHoldCommands(
  ports: PullRequestPorts,
  hold: { readonly pull: PullRequest; readonly issue: number; readonly target: TargetName },
): Promise<void> {
  await finishCommands(ports, await answerWaiting(ports, hold));
}

async function answerWaiting(ports: PullRequestPorts, place: Place): Promise<AnsweredCommands> {
  const { repository } = place.pull;
  const waiting = await ports.store.pendingCommands(repository.id, place.issue);
  let planAgain = false;
  const answered: AnsweredCommands['answered'][number][] = [];
  for (const command of waiting) {
    const comment = await ports.github.comment(repository, command.commentId);
    // Deleted, or edited since the webhook was sent: what it says now was never said as a command.
    const parsed =
      comment === undefined || comment.author.bot || sha256Text(comment.body) !== command.bodyDigest
        ? []
        : parseCommands(comment.body);
    if (comment === undefined || parsed.length === 0) {
      answered.push({ command, reaction: undefined, replies: [], place });
      continue;
    }
    await ports.github.react(repository, comment.id, 'eyes');
    const said = await answerLines(ports, place, { comment, parsed, obeyed: command.obeyed ?? [] });
    planAgain ||= said.planAgain;
    answered.push({
      command,
      reaction: said.refused ? 'confused' : 'rocket',
      replies: said.replies,
      place,
      said: { comment: comment.id, by: personJson(comment.author), lines: said.lines },
    });
  }
  return { planAgain, answered };
}

async function answerLines(
  ports: PullRequestPorts,
  place: Place,
  at: Said & { readonly parsed: readonly ParsedCommand[] },
): Promise<{
  readonly planAgain: boolean;
  readonly refused: boolean;
  readonly replies: readonly Reply[];
  readonly lines: readonly JsonObject[];
}> {
  const replies: Reply[] = [];
  const lines: JsonObject[] = [];
  let planAgain = false;
  let refused = false;
  for (const parsed of at.parsed) {
    const answer = await answerOne(ports, place, { ...at, parsed });
    lines.push({
      command: parsed.kind === 'malformed' ? parsed.command : parsed.kind,
      line: parsed.line.slice(0, auditedCharacters),
      ...(answer.kind === 'refused' ? { refused: answer.refusal.kind } : {}),
    });
    if (answer.kind === 'refused') {
      refused = true;
      replies.push({ line: parsed.line, text: refusalText(answer.refusal) });
    } else {
      planAgain ||= answer.planAgain === true;
      if (answer.help === true) replies.push({ line: parsed.line, help: true });
    }
  }
  return { planAgain, refused, replies, lines };
}

async function answerOne(
  ports: PullRequestPorts,
  place: Place,
  at: Said & { readonly parsed: ParsedCommand },
): Promise<Answer> {
  const { parsed } = at;
  if (parsed.kind !== 'malformed') return runCommand(ports, place, { ...at, parsed });
  return { kind: 'refused', refusal: { kind: 'malformed', command: parsed.command, problem: parsed.problem } };
}

async function runCommand(
  ports: PullRequestPorts,
  place: Place,
  at: Said & { readonly parsed: Exclude<ParsedCommand, { readonly kind: 'malformed' }> },
): Promise<Answer> {
  const { parsed, comment } = at;
  const { pull } = place;
  const refused = (refusal: CommandRefusal): Answer => ({ kind: 'refused', refusal });
  const description = commandTable[parsed.kind];
  if (!description.supported) return refused({ kind: 'not-supported', command: parsed.kind });
  const permission = await permissionOf(ports, pull.repository, comment.author.login);
  if (permission === undefined) return refused({ kind: 'permission-unknown', command: parsed.kind });
  const authorFromOwnBranch = comment.author.id === pull.author.id && !pull.head.fork;
  if (!maySay(description, { permission, authorFromOwnBranch }))
    return refused({ kind: 'not-permitted', command: parsed.kind, has: permission });
  switch (parsed.kind) {
    case 'help':
      return { kind: 'done', help: true };
    case 'plan':
      return planCommand(ports, place, { comment, patterns: parsed.targets });
    case 'apply':
      return applyCommand(ports, place, { ...at, patterns: parsed.targets, permission });
    case 'override': {
      const refusal = await overrideCondition(ports, place, { comment, rule: parsed.rule, reason: parsed.reason });
      return refusal === undefined ? { kind: 'done' } : refused(refusal);
    }
    case 'unlock':
      return unlockCommand(ports, place, { ...at, patterns: parsed.targets, permission });
    case 'rollback':
    case 'cancel':
      return refused({ kind: 'not-supported', command: parsed.kind });
  }
}

/** Undefined when GitHub does not say: unknown means no. */
async function permissionOf(
  ports: PullRequestPorts,
  repository: Repository,
  login: string,
): Promise<Permission | undefined> {
  try {
    return await ports.github.permission(repository, login);
  } catch (error) {
    ports.log.warn({ login, error: String(error) }, 'GitHub does not say what this person may do');
    return undefined;
  }
}

const auditedCharacters = 1_000;

type Patterns = readonly TargetPattern[];

async function planCommand(
  ports: PullRequestPorts,
  place: Place,
  at: { readonly comment: Comment; readonly patterns: Patterns },
): Promise<Answer> {
  const { pull } = place;
  if (place.target !== undefined || pull.merge !== undefined) {
    await requestTargets(
      ports,
      pull.repository,
      place.target === undefined
        ? (await ports.store.deploymentsOfMerge(pull.repository.id, pull.number)).map((deployment) => deployment.target)
        : [place.target],
    );
    return { kind: 'done' };
  }
  if (pull.state === 'closed') return { kind: 'refused', refusal: { kind: 'closed-unmerged', command: 'plan' } };
  const runs = await ports.store.planRuns(pull.repository.id, pull.number);
  const last = runs.at(-1);
  const selection = selectTargets(at.patterns, last === undefined ? [] : plansOf(last).map((plan) => plan.target));
  if (last !== undefined && selection.kind === 'unknown')
    return {
      kind: 'refused',
      refusal: { kind: 'unknown-target', unknown: selection.unknown, known: plansOf(last).length },
    };
  if (!pull.head.fork) return { kind: 'done', planAgain: true };
  // What a person could have read: this head was shown before the comment was written, both by GitHub's clock.
  const shown = runs.some(
    (run) => run.head === pull.head.sha && run.shownAtMs !== undefined && run.shownAtMs < at.comment.createdAtMs,
  );
  if (!shown) return { kind: 'refused', refusal: { kind: 'head-moved', pull: pull.number } };
  await ports.store.allowLivePlan(pull.repository.id, pull.number, pull.head.sha);
  return { kind: 'done', planAgain: true };
}

async function applyCommand(
  ports: PullRequestPorts,
  place: Place,
  at: Said & { readonly patterns: Patterns; readonly permission: Permission },
): Promise<Answer> {
  const { pull } = place;
  const { repository } = pull;
  if (place.target === undefined && pull.state === 'open') {
    const { comment, permission, patterns, obeyed } = at;
    const asked = { by: comment.author, atMs: comment.createdAtMs, comment: comment.id };
    const refusal = await applyBeforeMerge(ports, pull, { asked, permission, patterns, obeyed });
    return refusal === undefined ? { kind: 'done' } : { kind: 'refused', refusal };
  }
  if (pull.merge === undefined) return { kind: 'refused', refusal: { kind: 'closed-unmerged', command: 'apply' } };
  const all = await ports.store.deploymentsOfMerge(repository.id, pull.number);
  const mine = place.target === undefined ? all : all.filter((deployment) => deployment.target === place.target);
  const selection = selectTargets(
    at.patterns,
    mine.map((deployment) => deployment.target),
  );
  if (selection.kind === 'unknown')
    return { kind: 'refused', refusal: { kind: 'unknown-target', unknown: selection.unknown, known: mine.length } };
  const waiting = mine.filter(
    (deployment) =>
      selection.targets.includes(deployment.target) &&
      !at.obeyed.includes(deployment.target) &&
      (deployment.phase.kind === 'held' || deployment.phase.kind === 'failed'),
  );
  if (waiting.length === 0)
    return selection.targets.some((target) => at.obeyed.includes(target))
      ? { kind: 'done' }
      : { kind: 'refused', refusal: { kind: 'nothing-held', targets: selection.targets } };
  const refusals: CommandRefusal[] = [];
  for (const deployment of waiting) {
    const refusal = await letDeploymentGo(ports, place.pull, {
      asked: { by: at.comment.author, atMs: at.comment.createdAtMs, comment: at.comment.id },
      permission: at.permission,
      deployment,
    });
    if (refusal !== undefined) refusals.push(refusal);
  }
  const [first] = refusals;
  return first === undefined ? { kind: 'done' } : { kind: 'refused', refusal: first };
}

async function unlockCommand(
  ports: PullRequestPorts,
  place: Place,
  at: Said & { readonly patterns: Patterns; readonly permission: Permission },
): Promise<Answer> {
  if (place.target !== undefined) return { kind: 'refused', refusal: { kind: 'wrong-place', command: 'unlock' } };
  const refusal = await unlock(ports, place.pull, at);
  return refusal === undefined ? { kind: 'done' } : { kind: 'refused', refusal };
}

async function requestTargets(
  ports: PullRequestPorts,
  repository: Repository,
  targets: readonly TargetName[],
): Promise<void> {
  for (const target of new Set(targets)) {
    await ports.store.requestJob({
      job: { kind: 'target', installation: repository.installation, repository: repository.id, target },
    });
  }
}

async function situationOf(
  ports: PullRequestPorts,
  place: Place,
  gate: GateDecision | undefined,
): Promise<HelpSituation> {
  const { pull, target } = place;
  const { repository } = pull;
  const deployments = await ports.store.deploymentsOfMerge(repository.id, pull.number);
  const held = target === undefined ? undefined : deployments.find((deployment) => deployment.target === target);
  if (held !== undefined) return { kind: 'hold', target: held.target, phase: held.phase };
  if (pull.merge !== undefined) return { kind: 'merged-pull', deployments };
  if (pull.state === 'closed') return { kind: 'closed-pull' };
  const last = (await ports.store.planRuns(repository.id, pull.number)).at(-1);
  return {
    kind: 'open-pull',
    base: pull.base.ref,
    targets: last === undefined ? [] : plansOf(last).map((plan) => plan.target),
    gate,
  };
}

/**
 * Says what became of each comment: a reaction, and words only for an error, a refusal or help. Each comment is answered once.
 * `gate` is the decision about an open pull request, for the help.
 */
export async function finishCommands(
  ports: PullRequestPorts,
  commands: AnsweredCommands,
  gate?: GateDecision,
): Promise<void> {
  for (const { command, reaction, replies, place, said } of commands.answered) {
    const { repository } = place.pull;
    if (replies.length > 0) {
      const marker = `<!-- planwright:answer:${command.commentId} -->`;
      const there = await ports.github.findComment(repository, place.issue, marker);
      if (there === undefined) {
        const answers: CommandAnswer[] = [];
        for (const reply of replies)
          answers.push(
            'help' in reply ? { line: reply.line, text: helpText(await situationOf(ports, place, gate)) } : reply,
          );
        await ports.github.createComment(repository, place.issue, `${marker}\n${answerComment(answers)}`);
      }
    }
    if (reaction !== undefined) await ports.github.react(repository, command.commentId, reaction);
    await ports.store.transaction(async (records) => {
      await records.finishCommand(repository.id, command.commentId, reaction ?? 'ignored');
      if (said !== undefined)
        await records.audit({ repository: repository.id, kind: 'command', subject: `#${place.issue}`, facts: said });
    });
  }
}
