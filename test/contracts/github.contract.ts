import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CommitSha, type PullNumber, type Repository, repositoryId } from '../../src/domain/identity.ts';
import type { CheckRunRequest, GitHub } from '../../src/flows/ports/github.ts';

export interface Pushed {
  readonly branch: string;
  readonly author: string;
  readonly committer?: string;
  readonly coAuthors?: readonly (string | { readonly name: string; readonly email: string })[];
  readonly pusher?: string;
}

export interface QueuedGroup {
  /** Without `refs/heads/`. */
  readonly ref: string;
  readonly head: CommitSha;
  readonly base: CommitSha;
}

/** A repository with people around it, and what they do there without Planwright. Each promise ends when GitHub shows the effect. */
export interface Stage {
  readonly github: GitHub;
  readonly repository: Repository;
  /** Logins: `admin`, `maintainer`, `writer`, `triager`, `reader`, `stranger` may do what they are called. */
  readonly people: Readonly<Record<'admin' | 'maintainer' | 'writer' | 'triager' | 'reader' | 'stranger', string>>;
  push(pushed: Pushed): Promise<CommitSha>;
  open(pull: { readonly branch: string; readonly author: string; readonly draft?: boolean }): Promise<PullNumber>;
  openFromFork(pull: { readonly branch: string; readonly author: string }): Promise<PullNumber>;
  approve(review: { readonly number: PullNumber; readonly reviewer: string }): Promise<number>;
  dismiss(review: { readonly number: PullNumber; readonly review: number; readonly by: string }): Promise<void>;
  /** A team of the repository's organization; `parent` is a team that stands already. */
  team(team: {
    readonly slug: string;
    readonly members: readonly string[];
    readonly invited?: readonly string[];
    readonly parent?: string;
  }): Promise<void>;
  /** Files of the owner's `.github` repository, which is made with the first of them. */
  organizationFiles(files: Readonly<Record<string, string>>): Promise<void>;
  leaveTeam(slug: string, login: string): Promise<void>;
  /** Puts them into the merge queue of `main`, as one group, onto the group with the head ref `onto` where one is given. */
  enqueue(group: { readonly numbers: readonly PullNumber[]; readonly onto?: string }): Promise<QueuedGroup>;
  dequeue(group: QueuedGroup): Promise<void>;
  merge(merge: { readonly number: PullNumber; readonly by: string }): Promise<CommitSha>;
  comment(comment: { readonly number: number; readonly author: string; readonly body: string }): Promise<number>;
  deleteComment(id: number): Promise<void>;
  /** The reactions that the app gave. */
  reactions(commentId: number): Promise<readonly string[]>;
  annotations(sha: CommitSha, runId: number): Promise<number>;
  rename(name: string): Promise<void>;
  close(): Promise<void>;
}

/** What every implementation of the port promises. */
export function gitHubContract(openStage: () => Promise<Stage>): void {
  let stage: Stage;
  let github: GitHub;
  let repository: Repository;
  let branch: string;
  let branches = 0;

  beforeAll(async () => {
    stage = await openStage();
    ({ github, repository } = stage);
  });

  beforeEach(() => {
    branches += 1;
    branch = `change-${branches}`;
  });

  afterAll(async () => {
    await stage?.close();
  });

  async function openPull(author = stage.people.writer) {
    const sha = await stage.push({ branch, author });
    const number = await stage.open({ branch, author });
    return { sha, number };
  }

  async function read(number: PullNumber) {
    const pull = await github.pullRequest(repository, number);
    if (pull === undefined) throw new Error(`pull request ${number} was just opened`);
    return pull;
  }

  describe('a repository', () => {
    it('is found by its id', async () => {
      expect(await github.repository(repository.installation, repository.id)).toEqual(repository);
    });

    it('that the installation cannot see is undefined', async () => {
      expect(await github.repository(repository.installation, repositoryId(987_654_321))).toBeUndefined();
    });
  });

  describe('a merge queue', () => {
    it('is absent where the branch has none', async () => {
      await stage.push({ branch, author: stage.people.writer });
      expect(await github.mergeQueue(repository, { branch, ref: 'gh-readonly-queue/nothing' })).toEqual({});
      expect(await github.usesMergeQueue(repository, branch)).toBe(false);
    });

    it('names each pull request with the commit that it was put on and the one that came of it', async () => {
      const first = await openPull();
      branch = `${branch}-behind`;
      const second = await openPull();
      const front = await stage.enqueue({ numbers: [first.number] });
      const behind = await stage.enqueue({ numbers: [second.number], onto: front.ref });

      expect(await github.mergeQueue(repository, { branch: 'main', ref: behind.ref })).toEqual({
        refHead: behind.head,
        entries: [
          { pull: first.number, base: front.base, head: front.head },
          { pull: second.number, base: front.head, head: behind.head },
        ],
      });

      await stage.dequeue(behind);
      await stage.dequeue(front);
      expect(await github.mergeQueue(repository, { branch: 'main', ref: behind.ref })).toEqual({ entries: [] });
      expect(await github.usesMergeQueue(repository, 'main')).toBe(true);
    });
  });

  describe('a pull request', () => {
    it('tells author, head and base while it is open', async () => {
      const { sha, number } = await openPull();

      expect(await read(number)).toMatchObject({
        number,
        state: 'open',
        draft: false,
        author: { login: stage.people.writer, bot: false },
        head: { sha, ref: branch, fork: false },
        base: { ref: 'main', isDefaultBranch: true },
        commits: 1,
      });
      expect(await read(number)).not.toHaveProperty('merge');
    });

    it('may be a draft', async () => {
      await stage.push({ branch, author: stage.people.writer });
      const number = await stage.open({ branch, author: stage.people.writer, draft: true });

      expect((await read(number)).draft).toBe(true);
    });

    it("of a fork says so, and its head's pushes are unknown where its repository is private", async () => {
      const pull = await read(await stage.openFromFork({ branch, author: stage.people.stranger }));

      expect(pull.head.fork).toBe(true);
      expect(await github.pushes(pull)).toEqual({ pushes: [], complete: false });
    });

    it('tells who merged it as which commit', async () => {
      const { number } = await openPull();
      const commit = await stage.merge({ number, by: stage.people.maintainer });

      const { state, merge } = await read(number);
      expect(state).toBe('closed');
      expect(merge).toMatchObject({ commit, by: { login: stage.people.maintainer } });
    });

    it('that does not exist is undefined', async () => {
      expect(await github.pullRequest(repository, 99_999 as PullNumber)).toBeUndefined();
    });

    it('is listed by base and by head while it is open', async () => {
      const { sha, number } = await openPull();

      expect(await github.openPullRequests(repository, { base: 'main' })).toContain(number);
      expect(await github.openPullRequests(repository, { base: 'other' })).toEqual([]);
      expect(await github.openPullRequests(repository, { headSha: sha })).toEqual([number]);

      await stage.merge({ number, by: stage.people.maintainer });
      expect(await github.openPullRequests(repository, {})).not.toContain(number);
    });
  });

  describe('reviews', () => {
    it('are listed oldest first with the commit that was looked at, dismissed ones too', async () => {
      const { sha, number } = await openPull();
      const dismissed = await stage.approve({ number, reviewer: stage.people.maintainer });
      await stage.dismiss({ number, review: dismissed, by: stage.people.admin });
      const approved = await stage.approve({ number, reviewer: stage.people.admin });

      expect(await github.reviews(repository, number)).toMatchObject([
        { id: dismissed, state: 'dismissed', reviewer: { login: stage.people.maintainer }, commit: sha },
        { id: approved, state: 'approved', reviewer: { login: stage.people.admin }, commit: sha },
      ]);
    });
  });

  describe('contributors', () => {
    it('are authors, committers and co-authors; one that GitHub does not know is named', async () => {
      await stage.push({
        branch,
        author: stage.people.writer,
        committer: stage.people.maintainer,
        coAuthors: [stage.people.triager, { name: 'Somebody Else', email: 'else@nowhere.test' }],
      });
      const number = await stage.open({ branch, author: stage.people.writer });

      const { authors, committers, coAuthors, unresolved, anonymous } = await github.contributors(repository, number);
      expect(authors.map(({ login }) => login)).toEqual([stage.people.writer]);
      expect(committers.map(({ login }) => login)).toEqual([stage.people.maintainer]);
      expect(coAuthors.map(({ login }) => login)).toEqual([stage.people.triager]);
      expect(unresolved).toEqual(['Somebody Else']);
      expect(anonymous).toBe(false);
    });

    it('are gathered from every commit', async () => {
      await stage.push({ branch, author: stage.people.writer });
      await stage.push({ branch, author: stage.people.maintainer });
      const number = await stage.open({ branch, author: stage.people.writer });

      const { authors } = await github.contributors(repository, number);
      expect(authors.map(({ login }) => login)).toEqual([stage.people.writer, stage.people.maintainer]);
    });
  });

  describe('pushes', () => {
    it('tell who pushed the head, not who wrote it', async () => {
      await stage.push({ branch, author: stage.people.writer });
      await stage.push({ branch, author: stage.people.writer, pusher: stage.people.maintainer });
      const pull = await read(await stage.open({ branch, author: stage.people.writer }));

      const { pushes, complete } = await github.pushes(pull);
      expect(pushes.map(({ by }) => by?.login)).toEqual([stage.people.maintainer, stage.people.writer]);
      expect(pushes[0]?.after).toBe(pull.head.sha);
      expect(complete).toBe(true);
    });
  });

  describe('permission', () => {
    it('is what the person may do now', async () => {
      const { admin, maintainer, writer, triager, reader, stranger } = stage.people;
      const may = (login: string) => github.permission(repository, login);

      expect(await may(admin)).toBe('admin');
      expect(await may(maintainer)).toBe('maintain');
      expect(await may(writer)).toBe('write');
      expect(await may(triager)).toBe('triage');
      expect(await may(reader)).toBe('read');
      expect(await may(stranger)).toBe('none');
      expect(await may('nobody-of-that-name')).toBe('none');
    });
  });

  describe('a team', () => {
    const idOf = async (author: string) => {
      await stage.push({ branch, author });
      return (await read(await stage.open({ branch, author }))).author.id;
    };

    it('has the people of the teams below it, and no one who was only invited', async () => {
      const { maintainer, writer, triager, reader } = stage.people;
      await stage.team({ slug: 'platform', members: [maintainer], invited: [reader] });
      await stage.team({ slug: 'database', members: [writer], parent: 'platform' });

      const team = await github.team(repository, 'platform');
      expect(team).toMatchObject({ complete: true });
      expect(team?.people.size).toBe(2);
      expect(team?.people.has(await idOf(writer))).toBe(true);
      const isIn = (login: string) => github.isTeamMember(repository, 'platform', login);
      expect(await isIn(maintainer)).toBe(true);
      expect(await isIn(writer)).toBe(true);
      expect(await isIn(triager)).toBe(false);
      expect(await isIn(reader)).toBe(false);
    });

    it('loses whoever leaves it at once', async () => {
      const { maintainer, writer } = stage.people;
      await stage.team({ slug: 'leaving', members: [maintainer, writer] });
      await stage.leaveTeam('leaving', writer);

      expect((await github.team(repository, 'leaving'))?.people.size).toBe(1);
      expect(await github.isTeamMember(repository, 'leaving', writer)).toBe(false);
    });

    it('that does not exist is undefined and has nobody in it', async () => {
      expect(await github.team(repository, 'nobody-founded-it')).toBeUndefined();
      expect(await github.isTeamMember(repository, 'nobody-founded-it', stage.people.writer)).toBe(false);
    });
  });

  describe("the organization's files", () => {
    it('are hidden without a repository for them, absent, or as they stand on its default branch', async () => {
      const read = () => github.organizationFile(repository, 'planwright.yml');
      expect(await read()).toEqual({ kind: 'hidden' });

      await stage.organizationFiles({ 'README.md': 'words\n' });
      expect(await read()).toEqual({ kind: 'absent' });

      await stage.organizationFiles({ 'planwright.yml': 'version: 1 # für alle\n' });
      const first = await read();
      if (first.kind !== 'file' || first.read.kind !== 'file') throw new Error(first.kind);
      expect(new TextDecoder().decode(first.read.bytes)).toBe('version: 1 # für alle\n');

      await stage.organizationFiles({ 'planwright.yml': `version: 1\n# ${'long '.repeat(1_000)}\n` });
      const second = await read();
      if (second.kind !== 'file' || second.read.kind !== 'file') throw new Error(second.kind);
      expect(second.read.bytes.byteLength).toBe(5_014);
      expect(second.blob).not.toBe(first.blob);
    });
  });

  describe('check runs', () => {
    const request = (sha: CommitSha): CheckRunRequest => ({
      sha,
      name: 'planwright/plan',
      externalId: 'plan-1',
      detailsUrl: 'https://planwright.example/plans/1',
      text: { title: 'Planning', summary: 'Planning', text: 'Details' },
      annotations: [],
    });
    const annotations = Array.from({ length: 120 }, (_, index) => ({
      path: 'apps/web.yaml',
      line: index + 1,
      column: 3,
      level: 'warning' as const,
      title: 'Look here',
      message: `Problem ${index}`,
    }));

    it('go from in progress to completed, and are found newest first', async () => {
      const { sha } = await openPull();
      const first = await github.createCheckRun(repository, request(sha));
      expect(first).toMatchObject({ externalId: 'plan-1', status: 'in_progress' });

      const actions = [{ label: 'Re-plan', description: 'Plan again', identifier: 'replan' }];
      const done = await github.updateCheckRun(repository, first.id, {
        ...request(sha),
        conclusion: 'action_required',
        actions,
      });
      expect(done).toMatchObject({ id: first.id, status: 'completed', conclusion: 'action_required' });
      expect(done.completedAtMs).toBeTypeOf('number');

      const second = await github.createCheckRun(repository, {
        ...request(sha),
        externalId: 'plan-2',
        conclusion: 'success',
      });
      await github.createCheckRun(repository, { ...request(sha), name: 'planwright/gate' });

      const runs = await github.checkRuns(repository, sha, 'planwright/plan');
      expect(runs.map(({ id }) => id)).toEqual([second.id, first.id]);
    });

    it('take more annotations than fit into one request, each once, however often they are sent', async () => {
      const { sha } = await openPull();
      const run = await github.createCheckRun(repository, { ...request(sha), annotations });
      expect(await stage.annotations(sha, run.id)).toBe(120);

      const done = await github.updateCheckRun(repository, run.id, {
        ...request(sha),
        annotations,
        conclusion: 'failure',
      });
      expect(done.conclusion).toBe('failure');
      expect(await stage.annotations(sha, run.id)).toBe(120);
    });
  });

  describe('comments', () => {
    const marker = '<!-- planwright:plan -->';

    it('are found by marker and app, and edited in place', async () => {
      const { number } = await openPull();
      await stage.comment({ number, author: stage.people.stranger, body: `${marker} a forged one` });
      expect(await github.findComment(repository, number, marker)).toBeUndefined();

      const { id } = await github.createComment(repository, number, `${marker} first`);
      expect(await github.updateComment(repository, id, `${marker} second`)).toBe(true);

      expect(await github.findComment(repository, number, marker)).toEqual({ id });
      expect(await github.comment(repository, id)).toMatchObject({
        body: `${marker} second`,
        pull: number,
        author: { bot: true },
      });
    });

    it('that were deleted are undefined, and cannot be updated or reacted to', async () => {
      const { number } = await openPull();
      const { id } = await github.createComment(repository, number, marker);
      await stage.deleteComment(id);

      expect(await github.comment(repository, id)).toBeUndefined();
      expect(await github.updateComment(repository, id, marker)).toBe(false);
      await github.react(repository, id, 'eyes');
      expect(await github.findComment(repository, number, marker)).toBeUndefined();
    });

    it('of people are read with author, place and time, and take each reaction once', async () => {
      const { number } = await openPull();
      const id = await stage.comment({ number, author: stage.people.writer, body: '/plan' });

      const comment = await github.comment(repository, id);
      expect(comment).toMatchObject({
        id,
        body: '/plan',
        pull: number,
        issue: number,
        author: { login: stage.people.writer, bot: false },
      });
      expect(Math.abs((comment?.createdAtMs ?? 0) - Date.now())).toBeLessThan(86_400_000);

      await github.react(repository, id, 'eyes');
      await github.react(repository, id, 'eyes');
      await github.react(repository, id, 'rocket');
      expect(await stage.reactions(id)).toEqual(['eyes', 'rocket']);
    });
  });

  describe('issues', () => {
    it('are found by label and marker while they are open', async () => {
      const marker = '<!-- planwright:held web@staging -->';
      const held = { title: 'web@staging: held', body: `${marker} why`, labels: ['planwright:held'] };
      const { number } = await github.createIssue(repository, held);
      expect(await github.findIssue(repository, 'planwright:held', marker)).toMatchObject({ number });
      expect(await github.findIssue(repository, 'planwright:drift', marker)).toBeUndefined();
      expect(await github.findIssue(repository, 'planwright:held', '<!-- another -->')).toBeUndefined();

      const id = await stage.comment({ number, author: stage.people.writer, body: '/apply' });
      const comment = await github.comment(repository, id);
      expect(comment).toMatchObject({ issue: number });
      expect(comment).not.toHaveProperty('pull');

      await github.updateIssue(repository, number, { title: held.title, body: held.body, state: 'closed' });
      expect(await github.findIssue(repository, 'planwright:held', marker)).toBeUndefined();
    });
  });

  describe('deployments', () => {
    it('are found by commit, environment and key, and take statuses', async () => {
      const { sha } = await openPull();
      const description = `Deploys ${'🚀'.repeat(100)}`;
      const wanted = { sha, environment: 'staging', key: 'merge-7', description };
      const { id } = await github.createDeployment(repository, wanted);

      expect(await github.findDeployment(repository, sha, 'staging', 'merge-7')).toEqual({ id });
      expect(await github.findDeployment(repository, sha, 'staging', 'merge-8')).toBeUndefined();
      expect(await github.findDeployment(repository, sha, 'production', 'merge-7')).toBeUndefined();

      await github.setDeploymentStatus(repository, id, { state: 'in_progress', description });
      const logUrl = 'https://planwright.example/deployments/7';
      await github.setDeploymentStatus(repository, id, { state: 'success', description: 'done', logUrl });
      expect(await github.findDeployment(repository, sha, 'staging', 'merge-7')).toEqual({ id });
    });
  });

  describe('a renamed repository', () => {
    it('is found by its id under its new name, and read under its old one', async () => {
      const { number } = await openPull();
      await stage.rename('platform');

      expect(await github.repository(repository.installation, repository.id)).toEqual({
        ...repository,
        name: 'platform',
      });
      expect(await github.pullRequest(repository, number)).toMatchObject({ number });
    });
  });
}
