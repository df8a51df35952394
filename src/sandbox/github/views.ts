import type {
  Activity,
  AnnotationRecord,
  CheckAction,
  CheckRunRecord,
  CommentRecord,
  DeploymentRecord,
  IssueRecord,
  PullRecord,
  ReactionRecord,
  Repository,
  ReviewRecord,
  ReviewState,
} from './model/state.ts';
import type { World } from './model/world.ts';

export interface PullRequestView {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly author: string;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly draft: boolean;
  readonly labels: readonly string[];
  readonly headRepository: string;
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly mergeCommitSha: string | null;
  readonly mergedBy: string | null;
}

export interface CheckRunView {
  readonly id: number;
  readonly appId: number;
  readonly name: string;
  readonly headSha: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly externalId: string;
  readonly detailsUrl: string | null;
  readonly output: {
    readonly title: string | null;
    readonly summary: string | null;
    readonly text: string | null;
    readonly annotations: readonly AnnotationRecord[];
  };
  readonly actions: readonly CheckAction[];
  readonly startedAt: Date;
  readonly completedAt: Date | null;
}

export interface CommentView {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ReviewView {
  readonly id: number;
  readonly reviewer: string;
  readonly state: ReviewState;
  readonly commitSha: string | null;
  readonly body: string;
  readonly submittedAt: Date;
}

export interface ReactionView {
  readonly id: number;
  readonly by: string;
  readonly content: string;
}

export interface DeploymentView {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly creator: string;
  readonly createdAt: Date;
  readonly statuses: readonly {
    readonly id: number;
    readonly state: string;
    readonly description: string;
    readonly environment: string;
    readonly logUrl: string;
    readonly environmentUrl: string;
    readonly createdAt: Date;
  }[];
}

export interface IssueView {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly state: 'open' | 'closed';
  readonly author: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly comments: readonly CommentView[];
  readonly createdAt: Date;
  readonly closedAt: Date | null;
}

export interface ActivityView {
  readonly before: string;
  readonly after: string;
  readonly ref: string;
  readonly kind: Activity['kind'];
  readonly actor: string;
  readonly at: Date;
}

export function viewPullRequest(world: World, pull: PullRecord): PullRequestView {
  const head = world.state.repositories.get(pull.pull.headRepositoryId);
  return {
    number: pull.number,
    title: pull.title,
    body: pull.body,
    author: login(world, pull.authorId),
    state: pull.state,
    merged: pull.pull.mergedAt !== null,
    draft: pull.pull.draft,
    labels: [...pull.labels],
    headRepository: head === undefined ? '' : world.fullName(head),
    headRef: pull.pull.headRef,
    headSha: pull.pull.headSha,
    baseRef: pull.pull.baseRef,
    baseSha: pull.pull.baseSha,
    mergeCommitSha: pull.pull.mergeCommitSha,
    mergedBy: pull.pull.mergedById === null ? null : login(world, pull.pull.mergedById),
  };
}

export const viewCheckRun = (run: CheckRunRecord): CheckRunView => ({
  id: run.id,
  appId: run.appId,
  name: run.name,
  headSha: run.headSha,
  status: run.status,
  conclusion: run.conclusion,
  externalId: run.externalId,
  detailsUrl: run.detailsUrl,
  output: { title: run.title, summary: run.summary, text: run.text, annotations: [...run.annotations] },
  actions: run.actions,
  startedAt: run.startedAt,
  completedAt: run.completedAt,
});

export const viewComment = (world: World, comment: CommentRecord): CommentView => ({
  id: comment.id,
  author: login(world, comment.authorId),
  body: comment.body,
  createdAt: comment.createdAt,
  updatedAt: comment.updatedAt,
});

export const viewReview = (world: World, review: ReviewRecord): ReviewView => ({
  id: review.id,
  reviewer: login(world, review.authorId),
  state: review.state,
  commitSha: review.commitSha,
  body: review.body,
  submittedAt: review.submittedAt,
});

export const viewReaction = (world: World, reaction: ReactionRecord): ReactionView => ({
  id: reaction.id,
  by: login(world, reaction.authorId),
  content: reaction.content,
});

export const viewDeployment = (world: World, deployment: DeploymentRecord): DeploymentView => ({
  id: deployment.id,
  sha: deployment.sha,
  ref: deployment.ref,
  task: deployment.task,
  environment: deployment.environment,
  description: deployment.description,
  payload: deployment.payload,
  creator: login(world, deployment.creatorId),
  createdAt: deployment.createdAt,
  statuses: deployment.statuses.map(({ id, state, description, environment, logUrl, environmentUrl, createdAt }) => ({
    id,
    state,
    description,
    environment,
    logUrl,
    environmentUrl,
    createdAt,
  })),
});

export const viewIssue = (world: World, repository: Repository, issue: IssueRecord): IssueView => ({
  number: issue.number,
  title: issue.title,
  body: issue.body,
  state: issue.state,
  author: login(world, issue.authorId),
  labels: [...issue.labels],
  assignees: issue.assigneeIds.map((id) => login(world, id)),
  comments: [...repository.comments.values()]
    .filter((comment) => comment.issueNumber === issue.number)
    .map((comment) => viewComment(world, comment)),
  createdAt: issue.createdAt,
  closedAt: issue.closedAt,
});

export const viewActivity = (world: World, activity: Activity): ActivityView => ({
  before: activity.before,
  after: activity.after,
  ref: activity.ref,
  kind: activity.kind,
  actor: login(world, activity.actorId),
  at: activity.at,
});

const login = (world: World, id: number): string => world.accountById(id).login;
