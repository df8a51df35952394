import type { TargetName } from '../identity.ts';
import { listed } from './change-words.ts';
import { code } from './safe-text.ts';

/** Said on a pull request that waited for a lock. */
export function lockGranted(target: TargetName): string {
  return `The lock of ${code(target)} is this pull request's now. Read the plan as it is, and say \`/apply\` again.`;
}

/** Said on a pull request that was closed without a merge. */
export function locksKept(targets: readonly TargetName[]): string {
  const names = listed(targets.slice(0, 20).map(code));
  const one = targets.length === 1;
  return `This pull request was closed without a merge, and what it applied to ${names} is still there. ${one ? 'The lock of it is' : 'Their locks are'} kept: nothing else is applied there until \`/unlock\`. What comes next there shows how it takes this back.`;
}
