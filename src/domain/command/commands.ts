import type { Permission } from '../gate/people.ts';

/** The one table of commands: the parser, the permission check, the help and the refusals are made of it. */

export type CommandName = 'plan' | 'apply' | 'unlock' | 'rollback' | 'override' | 'cancel' | 'help';

/** Who may say it. */
export type CommandRight =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'permission'; readonly least: Permission }
  /** The permission, or being the author of a pull request that does not come from a fork. */
  | { readonly kind: 'permission-or-author'; readonly least: Permission }
  /** Whom the rule or the environment names. */
  | { readonly kind: 'named-by-rule' };

/** Where it does something. */
export type CommandPlace = 'open-pull' | 'merged-pull' | 'hold';

export interface CommandDescription {
  readonly name: CommandName;
  readonly usage: string;
  readonly arguments: 'targets' | 'rule-and-reason' | 'none';
  readonly right: CommandRight;
  readonly who: string;
  readonly effect: string;
  /** What it does in the issue of a held or failed deployment. */
  readonly onHold: string;
  readonly places: readonly CommandPlace[];
  /** False: the command is part of the contract and is refused with that reason. */
  readonly supported: boolean;
}

const write: CommandRight = { kind: 'permission', least: 'write' };

export const commands: Readonly<Record<CommandName, CommandDescription>> = {
  plan: {
    name: 'plan',
    usage: '/plan [TARGET…]',
    arguments: 'targets',
    right: { kind: 'permission-or-author', least: 'write' },
    who: 'people with write access, and the author of a pull request that is not from a fork',
    effect: 'plan again, live',
    onHold: 'plan again and show what would be applied now',
    places: ['open-pull', 'merged-pull', 'hold'],
    supported: true,
  },
  apply: {
    name: 'apply',
    usage: '/apply [TARGET…]',
    arguments: 'targets',
    right: write,
    who: 'people with write access',
    effect:
      'on an open pull request, where `apply: before-merge` is set: apply it now, when every requirement but *applied* is met; on a merged one or a hold: approve exactly the plan that is shown there and run it when its rules are met; retry a failed one',
    onHold:
      'approve exactly the plan above (its author cannot); it runs when its rules are met. A failed deployment is tried again',
    places: ['open-pull', 'merged-pull', 'hold'],
    supported: true,
  },
  unlock: {
    name: 'unlock',
    usage: '/unlock [TARGET…]',
    arguments: 'targets',
    right: write,
    who: 'people with write access',
    effect: "release this pull request's locks",
    onHold: '',
    places: ['open-pull'],
    supported: true,
  },
  rollback: {
    name: 'rollback',
    usage: '/rollback [TARGET…]',
    arguments: 'targets',
    right: write,
    who: 'people with write access',
    effect: 'make a hold with the plan back to the commit that was deployed before',
    onHold: 'make a hold with the plan back to the commit that was deployed before',
    places: ['merged-pull', 'hold'],
    supported: false,
  },
  override: {
    name: 'override',
    usage: '/override RULE REASON',
    arguments: 'rule-and-reason',
    right: { kind: 'named-by-rule' },
    who: "whom the rule's or the environment's `override` names, the author too",
    effect:
      'meet that rule for exactly this plan, with a reason that is recorded; `approvals` means the approvals that environments ask for',
    onHold: 'meet that rule (or `approvals`) for exactly the plan above, with a reason that is recorded',
    places: ['open-pull', 'merged-pull', 'hold'],
    supported: true,
  },
  cancel: {
    name: 'cancel',
    usage: '/cancel',
    arguments: 'none',
    right: write,
    who: 'people with write access',
    effect: 'cancel what has not started, and stop a running apply after its current object',
    onHold: 'give this deployment up',
    places: ['merged-pull', 'hold'],
    supported: false,
  },
  help: {
    name: 'help',
    usage: '/help',
    arguments: 'none',
    right: { kind: 'anyone' },
    who: 'anyone who can comment',
    effect: 'show the commands, and what would happen now',
    onHold: 'show the commands, and what would happen now',
    places: ['open-pull', 'merged-pull', 'hold'],
    supported: true,
  },
};

/** The supported commands that do something there, in the order of the table. */
export function commandsFor(place: CommandPlace): readonly CommandDescription[] {
  return Object.values(commands).filter((command) => command.supported && command.places.includes(place));
}

export function commandNamed(word: string): CommandDescription | undefined {
  return Object.hasOwn(commands, word) ? commands[word as CommandName] : undefined;
}
