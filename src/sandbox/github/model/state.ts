export type AccountKind = 'User' | 'Bot' | 'Organization';
export type Level = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type Permissions = Readonly<Record<string, string>>;

export interface Account {
  readonly id: number;
  readonly kind: AccountKind;
  readonly name: string;
  readonly email: string;
  readonly createdAt: Date;
  login: string;
  /** What it did stays, and nobody did it. */
  deleted: boolean;
  /** For organisations only: who belongs to it. */
  readonly members: Map<number, 'admin' | 'member'>;
}

export interface Team {
  readonly id: number;
  readonly organisationId: number;
  readonly slug: string;
  readonly name: string;
  readonly parentId: number | null;
  readonly createdAt: Date;
  readonly members: Set<number>;
  /** Who was asked to join and has not answered. */
  readonly invited: Set<number>;
}

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly ownerId: number;
  readonly botId: number;
  readonly publicKey: string;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly createdAt: Date;
  webhook: WebhookTarget | null;
}

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

export interface Installation {
  readonly id: number;
  readonly appId: number;
  readonly accountId: number;
  /** null means all repositories of the account. */
  readonly repositoryIds: ReadonlySet<number> | null;
  readonly permissions: Permissions;
  readonly createdAt: Date;
  updatedAt: Date;
  suspendedAt: Date | null;
}

export interface InstallationToken {
  readonly token: string;
  readonly installationId: number;
  readonly repositoryIds: ReadonlySet<number> | null;
  readonly permissions: Permissions;
  expiresAt: Date;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface Activity {
  readonly id: number;
  readonly before: string;
  readonly after: string;
  readonly ref: string;
  readonly kind: 'push' | 'force_push' | 'branch_creation' | 'branch_deletion' | 'pr_merge' | 'merge_queue_merge';
  readonly actorId: number;
  readonly at: Date;
}

export interface CommentRecord {
  readonly id: number;
  readonly issueNumber: number;
  readonly authorId: number;
  readonly appId: number | null;
  readonly createdAt: Date;
  body: string;
  updatedAt: Date;
}

export interface ReactionRecord {
  readonly id: number;
  readonly commentId: number;
  readonly authorId: number;
  readonly content: string;
  readonly createdAt: Date;
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';

export interface ReviewRecord {
  readonly id: number;
  readonly authorId: number;
  readonly commitSha: string | null;
  readonly submittedAt: Date;
  body: string;
  state: ReviewState;
  updatedAt: Date;
}

interface PullPart {
  readonly headRepositoryId: number;
  readonly headRef: string;
  readonly reviews: ReviewRecord[];
  readonly landedShas: Set<string>;
  baseRef: string;
  headSha: string;
  baseSha: string;
  draft: boolean;
  mergeability: Mergeability | null;
  mergedAt: Date | null;
  mergedById: number | null;
  mergeCommitSha: string | null;
}

/** The answer to "can this be merged", true for one pair of commits only. */
export interface Mergeability {
  readonly headSha: string;
  readonly baseTip: string;
  readonly mergeable: boolean;
  readonly testMergeSha: string | null;
}

export interface IssueRecord {
  readonly id: number;
  readonly number: number;
  readonly authorId: number;
  readonly appId: number | null;
  readonly createdAt: Date;
  readonly pull: PullPart | null;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | null;
  labels: string[];
  assigneeIds: number[];
  updatedAt: Date;
  closedAt: Date | null;
  closedById: number | null;
}

export type PullRecord = IssueRecord & { readonly pull: PullPart };

export const isPull = (issue: IssueRecord): issue is PullRecord => issue.pull !== null;

export interface AnnotationRecord {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly startColumn: number | null;
  readonly endColumn: number | null;
  readonly level: string;
  readonly message: string;
  readonly title: string | null;
  readonly rawDetails: string | null;
}

export interface CheckAction {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

export interface CheckSuiteRecord {
  readonly id: number;
  readonly appId: number;
  readonly headSha: string;
  readonly headBranch: string | null;
  readonly before: string | null;
  readonly createdAt: Date;
}

export interface CheckRunRecord {
  readonly id: number;
  readonly suiteId: number;
  readonly appId: number;
  readonly headSha: string;
  name: string;
  status: string;
  conclusion: string | null;
  externalId: string;
  detailsUrl: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: AnnotationRecord[];
  actions: readonly CheckAction[];
  startedAt: Date;
  completedAt: Date | null;
}

export interface DeploymentStatusRecord {
  readonly id: number;
  readonly state: string;
  readonly creatorId: number;
  readonly appId: number | null;
  readonly description: string;
  readonly environment: string;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly createdAt: Date;
}

export interface DeploymentRecord {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly creatorId: number;
  readonly appId: number | null;
  readonly transientEnvironment: boolean;
  readonly productionEnvironment: boolean;
  readonly createdAt: Date;
  readonly statuses: DeploymentStatusRecord[];
}

export interface MergeGroup {
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  /** The parent commit: the base branch's tip, or the head of the group that this one is built on. */
  readonly baseSha: string;
  readonly entries: readonly QueueEntry[];
  /** The group that this one is built on; null when it is built on the base branch. */
  readonly onto: MergeGroup | null;
}

/** One pull request of a group: the commit that it was put on, and the one that came of it. */
export interface QueueEntry {
  readonly number: number;
  readonly baseSha: string;
  readonly headSha: string;
}

export interface Repository {
  readonly id: number;
  readonly ownerId: number;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly parentId: number | null;
  readonly createdAt: Date;
  readonly collaborators: Map<number, Level>;
  readonly teamLevels: Map<number, Level>;
  readonly labels: Map<string, Label>;
  readonly issues: Map<number, IssueRecord>;
  readonly comments: Map<number, CommentRecord>;
  readonly reactions: Map<number, ReactionRecord>;
  readonly activity: Activity[];
  readonly checkSuites: CheckSuiteRecord[];
  readonly checkRuns: Map<number, CheckRunRecord>;
  readonly deployments: Map<number, DeploymentRecord>;
  readonly requiredChecks: Map<string, readonly string[]>;
  readonly mergeGroups: Map<string, MergeGroup>;
  /** Branches that are merged through a queue only. */
  readonly mergeQueues: Set<string>;
  name: string;
  pushedAt: Date;
  updatedAt: Date;
  nextNumber: number;
}

export interface State {
  readonly accounts: Map<number, Account>;
  readonly teams: Map<number, Team>;
  readonly apps: Map<number, App>;
  readonly installations: Map<number, Installation>;
  readonly tokens: Map<string, InstallationToken>;
  readonly repositories: Map<number, Repository>;
  /** Former names (`owner/name`, lower case) to the id that they redirect to. */
  readonly formerNames: Map<string, number>;
}

export const emptyState = (): State => ({
  accounts: new Map(),
  teams: new Map(),
  apps: new Map(),
  installations: new Map(),
  tokens: new Map(),
  repositories: new Map(),
  formerNames: new Map(),
});
