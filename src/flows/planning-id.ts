import type { CommitSha, PullNumber, Repository } from '../domain/identity.ts';

/** Names one planning of a pull request, counted from 1: begins the external ids of its checks. */
export function planningId(repository: Repository, pull: PullNumber, count: number): string {
  return `plan:${repository.id}:${pull}:${count}`;
}

/** … of a merge group's head. */
export function groupPlanningId(repository: Repository, head: CommitSha, count: number): string {
  return `group:${repository.id}:${head}:${count}`;
}
