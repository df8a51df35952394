import type { Requirement } from '../gate/decision.ts';
import type { Permission } from '../gate/people.ts';
import type { CommitSha, PullNumber, TargetName } from '../identity.ts';
import { listed } from '../report/change-words.ts';
import { requirementLine } from '../report/requirement-list.ts';
import { code, prose } from '../report/safe-text.ts';
import { type CommandName, commands } from './commands.ts';
import type { UnknownTarget } from './select-targets.ts';

/** Why a command is not carried out. */
export type CommandRefusal =
  | { readonly kind: 'not-permitted'; readonly command: CommandName; readonly has: Permission }
  | { readonly kind: 'permission-unknown'; readonly command: CommandName }
  | { readonly kind: 'not-supported'; readonly command: CommandName }
  | { readonly kind: 'malformed'; readonly command: CommandName; readonly problem: string }
  /** Names that match no target of this pull request or issue. */
  | { readonly kind: 'unknown-target'; readonly unknown: readonly UnknownTarget[]; readonly known: number }
  /** `/apply` on an open pull request of a repository that applies after the merge. */
  | { readonly kind: 'merging-deploys'; readonly base: string }
  /** Before the merge: nobody could have read a plan of this head when the comment was written. */
  | { readonly kind: 'plan-not-shown'; readonly head: CommitSha }
  /** Before the merge: what would be applied now is not what was shown when it was asked for. */
  | { readonly kind: 'shown-plan-moved'; readonly head: CommitSha }
  /** Before the merge: requirements that `/apply` does not bring about itself. */
  | { readonly kind: 'gate-closed'; readonly missing: readonly Requirement[] }
  /** Before the merge: other pull requests are first. `ahead`: the holder, then those who wait. */
  | {
      readonly kind: 'locked';
      readonly locked: readonly { readonly target: TargetName; readonly ahead: readonly PullNumber[] }[];
      /** Those of `ahead` who wait for this pull request as well, through others perhaps: nobody's turn would ever come. */
      readonly circle: readonly PullNumber[];
    }
  /** Before the merge: targets of environments that come first are neither applied nor meant. */
  | {
      readonly kind: 'out-of-order';
      readonly targets: readonly TargetName[];
      readonly before: readonly TargetName[];
    }
  /** Before the merge: there is nothing (left) to apply. */
  | { readonly kind: 'nothing-to-apply' }
  | { readonly kind: 'may-not-deploy'; readonly reason: string }
  /** `/unlock` where this pull request holds no lock. */
  | { readonly kind: 'no-lock' }
  /** `/unlock` in the middle of an apply. */
  | { readonly kind: 'being-applied'; readonly targets: readonly TargetName[] }
  /** The pull request was closed without a merge. */
  | { readonly kind: 'closed-unmerged'; readonly command: CommandName }
  /** `/apply` where no deployment waits for a person. */
  | { readonly kind: 'nothing-held'; readonly targets: readonly TargetName[] }
  /** The approval of a held plan does not count. */
  | {
      readonly kind: 'approval-excluded';
      readonly target: TargetName;
      readonly reason: string;
      readonly who: readonly string[];
    }
  /** The held plan is not the one that its issue showed when the comment was written. */
  | { readonly kind: 'plan-moved'; readonly command: CommandName; readonly target: TargetName }
  /** Held for a reason that no approval mends. */
  | { readonly kind: 'hold-without-plan'; readonly target: TargetName; readonly reason: string }
  /** The issue is about no target of ours. */
  | { readonly kind: 'wrong-place'; readonly command: CommandName }
  /** `/override` of something that stands in the way of nothing here. */
  | { readonly kind: 'unknown-rule'; readonly rule: string; readonly known: readonly string[] }
  /** `/override` by somebody whom nobody named for it. `unknown`: what GitHub did not say. */
  | {
      readonly kind: 'not-named';
      readonly rule: string;
      readonly who: readonly string[];
      readonly unknown: readonly string[];
    }
  /** No plan of this head had been shown when the comment was written. */
  | { readonly kind: 'nothing-shown'; readonly command: CommandName }
  /** A head from a fork was pushed after the comment was written. */
  | { readonly kind: 'head-moved'; readonly pull: PullNumber }
  /** Something failed on our side or behind it. */
  | { readonly kind: 'fault'; readonly command: CommandName; readonly what: string };

/** One or two sentences: why not, and what to do instead. */
export function refusalText(refusal: CommandRefusal): string {
  switch (refusal.kind) {
    case 'not-permitted':
      return `${name(refusal.command)} is for ${commands[refusal.command].who}; you have ${accessText(refusal.has)}. Ask somebody who may.`;
    case 'permission-unknown':
      return `GitHub did not say what you may do here, so ${name(refusal.command)} is refused. Say it again in a moment.`;
    case 'not-supported':
      return `${name(refusal.command)} is not supported yet. Nothing was done.`;
    case 'malformed':
      return `${name(refusal.command)} cannot be read: ${prose(refusal.problem)}. It is written \`${commands[refusal.command].usage}\`.`;
    case 'unknown-target':
      return unknownTargetText(refusal.unknown, refusal.known);
    case 'merging-deploys':
      return `Nothing is applied before the merge here: merging into ${code(refusal.base)} deploys what was approved, each target planned again at its turn. The check \`planwright/gate\` says what the merge still needs.`;
    case 'plan-not-shown':
      return `No plan of ${code(refusal.head.slice(0, 7))} had been shown when you wrote this, so nobody can have read what it applies. Wait for \`planwright/plan\`, read it, and say ${name('apply')} again.`;
    case 'shown-plan-moved':
      return `Nothing was applied: what is planned for ${code(refusal.head.slice(0, 7))} now is not what was shown when you asked for it. Read the new plan when it is there, and say ${name('apply')} again.`;
    case 'gate-closed':
      return ['Nothing was applied. Before that:', '', ...refusal.missing.map(requirementLine)].join('\n');
    case 'locked':
      return [
        'Nothing was applied: other pull requests hold the locks, and this one waits for its turn.',
        '',
        ...refusal.locked.map(
          ({ target, ahead }) => `- ${code(target)}: ${ahead.map((pull) => `#${pull}`).join(', then ')}, then this one`,
        ),
        '',
        `A lock is released by the merge, or by ${name('unlock')} there. It is said here when it is this pull request's turn.`,
        ...circleLines(refusal.circle),
      ].join('\n');
    case 'out-of-order':
      return `${listed(refusal.targets.map(code))} ${refusal.targets.length === 1 ? 'comes' : 'come'} after ${listed(refusal.before.map(code))}, which ${refusal.before.length === 1 ? 'is' : 'are'} not applied yet. Apply that first, or all at once.`;
    case 'nothing-to-apply':
      return 'There is nothing left to apply here: what this pull request changes is applied already, or it changes nothing.';
    case 'may-not-deploy':
      return `Nothing can be applied: ${prose(refusal.reason)}.`;
    case 'no-lock':
      return 'This pull request holds no lock, and waits for none.';
    case 'being-applied':
      return `${listed(refusal.targets.map(code))} ${refusal.targets.length === 1 ? 'is' : 'are'} being applied at this moment. Say ${name('unlock')} when that has ended.`;
    case 'closed-unmerged':
      return `This pull request was closed without a merge; ${name(refusal.command)} has nothing to work on. Reopen it first.`;
    case 'nothing-held':
      return refusal.targets.length === 0
        ? 'Nothing waits for a person here.'
        : `No deployment of ${listed(refusal.targets.slice(0, 10).map(code))} is held or failed; nothing waits for a person.`;
    case 'approval-excluded':
      return `Your approval of ${code(refusal.target)} does not count: ${prose(refusal.reason)}.${refusal.who.length === 0 ? '' : ` Who can decide: ${refusal.who.map(prose).join(', ')}.`}`;
    case 'plan-moved':
      return `The plan of ${code(refusal.target)} is not the one that was shown when you wrote this. Read the issue of its deployment, and say ${name(refusal.command)} again.`;
    case 'hold-without-plan':
      return `${code(refusal.target)} is held for a reason that no approval mends: ${prose(refusal.reason)}.`;
    case 'wrong-place':
      return `${name(refusal.command)} does nothing here: say it on the pull request, or in the issue of a held deployment.`;
    case 'unknown-rule':
      return `${code(refusal.rule)} is nothing that could be overridden here: ${knownRulesText(refusal.known)}`;
    case 'not-named':
      return notNamedText(refusal);
    case 'nothing-shown':
      return `No plan of this head had been shown when you wrote this, so nobody knows what you mean. Read the plan when it is there, then say ${name(refusal.command)} again.`;
    case 'head-moved':
      return 'The pull request was pushed to after your comment. Look at the new commits, then say it again.';
    case 'fault':
      return `${name(refusal.command)} could not be carried out: ${prose(refusal.what)}. Nothing was changed by it; say it again when that is mended.`;
  }
}

function circleLines(circle: readonly PullNumber[]): readonly string[] {
  if (circle.length === 0) return [];
  const others = listed(circle.map((pull) => `#${pull}`));
  const verb = circle.length === 1 ? 'waits' : 'wait';
  return [
    '',
    `${others} ${verb} for this pull request at the same time, so that neither can go on: say ${name('unlock')} on one of them, and again ${name('apply')} there once the other is merged.`,
  ];
}

function knownRulesText(known: readonly string[]): string {
  return known.length === 0
    ? 'no rule and no environment asks for anything.'
    : `there is ${listed(known.slice(0, 10).map(code))}.`;
}

function notNamedText({ rule, who, unknown }: Extract<CommandRefusal, { kind: 'not-named' }>): string {
  if (who.length === 0) return `Nobody may override ${code(rule)}: its configuration has no `.concat('`override`.');
  const doubt = unknown.length === 0 ? '' : ` GitHub did not say: ${unknown.map(prose).join('; ')}.`;
  return `${code(rule)} may be overridden by ${listed(who.map(code))}, and you are not among them.${doubt}`;
}

function unknownTargetText(unknown: readonly UnknownTarget[], known: number): string {
  if (known === 0) return 'There are no targets here: nothing that this pull request changes belongs to one.';
  return unknown
    .map(({ text, nearest }) => {
      const hint = nearest.length === 0 ? '' : ` Nearest: ${nearest.map(code).join(', ')}.`;
      return `No target here matches ${code(text)}.${hint}`;
    })
    .join(' ');
}

function accessText(permission: Permission): string {
  return permission === 'none' ? 'no access to this repository' : `${permission} access`;
}

function name(command: CommandName): string {
  return `\`/${command}\``;
}
