import type { Permission, Person, Review } from '../../domain/gate/people.ts';
import type {
  CommitSha,
  InstallationId,
  PullNumber,
  Repository,
  RepositoryId,
  TreeSha,
} from '../../domain/identity.ts';
import type { QueueEntry } from '../../domain/merge-queue/chain-of-group.ts';
import type { Annotation, CheckConclusion, CheckName, CheckText } from '../../domain/report/check.ts';
import type { FileRead } from './checkout.ts';

/** A pull request as GitHub has it at this moment. */
export interface PullRequest {
  readonly repository: Repository;
  readonly number: PullNumber;
  readonly title: string;
  readonly state: 'open' | 'closed';
  readonly draft: boolean;
  readonly author: Person;
  readonly head: {
    readonly sha: CommitSha;
    readonly ref: string;
    readonly fork: boolean;
    /** Where the head's branch is; undefined when that repository is gone. */
    readonly repository?: { readonly owner: string; readonly name: string };
  };
  readonly base: { readonly ref: string; readonly isDefaultBranch: boolean };
  readonly labels: readonly string[];
  /** How many commits it has. */
  readonly commits: number;
  readonly merge?: { readonly commit: CommitSha; readonly by: Person | undefined; readonly atMs: number };
}

/** Everybody who put something into some commits; `unresolved` are co-authors' names that GitHub knows no account for. */
export interface Contributors {
  readonly authors: readonly Person[];
  readonly committers: readonly Person[];
  readonly coAuthors: readonly Person[];
  readonly unresolved: readonly string[];
  /** True when an author or committer has no account, so that it counts as the commit's pusher. */
  readonly anonymous: boolean;
}

/** A commit that joins two lines; what it brings by itself has to be asked of git. */
export interface MergeCommit {
  readonly sha: CommitSha;
  readonly tree: TreeSha;
  readonly parents: readonly [CommitSha, CommitSha];
  readonly contributors: Contributors;
}

/** Pushes to the branch of a pull request's head, newest first, as GitHub's activity record has them. */
export interface Pushes {
  readonly pushes: readonly { readonly after: CommitSha; readonly by: Person | undefined }[];
  /** False when there may be earlier ones, or when GitHub does not say. */
  readonly complete: boolean;
}

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly author: Person;
  /** undefined: the comment belongs to an issue, not to a pull request. */
  readonly pull?: PullNumber;
  readonly issue: number;
  readonly createdAtMs: number;
}

export interface CheckRun {
  readonly id: number;
  readonly externalId: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?: CheckConclusion | 'skipped' | 'stale' | 'timed_out';
  /** GitHub's clock; milliseconds, second granularity. */
  readonly completedAtMs?: number;
}

export interface CheckRunRequest {
  readonly sha: CommitSha;
  readonly name: CheckName;
  readonly externalId: string;
  readonly detailsUrl?: string;
  readonly text: CheckText;
  readonly annotations: readonly Annotation[];
  /** Undefined: in progress. */
  readonly conclusion?: CheckConclusion;
  readonly actions?: readonly { readonly label: string; readonly description: string; readonly identifier: string }[];
}

/** Facts about pull requests and people, fetched by ids at the moment they are used. */
export interface PullRequests {
  /** Where the repository is now, by its id; undefined when the installation cannot see it (any more). */
  repository(installation: InstallationId, id: RepositoryId): Promise<Repository | undefined>;
  pullRequest(repository: Repository, number: PullNumber): Promise<PullRequest | undefined>;
  openPullRequests(
    repository: Repository,
    filter: { readonly base?: string; readonly headSha?: CommitSha },
  ): Promise<readonly PullNumber[]>;
  /** All reviews, oldest first, every state. */
  reviews(repository: Repository, number: PullNumber): Promise<readonly Review[]>;
  /** Of all commits but the merges, which are given one by one. */
  contributors(
    repository: Repository,
    number: PullNumber,
  ): Promise<Contributors & { readonly merges: readonly MergeCommit[] }>;
  /** None, and incomplete, when GitHub does not say. */
  pushes(pull: PullRequest): Promise<Pushes>;
  /** What the person may do now; `none` when GitHub says so, a rejection when GitHub does not say. */
  permission(repository: Repository, login: string): Promise<Permission>;
}

/** The people of a team, those of the teams below it included, invitations not; by their ids. */
export interface Team {
  readonly people: ReadonlySet<number>;
  /** False: these are the first hundred; whether somebody else is in the team has to be asked. */
  readonly complete: boolean;
}

/** Teams of the organization that owns a repository, as they are now. Both reject with `InstallationUnusable` where the app may not read members. */
export interface Teams {
  /** Undefined when there is no such team; no team belongs to a user. One request, whatever the team's size. */
  team(repository: Repository, slug: string): Promise<Team | undefined>;
  /** Nested teams count, an invitation does not. False also where there is no such team. */
  isTeamMember(repository: Repository, slug: string, login: string): Promise<boolean>;
}

export type OrganizationFile =
  | { readonly kind: 'file'; readonly read: FileRead; readonly blob: string }
  /** The repository is there, the file is not. */
  | { readonly kind: 'absent' }
  /** The installation cannot see a `.github` repository: nobody knows whether there is one. */
  | { readonly kind: 'hidden' };

/** The `.github` repository of the organization (or user) that owns a repository. */
export interface OrganizationFiles {
  /** A file as it stands at the tip of the default branch. */
  organizationFile(repository: Repository, path: string): Promise<OrganizationFile>;
}

/** Checks. None of these decides anything: decisions never read a check run. */
export interface Checks {
  createCheckRun(repository: Repository, request: CheckRunRequest): Promise<CheckRun>;
  /** Only for a run that is not completed. Annotations are added, 50 a request. */
  updateCheckRun(repository: Repository, id: number, request: CheckRunRequest): Promise<CheckRun>;
  /** This app's runs of that name, newest first, completed ones included. */
  checkRuns(repository: Repository, sha: CommitSha, name: CheckName): Promise<readonly CheckRun[]>;
}

/** Merge queues. */
export interface MergeQueues {
  /** Whether pull requests get into this branch through a merge queue, whichever way GitHub was told so. */
  usesMergeQueue(repository: Repository, branch: string): Promise<boolean>;
  /**
   * What waits in the branch's queue, as GitHub has it now: entries that the queue has not made a commit of yet are left out. `entries` is undefined
   * where the branch has no queue, `refHead` where there is no such branch as `ref` (`gh-readonly-queue/…`) any more.
   */
  mergeQueue(
    repository: Repository,
    of: { readonly branch: string; readonly ref: string },
  ): Promise<{ readonly entries?: readonly QueueEntry[]; readonly refHead?: CommitSha }>;
}

export type Reaction = 'eyes' | 'rocket' | 'confused';

export interface FoundIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  /** GitHub's clock. */
  readonly updatedAtMs: number;
}

/** Comments and issues. */
export interface Conversation {
  comment(repository: Repository, id: number): Promise<Comment | undefined>;
  /** This app's comment that holds the marker; undefined when there is none. */
  findComment(repository: Repository, number: number, marker: string): Promise<{ readonly id: number } | undefined>;
  createComment(repository: Repository, number: number, body: string): Promise<{ readonly id: number }>;
  /** False when the comment was deleted. */
  updateComment(repository: Repository, id: number, body: string): Promise<boolean>;
  /** Idempotent. */
  react(repository: Repository, commentId: number, reaction: Reaction): Promise<void>;
  /** This app's open issue with the label whose body holds the marker. */
  findIssue(repository: Repository, label: string, marker: string): Promise<FoundIssue | undefined>;
  /** `updatedAtMs` is GitHub's clock. */
  createIssue(
    repository: Repository,
    issue: { readonly title: string; readonly body: string; readonly labels: readonly string[] },
  ): Promise<{ readonly number: number; readonly updatedAtMs: number }>;
  updateIssue(
    repository: Repository,
    number: number,
    issue: { readonly title: string; readonly body: string; readonly state: 'open' | 'closed' },
  ): Promise<{ readonly updatedAtMs: number }>;
}

export type DeploymentState = 'queued' | 'pending' | 'in_progress' | 'success' | 'failure' | 'inactive' | 'error';

/** GitHub Deployments. */
export interface DeploymentRecords {
  /** This app's deployment whose payload holds the key; undefined when there is none. */
  findDeployment(
    repository: Repository,
    sha: CommitSha,
    environment: string,
    key: string,
  ): Promise<{ readonly id: number } | undefined>;
  createDeployment(
    repository: Repository,
    deployment: {
      readonly sha: CommitSha;
      readonly environment: string;
      readonly key: string;
      readonly description: string;
    },
  ): Promise<{ readonly id: number }>;
  /** `description` is cut to GitHub's 140 characters. */
  setDeploymentStatus(
    repository: Repository,
    id: number,
    status: { readonly state: DeploymentState; readonly description: string; readonly logUrl?: string },
  ): Promise<void>;
}

export interface GitHub
  extends PullRequests,
    Teams,
    OrganizationFiles,
    Checks,
    MergeQueues,
    Conversation,
    DeploymentRecords {}

/** The installation is suspended, deleted, or lacks a permission: nothing can be said on GitHub, and a retry would not help soon. */
export class InstallationUnusable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InstallationUnusable';
  }
}

/** GitHub asked to wait. */
export class GitHubBusy extends Error {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GitHubBusy';
    this.retryAfterMs = retryAfterMs;
  }
}
