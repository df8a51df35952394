import type { CommitSha } from '../identity.ts';

/** An account. `id` stays when the login changes. */
export interface Person {
  readonly id: number;
  readonly login: string;
  readonly bot: boolean;
}

/** What an account may do in a repository, least first. */
export const permissions = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Permission = (typeof permissions)[number];

export function atLeast(permission: Permission, needed: Permission): boolean {
  return permissions.indexOf(permission) >= permissions.indexOf(needed);
}

export interface Review {
  readonly id: number;
  readonly reviewer: Person | undefined;
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed' | 'pending';
  /** GitHub may not say which commit was reviewed. */
  readonly commit: CommitSha | undefined;
  /** GitHub's clock; second granularity. */
  readonly submittedAtMs: number;
}
