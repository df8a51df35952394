import type { SandboxClock } from './clock.ts';
import type { Fault, Faults } from './faults.ts';
import { type FileContent, noCommit, type Signature } from './git-storage.ts';
import { addTeamMember, createAccount, createTeam, grant, inviteToTeam, requireTeam } from './model/accounts.ts';
import { person } from './model/actor.ts';
import {
  createInstallationToken,
  installApp,
  type NewApp,
  registerApp,
  revokeInstallation,
  setSuspended,
} from './model/apps.ts';
import { moveBranch } from './model/branches.ts';
import { announceSuite, clickAction, findCheckRun, latestRuns, rerequestRun } from './model/checks.ts';
import {
  addComment,
  addLabels,
  createIssue,
  deleteComment,
  editComment,
  editIssue,
  findComment,
  react,
  removeLabel,
} from './model/issues.ts';
import {
  destroyMergeGroup,
  findMergeGroup,
  mergeMergeGroup,
  type QueueMethod,
  requestMergeGroup,
} from './model/merge-groups.ts';
import { type MergeMethod, mergePull } from './model/merging.ts';
import { announcePull, closePull, editPull, openPull, reopenPull, setDraft } from './model/pull-requests.ts';
import { push, pushMerge } from './model/pushing.ts';
import { createRepository, forkRepository, renameRepository } from './model/repositories.ts';
import { dismissReview, editReview, submitReview } from './model/reviews.ts';
import type { App, Installation, Level, Permissions, ReviewState, WebhookTarget } from './model/state.ts';
import { noreplyEmail, type World } from './model/world.ts';
import { userById } from './present/accounts.ts';
import type { LoggedRequest } from './request-log.ts';
import { headOf } from './routes/pull-requests.ts';
import type { Violation } from './validator.ts';
import {
  type ActivityView,
  type CheckRunView,
  type CommentView,
  type DeploymentView,
  type IssueView,
  type PullRequestView,
  type ReactionView,
  type ReviewView,
  viewActivity,
  viewCheckRun,
  viewComment,
  viewDeployment,
  viewIssue,
  viewPullRequest,
  viewReaction,
  viewReview,
} from './views.ts';
import type { Delivery } from './webhook-sender.ts';

/** A login, or somebody whom GitHub does not know. */
export type Somebody = string | Signature;

export interface PushOptions {
  readonly repo: string;
  readonly branch: string;
  readonly files: Readonly<Record<string, FileContent>>;
  readonly author: Somebody;
  readonly committer?: Somebody;
  readonly coAuthors?: readonly Somebody[];
  readonly message?: string;
  /** Default: the author; needed when the author is nobody that GitHub knows. */
  readonly pusher?: string;
  /** Branch or SHA to start from; default: the branch's tip, or the default branch's for a new branch. */
  readonly from?: string;
  /** Rewrites the branch; without `from` it replaces the last commit. */
  readonly force?: boolean;
}

interface OnPull {
  readonly repo: string;
  readonly number: number;
}

interface By {
  readonly by: string;
}

/** What people, and GitHub itself, do; and what GitHub then holds. Every act that GitHub announces is announced by webhook. */
export class SandboxGitHub {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #close: () => Promise<void>;
  readonly requests: readonly LoggedRequest[];
  readonly violations: readonly Violation[];

  constructor(parts: {
    readonly world: World;
    readonly faults: Faults;
    readonly requests: readonly LoggedRequest[];
    readonly violations: readonly Violation[];
    readonly close: () => Promise<void>;
  }) {
    this.#world = parts.world;
    this.#faults = parts.faults;
    this.#close = parts.close;
    this.requests = parts.requests;
    this.violations = parts.violations;
  }

  get url(): string {
    return this.#world.url;
  }

  /** For GHE_HOST. */
  get host(): string {
    return new URL(this.#world.url).host;
  }

  get clock(): SandboxClock {
    return this.#world.clock;
  }

  get deliveries(): readonly Delivery[] {
    return this.#world.webhooks.deliveries;
  }

  /** Resolves when no webhook is under way. */
  settled(): Promise<void> {
    return this.#world.webhooks.settled();
  }

  close(): Promise<void> {
    return this.#close();
  }

  registerApp(wanted: NewApp = {}): {
    id: number;
    slug: string;
    name: string;
    botLogin: string;
    privateKey: string | null;
  } {
    const { app, privateKey } = registerApp(this.#world, wanted);
    return {
      id: app.id,
      slug: app.slug,
      name: app.name,
      botLogin: this.#world.accountById(app.botId).login,
      privateKey,
    };
  }

  setWebhook(webhook: WebhookTarget | null, appId?: number): void {
    this.#app(appId).webhook = webhook;
  }

  installApp(wanted: {
    account: string;
    repositories?: readonly string[];
    permissions?: Permissions;
    appId?: number;
  }): { id: number } {
    const installation = installApp(this.#world, {
      app: this.#app(wanted.appId),
      account: wanted.account,
      repositories: wanted.repositories ?? null,
      permissions: wanted.permissions ?? null,
    });
    return { id: installation.id };
  }

  setInstallationSuspended(installationId: number, suspended: boolean): void {
    setSuspended(this.#world, this.#installation(installationId), suspended);
  }

  revokeInstallation(installationId: number): void {
    revokeInstallation(this.#world, this.#installation(installationId));
  }

  createInstallationToken(installationId: number): string {
    return createInstallationToken(this.#world, this.#installation(installationId), {
      repositoryIds: null,
      permissions: null,
    }).token;
  }

  expireTokens(): void {
    for (const token of this.#world.state.tokens.values()) token.expiresAt = new Date(0);
  }

  createUser(
    login: string,
    more: { bot?: boolean; name?: string; email?: string; id?: number } = {},
  ): { id: number; login: string; email: string; noreplyEmail: string; token: string } {
    const { bot, ...rest } = more;
    const account = createAccount(this.#world, { login, kind: bot === true ? 'Bot' : 'User', ...rest });
    return { id: account.id, login, email: account.email, noreplyEmail: noreplyEmail(account), token: `user:${login}` };
  }

  /** The account keeps its id, and everything that it did. Its old login is free for anybody. */
  renameUser(login: string, newLogin: string): void {
    this.#world.account(login).login = newLogin;
  }

  /** Their reviews stay, and are nobody's. */
  deleteUser(login: string): void {
    this.#world.account(login).deleted = true;
  }

  createOrganisation(login: string, more: { owners?: readonly string[] } = {}): { id: number; login: string } {
    const account = createAccount(this.#world, { login, kind: 'Organization' });
    for (const owner of more.owners ?? []) account.members.set(this.#id(owner), 'admin');
    return { id: account.id, login };
  }

  addOrganisationMember(organisation: string, login: string, role: 'admin' | 'member' = 'member'): void {
    this.#world.account(organisation).members.set(this.#id(login), role);
  }

  createTeam(
    organisation: string,
    slug: string,
    more: { members?: readonly string[]; parent?: string; name?: string } = {},
  ): { id: number; slug: string } {
    const team = createTeam(this.#world, {
      organisation,
      slug,
      name: more.name ?? slug,
      parent: more.parent ?? null,
      members: more.members ?? [],
    });
    return { id: team.id, slug };
  }

  addTeamMember(organisation: string, slug: string, login: string): void {
    addTeamMember(this.#world, requireTeam(this.#world, organisation, slug), login);
  }

  inviteToTeam(organisation: string, slug: string, login: string): void {
    inviteToTeam(this.#world, requireTeam(this.#world, organisation, slug), login);
  }

  removeTeamMember(organisation: string, slug: string, login: string): void {
    requireTeam(this.#world, organisation, slug).members.delete(this.#id(login));
  }

  /** `who` is a login or `team:SLUG`. */
  grant(repo: string, who: string, level: Level): void {
    grant(this.#world, repo, who, level);
  }

  /** Private unless said otherwise. Without files it holds a README.md. */
  async createRepository(
    name: string,
    more: {
      files?: Readonly<Record<string, FileContent>>;
      private?: boolean;
      defaultBranch?: string;
      by?: string;
    } = {},
  ): Promise<{ id: number; name: string; sha: string }> {
    const [ownerLogin = '', short = ''] = name.split('/');
    const owner = this.#world.account(ownerLogin);
    const { repository, sha } = await createRepository(this.#world, {
      ownerId: owner.id,
      name: short,
      private: more.private ?? true,
      defaultBranch: more.defaultBranch ?? 'main',
      byId: more.by === undefined ? owner.id : this.#id(more.by),
      files: more.files ?? {},
    });
    return { id: repository.id, name, sha };
  }

  async fork(repo: string, owner: string, more: { name?: string } = {}): Promise<{ id: number; name: string }> {
    const parent = this.#world.repository(repo);
    const fork = await forkRepository(this.#world, parent, this.#id(owner), more.name ?? parent.name);
    return { id: fork.id, name: this.#world.fullName(fork) };
  }

  renameRepository(repo: string, newName: string, by?: string): void {
    const repository = this.#world.repository(repo);
    renameRepository(this.#world, repository, newName, by === undefined ? repository.ownerId : this.#id(by));
  }

  /** A rule of the branch: pull requests get into it through a merge queue. */
  requireMergeQueue(repo: string, branch: string): void {
    this.#world.repository(repo).mergeQueues.add(branch);
  }

  protectBranch(repo: string, branch: string, protection: { requiredChecks: readonly string[] }): void {
    this.#world.repository(repo).requiredChecks.set(branch, protection.requiredChecks);
  }

  /** One commit, pushed; returns its SHA. Throws when it is no fast-forward and `force` is not set. */
  async push(options: PushOptions): Promise<string> {
    const author = this.#signature(options.author);
    const trailers = (options.coAuthors ?? [])
      .map((somebody) => this.#signature(somebody))
      .map(({ name, email }) => `Co-authored-by: ${name} <${email}>`);
    const message = options.message ?? `Change ${Object.keys(options.files).join(', ')}`;
    return push(this.#world, {
      repository: this.#world.repository(options.repo),
      branch: options.branch,
      files: options.files,
      author,
      committer: options.committer === undefined ? author : this.#signature(options.committer),
      message: trailers.length === 0 ? message : `${message}\n\n${trailers.join('\n')}`,
      pusherId: this.#pusher(options),
      from: options.from ?? null,
      force: options.force ?? false,
    });
  }

  /** Merges `from` (branch or SHA) into the branch and pushes the merge commit. */
  async pushMerge(options: {
    repo: string;
    branch: string;
    from: string;
    author: string;
    pusher?: string;
    message?: string;
  }): Promise<string> {
    return pushMerge(this.#world, {
      repository: this.#world.repository(options.repo),
      branch: options.branch,
      from: options.from,
      author: this.#signature(options.author),
      message: options.message ?? `Merge ${options.from} into ${options.branch}`,
      pusherId: this.#pusher(options),
    });
  }

  async deleteBranch(repo: string, branch: string, by: string): Promise<void> {
    const repository = this.#world.repository(repo);
    await moveBranch(this.#world, {
      repository,
      branch,
      before: await this.branchSha(repo, branch),
      after: noCommit,
      actorId: this.#id(by),
      kind: 'branch_deletion',
    });
  }

  async branchSha(repo: string, branch: string): Promise<string> {
    const sha = await this.#world.git.resolve(this.#world.repository(repo).id, `refs/heads/${branch}`);
    if (sha === null) throw new Error(`The sandbox's repository ${repo} has no branch "${branch}".`);
    return sha;
  }

  gitDirectory(repo: string): string {
    return this.#world.git.directory(this.#world.repository(repo).id);
  }

  /** `head` is a branch, or `owner:branch` of a fork. Returns the number. */
  async openPullRequest(options: {
    repo: string;
    head: string;
    base?: string;
    title: string;
    author: string;
    body?: string;
    draft?: boolean;
  }): Promise<number> {
    const repository = this.#world.repository(options.repo);
    const pull = await openPull(this.#world, {
      repository,
      ...headOf(this.#world, repository, options.head),
      baseRef: options.base ?? repository.defaultBranch,
      title: options.title,
      body: options.body ?? null,
      authorId: this.#id(options.author),
      draft: options.draft ?? false,
    });
    return pull.number;
  }

  async editPullRequest(options: OnPull & By & { title?: string; body?: string; base?: string }): Promise<void> {
    const { repository, pull } = this.#pull(options);
    const { title, body, base } = options;
    await editPull(this.#world, repository, pull, {
      byId: this.#id(options.by),
      ...(title === undefined ? {} : { title }),
      ...(body === undefined ? {} : { body }),
      ...(base === undefined ? {} : { base }),
    });
  }

  async setDraft(options: OnPull & By & { draft: boolean }): Promise<void> {
    const { repository, pull } = this.#pull(options);
    await setDraft(this.#world, repository, pull, { draft: options.draft, byId: this.#id(options.by) });
  }

  async label(options: OnPull & By & { label: string }): Promise<void> {
    const repository = this.#world.repository(options.repo);
    await addLabels(this.#world, repository, this.#world.issue(repository, options.number), {
      names: [options.label],
      byId: this.#id(options.by),
    });
  }

  async unlabel(options: OnPull & By & { label: string }): Promise<void> {
    const repository = this.#world.repository(options.repo);
    await removeLabel(this.#world, repository, this.#world.issue(repository, options.number), {
      name: options.label,
      byId: this.#id(options.by),
    });
  }

  /** Default commit: the head as it is now; null is a review that names none. Returns the review's id. */
  async review(
    options: OnPull & {
      reviewer: string;
      state: Exclude<ReviewState, 'DISMISSED'>;
      commitSha?: string | null;
      body?: string;
      at?: Date;
    },
  ): Promise<number> {
    const { repository, pull } = this.#pull(options);
    const review = submitReview(this.#world, {
      repository,
      pull,
      authorId: this.#id(options.reviewer),
      state: options.state,
      commitSha: options.commitSha === undefined ? pull.pull.headSha : options.commitSha,
      body: options.body ?? (options.state === 'APPROVED' ? '' : 'Please look again.'),
      ...(options.at && { submittedAt: options.at }),
    });
    return review.id;
  }

  editReview(options: OnPull & { reviewId: number; body: string }): void {
    const { repository, pull } = this.#pull(options);
    editReview(this.#world, repository, pull, { reviewId: options.reviewId, body: options.body });
  }

  /** Asks for a review, perhaps once more: what that person said before stands until they say something else. */
  async requestReview(options: OnPull & By & { reviewer: string }): Promise<void> {
    const { repository, pull } = this.#pull(options);
    await announcePull(this.#world, {
      repository,
      pull,
      action: 'review_requested',
      senderId: this.#id(options.by),
      extra: { requested_reviewer: userById(this.#world, this.#id(options.reviewer)) },
    });
  }

  async dismissReview(options: OnPull & By & { reviewId: number; message?: string }): Promise<void> {
    const { repository, pull } = this.#pull(options);
    dismissReview(this.#world, repository, pull, { reviewId: options.reviewId, byId: this.#id(options.by) });
  }

  /** On a pull request or an issue. Returns the comment's id. */
  comment(options: OnPull & { author: string; body: string }): number {
    const repository = this.#world.repository(options.repo);
    return addComment(this.#world, {
      repository,
      issue: this.#world.issue(repository, options.number),
      author: person(this.#id(options.author)),
      body: options.body,
    }).id;
  }

  editComment(options: By & { repo: string; commentId: number; body: string }): void {
    const repository = this.#world.repository(options.repo);
    editComment(this.#world, repository, findComment(repository, options.commentId), {
      body: options.body,
      byId: this.#id(options.by),
    });
  }

  deleteComment(options: By & { repo: string; commentId: number }): void {
    const repository = this.#world.repository(options.repo);
    deleteComment(this.#world, repository, findComment(repository, options.commentId), this.#id(options.by));
  }

  react(options: By & { repo: string; commentId: number; content: string }): void {
    const repository = this.#world.repository(options.repo);
    react(this.#world, repository, findComment(repository, options.commentId), {
      authorId: this.#id(options.by),
      content: options.content,
    });
  }

  /** Returns the SHA that the base branch then has. `bypass` merges whatever the required checks say. */
  async merge(options: OnPull & By & { method?: MergeMethod; bypass?: boolean }): Promise<string> {
    return mergePull(this.#world, {
      ...this.#pull(options),
      byId: this.#id(options.by),
      method: options.method ?? 'merge',
      expectedHeadSha: null,
      rules: options.bypass === true ? 'bypassed' : 'enforced',
    });
  }

  async closePullRequest(options: OnPull & By): Promise<void> {
    const { repository, pull } = this.#pull(options);
    closePull(this.#world, pull, this.#id(options.by));
    await announcePull(this.#world, { repository, pull, action: 'closed', senderId: this.#id(options.by) });
  }

  async reopenPullRequest(options: OnPull & By): Promise<void> {
    const { repository, pull } = this.#pull(options);
    await reopenPull(this.#world, repository, pull, this.#id(options.by));
  }

  openIssue(options: {
    repo: string;
    author: string;
    title: string;
    body?: string;
    labels?: readonly string[];
  }): number {
    return createIssue(this.#world, {
      repository: this.#world.repository(options.repo),
      author: person(this.#id(options.author)),
      title: options.title,
      body: options.body ?? null,
      labels: options.labels ?? [],
      assignees: [],
    }).number;
  }

  closeIssue(options: OnPull & By): void {
    const repository = this.#world.repository(options.repo);
    editIssue(this.#world, repository, this.#world.issue(repository, options.number), {
      byId: this.#id(options.by),
      state: 'closed',
    });
  }

  /** `onto`: the head ref of the group in front, which this one is built on. */
  async requestMergeGroup(options: {
    repo: string;
    numbers: readonly number[];
    base?: string;
    onto?: string;
    method?: QueueMethod;
  }): Promise<{ headSha: string; headRef: string; baseSha: string }> {
    const repository = this.#world.repository(options.repo);
    const { headSha, headRef, baseSha } = await requestMergeGroup(this.#world, repository, {
      numbers: options.numbers,
      baseRef: options.base ?? repository.defaultBranch,
      onto: options.onto === undefined ? null : findMergeGroup(repository, options.onto),
      method: options.method ?? 'merge',
    });
    return { headSha, headRef, baseSha };
  }

  async mergeMergeGroup(options: By & { repo: string; headRef: string }): Promise<string> {
    const repository = this.#world.repository(options.repo);
    return mergeMergeGroup(this.#world, repository, findMergeGroup(repository, options.headRef), this.#id(options.by));
  }

  async destroyMergeGroup(options: {
    repo: string;
    headRef: string;
    reason: 'dequeued' | 'invalidated' | 'merged';
  }): Promise<void> {
    const repository = this.#world.repository(options.repo);
    await destroyMergeGroup(this.#world, repository, findMergeGroup(repository, options.headRef), options.reason);
  }

  clickCheckAction(options: By & { repo: string; checkRunId: number; identifier: string }): void {
    const repository = this.#world.repository(options.repo);
    clickAction(this.#world, repository, {
      run: findCheckRun(repository, options.checkRunId),
      identifier: options.identifier,
      byId: this.#id(options.by),
    });
  }

  rerequestCheckRun(options: By & { repo: string; checkRunId: number }): void {
    const repository = this.#world.repository(options.repo);
    rerequestRun(this.#world, repository, findCheckRun(repository, options.checkRunId), this.#id(options.by));
  }

  async rerequestCheckSuite(options: By & { repo: string; sha: string; appId?: number }): Promise<void> {
    const repository = this.#world.repository(options.repo);
    const app = this.#app(options.appId);
    const suite = repository.checkSuites.find(
      (candidate) => candidate.headSha === options.sha && candidate.appId === app.id,
    );
    if (suite === undefined) throw new Error(`The commit ${options.sha} has no check suite of the app ${app.slug}.`);
    await announceSuite(this.#world, repository, suite, { action: 'rerequested', senderId: this.#id(options.by) });
  }

  redeliver(guid: string): void {
    if (!this.#world.webhooks.redeliver({ guid })) throw new Error(`The sandbox GitHub has no delivery ${guid}.`);
  }

  /** The next request that fits gets this answer; several plans are used in their order. */
  failNext(fault: Fault): void {
    this.#faults.plan(fault);
  }

  /** The next deliveries are recorded as failed (502) and never sent. */
  loseDeliveries(loss: { event?: string; times?: number } = {}): void {
    this.#world.webhooks.lose({ event: loss.event ?? null, times: loss.times ?? 1 });
  }

  pullRequest(repo: string, number: number): PullRequestView {
    return viewPullRequest(this.#world, this.#pull({ repo, number }).pull);
  }

  pullRequests(repo: string): readonly PullRequestView[] {
    return this.#world.pulls(this.#world.repository(repo)).map((pull) => viewPullRequest(this.#world, pull));
  }

  /** In the order of creation. */
  checkRuns(repo: string, sha: string, filter: 'latest' | 'all' = 'latest'): readonly CheckRunView[] {
    const repository = this.#world.repository(repo);
    const runs =
      filter === 'latest'
        ? latestRuns(repository, sha)
        : [...repository.checkRuns.values()].filter((run) => run.headSha === sha);
    return runs.map(viewCheckRun);
  }

  comments(repo: string, number: number): readonly CommentView[] {
    const repository = this.#world.repository(repo);
    return [...repository.comments.values()]
      .filter((comment) => comment.issueNumber === number)
      .map((comment) => viewComment(this.#world, comment));
  }

  reviews(repo: string, number: number): readonly ReviewView[] {
    return this.#pull({ repo, number }).pull.pull.reviews.map((review) => viewReview(this.#world, review));
  }

  reactions(repo: string, commentId: number): readonly ReactionView[] {
    return [...this.#world.repository(repo).reactions.values()]
      .filter((reaction) => reaction.commentId === commentId)
      .map((reaction) => viewReaction(this.#world, reaction));
  }

  /** Oldest first, with their statuses, oldest first. */
  deployments(repo: string): readonly DeploymentView[] {
    return [...this.#world.repository(repo).deployments.values()].map((deployment) =>
      viewDeployment(this.#world, deployment),
    );
  }

  /** Without pull requests. */
  issues(repo: string): readonly IssueView[] {
    const repository = this.#world.repository(repo);
    return [...repository.issues.values()]
      .filter((issue) => issue.pull === null)
      .map((issue) => viewIssue(this.#world, repository, issue));
  }

  activity(repo: string): readonly ActivityView[] {
    return this.#world.repository(repo).activity.map((activity) => viewActivity(this.#world, activity));
  }

  #pull(on: OnPull) {
    const repository = this.#world.repository(on.repo);
    return { repository, pull: this.#world.pull(repository, on.number) };
  }

  #id(login: string): number {
    return this.#world.account(login).id;
  }

  #signature(somebody: Somebody): Signature {
    if (typeof somebody !== 'string') return somebody;
    const { name, email } = this.#world.account(somebody);
    return { name, email };
  }

  #pusher(options: { readonly author: Somebody; readonly pusher?: string }): number {
    const login = options.pusher ?? options.author;
    if (typeof login !== 'string')
      throw new Error('Say who pushes: the author of this commit is nobody that the sandbox GitHub knows.');
    return this.#id(login);
  }

  #app(appId: number | undefined): App {
    const app = appId === undefined ? [...this.#world.state.apps.values()][0] : this.#world.state.apps.get(appId);
    if (app === undefined) throw new Error('The sandbox GitHub has no such app; call registerApp first.');
    return app;
  }

  #installation(id: number): Installation {
    const installation = this.#world.state.installations.get(id);
    if (installation === undefined) throw new Error(`The sandbox GitHub has no installation ${id}.`);
    return installation;
  }
}
