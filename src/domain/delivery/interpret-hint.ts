import type { Person } from '../gate/people.ts';
import {
  type CommitSha,
  commitSha,
  type DeliveryGuid,
  type InstallationId,
  installationId,
  type PullNumber,
  pullNumber,
  type RepositoryId,
  repositoryId,
} from '../identity.ts';
import type { Hint } from './hint.ts';

/** What a delivery tells us to look at. */
export type Look =
  | {
      readonly kind: 'pull-request';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
      readonly pull: PullNumber;
    }
  /** Open pull requests against a branch that moved, those of one head, or (with neither) all of them. */
  | {
      readonly kind: 'repository';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
      readonly branch?: string;
      readonly headSha?: string;
    }
  /** A merge group that the queue has made, or given up. */
  | {
      readonly kind: 'merge-group';
      readonly installation: InstallationId;
      readonly repository: RepositoryId;
      readonly branch: string;
      readonly ref: string;
      readonly head: CommitSha;
    }
  /** Somebody wrote on an issue that may be a hold's. */
  | { readonly kind: 'holds'; readonly installation: InstallationId; readonly repository: RepositoryId }
  /** A new comment that may hold commands. */
  | {
      readonly kind: 'comment';
      readonly repository: RepositoryId;
      readonly issue: number;
      readonly comment: number;
      readonly bodyDigest: string;
    }
  /** Somebody pressed a button of this commit's checks. */
  | {
      readonly kind: 'press';
      readonly guid: DeliveryGuid;
      readonly repository: RepositoryId;
      readonly sha: string;
      readonly identifier: string;
      readonly by: Person;
    };

const branches = 'refs/heads/';
/** Only GitHub can push there. */
const queueBranches = 'gh-readonly-queue/';

/** Actions after which a pull request has to be looked at. */
const pullActions = new Set([
  'opened',
  'reopened',
  'synchronize',
  'closed',
  'edited',
  'ready_for_review',
  'converted_to_draft',
  'labeled',
  'unlabeled',
]);

/** Which looks a delivery asks for; none for events and actions that change nothing of ours. */
export function interpretHint(hint: Hint): readonly Look[] {
  if (hint.installation === undefined) return [];
  const installation = installationId(hint.installation);
  if (hint.repositories !== undefined) {
    const isNew = hint.action === 'created' || hint.action === 'added' || hint.action === 'unsuspend';
    return isNew
      ? hint.repositories.map((id) => ({ kind: 'repository', installation, repository: repositoryId(id) }))
      : [];
  }
  if (hint.repository === undefined) return [];
  const repository = repositoryId(hint.repository);
  const pull = hint.pull === undefined ? undefined : pullNumber(hint.pull);
  const lookAtPull: readonly Look[] =
    pull === undefined ? [] : [{ kind: 'pull-request', installation, repository, pull }];
  switch (hint.event) {
    case 'pull_request':
      return hint.action !== undefined && pullActions.has(hint.action) ? lookAtPull : [];
    case 'pull_request_review':
      return lookAtPull;
    case 'issue_comment': {
      if (hint.action !== 'created' || hint.comment === undefined || hint.issue === undefined) return [];
      const comment: Look = {
        kind: 'comment',
        repository,
        issue: hint.issue,
        comment: hint.comment.id,
        bodyDigest: hint.comment.bodyDigest,
      };
      return [
        comment,
        ...lookAtPull,
        ...(pull === undefined ? [{ kind: 'holds' as const, installation, repository }] : []),
      ];
    }
    case 'push':
      return hint.ref?.startsWith(branches) === true && !hint.ref.startsWith(`${branches}${queueBranches}`)
        ? [{ kind: 'repository', installation, repository, branch: hint.ref.slice(branches.length) }]
        : [];
    case 'merge_group': {
      const { group, sha } = hint;
      if (sha === undefined || !group?.baseRef.startsWith(branches)) return [];
      if (!group.headRef.startsWith(`${branches}${queueBranches}`)) return [];
      const [branch, ref] = [group.baseRef.slice(branches.length), group.headRef.slice(branches.length)];
      return [{ kind: 'merge-group', installation, repository, branch, ref, head: commitSha(sha) }];
    }
    case 'check_run':
    case 'check_suite': {
      if ((hint.action !== 'rerequested' && hint.action !== 'requested_action') || hint.sha === undefined) return [];
      if (hint.requestedAction === undefined) return [];
      return [
        { kind: 'press', guid: hint.guid, repository, sha: hint.sha, ...hint.requestedAction },
        { kind: 'repository', installation, repository, headSha: hint.sha },
      ];
    }
    default:
      return [];
  }
}
