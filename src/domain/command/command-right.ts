import { atLeast, type Permission } from '../gate/people.ts';
import type { CommandDescription } from './commands.ts';

/** What is known about who said a command. */
export interface Speaker {
  readonly permission: Permission;
  /** Opened the pull request, from a branch of the repository itself. */
  readonly authorFromOwnBranch: boolean;
}

/** Whether the person may say it; whom a rule's `override` names is decided by that rule, when it is known which one is meant. */
export function maySay(command: CommandDescription, speaker: Speaker): boolean {
  switch (command.right.kind) {
    case 'anyone':
    case 'named-by-rule':
      return true;
    case 'permission':
      return atLeast(speaker.permission, command.right.least);
    case 'permission-or-author':
      return speaker.authorFromOwnBranch || atLeast(speaker.permission, command.right.least);
  }
}
