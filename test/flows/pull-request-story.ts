import type { SandboxGitHub } from '../../src/sandbox/github/github.ts';
import type { CheckRunView, CommentView } from '../../src/sandbox/github/views.ts';
import { repo, type Stage } from '../e2e/stage.ts';

export type Files = Parameters<SandboxGitHub['push']>[0]['files'];

/** A pull request of a story; `head` is what was pushed last through the story. */
export interface Pull {
  readonly number: number;
  readonly branch: string;
  head: string;
}

/** A machine that does much else at the same time is slow. */
const patienceMs = 30_000;

interface Checks {
  readonly plan: CheckRunView;
  readonly gate: CheckRunView;
}

interface Wanted {
  readonly conclusion?: string;
  readonly says?: string | RegExp;
}

type Said = Parameters<SandboxGitHub['review']>[0]['state'];

/** What people do on pull requests of one stage, and what they then see there. */
export class PullRequestStory {
  readonly stage: Stage;
  #branches = 0;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  get github(): SandboxGitHub {
    return this.stage.github;
  }

  async open(of: {
    readonly title: string;
    readonly files: Files;
    readonly author?: string;
    readonly draft?: boolean;
    readonly base?: string;
    readonly push?: Partial<Parameters<SandboxGitHub['push']>[0]>;
  }): Promise<Pull> {
    this.#branches += 1;
    const branch = `change-${this.#branches}`;
    const author = of.author ?? 'alice';
    const head = await this.github.push({
      repo,
      branch,
      files: of.files,
      author,
      message: of.title,
      ...(of.base === undefined ? {} : { from: of.base }),
      ...of.push,
    });
    const number = await this.github.openPullRequest({
      repo,
      head: branch,
      title: of.title,
      author,
      ...(of.draft === true ? { draft: true } : {}),
      ...(of.base === undefined ? {} : { base: of.base }),
    });
    return { number, branch, head };
  }

  /** A further commit on the pull request's branch; by alice unless said otherwise. */
  async push(pull: Pull, files: Files, more: Partial<Parameters<SandboxGitHub['push']>[0]> = {}): Promise<string> {
    pull.head = await this.github.push({ repo, branch: pull.branch, author: 'alice', files, ...more });
    return pull.head;
  }

  /** The newest run of a check. */
  check(sha: string, name: string): CheckRunView | undefined {
    return this.github.checkRuns(repo, sha, 'latest').find((run) => run.name === name);
  }

  /** Waits until both checks of the head are completed. */
  checked({ head }: Pick<Pull, 'head'>): Promise<Checks> {
    return this.stage.eventually(
      `both checks of ${head}`,
      () => {
        const [plan, gate] = [this.check(head, 'planwright/plan'), this.check(head, 'planwright/gate')];
        return plan?.status === 'completed' && gate?.status === 'completed' ? { plan, gate } : undefined;
      },
      patienceMs,
    );
  }

  /** Waits until the gate of the head is completed, with this conclusion and these words. */
  gate({ head }: Pick<Pull, 'head'>, wanted: Wanted): Promise<CheckRunView> {
    return this.#ends(head, 'planwright/gate', wanted);
  }

  /** Waits until the plan check of the head is completed, with this conclusion and these words. */
  plan({ head }: Pick<Pull, 'head'>, wanted: Wanted): Promise<CheckRunView> {
    return this.#ends(head, 'planwright/plan', wanted);
  }

  async #ends(head: string, name: string, { conclusion, says }: Wanted): Promise<CheckRunView> {
    const look = () => this.check(head, name);
    try {
      return await this.stage.eventually(
        `${name} of ${head} as ${String(conclusion)} with ${String(says)}`,
        () => {
          const run = look();
          if (run?.status !== 'completed' || (conclusion !== undefined && run.conclusion !== conclusion))
            return undefined;
          return says === undefined || matches(textOf(run), says) ? run : undefined;
        },
        patienceMs,
      );
    } catch (error) {
      const run = look();
      throw new Error(
        `${name} says ${run === undefined ? 'nothing' : `${run.status} ${run.conclusion}: ${textOf(run)}`}`,
        { cause: error },
      );
    }
  }

  /** A review after everything that was shown until now, by GitHub's clock. */
  async review(pull: Pull, reviewer: string, state: Said = 'APPROVED', commitSha?: string): Promise<number> {
    this.github.clock.advance(2_000);
    return this.github.review({
      repo,
      number: pull.number,
      reviewer,
      state,
      ...(commitSha === undefined ? {} : { commitSha }),
    });
  }

  /** The comments that hold Planwright's plan. */
  planComments({ number }: Pick<Pull, 'number'>): readonly CommentView[] {
    return this.github.comments(repo, number).filter(({ body }) => body.includes('<!-- planwright:plan -->'));
  }

  /** Waits until the one plan comment says so; its body. */
  commented(pull: Pick<Pull, 'number'>, says: string | RegExp): Promise<string> {
    return this.stage.eventually(
      `${String(says)} in the comment of #${pull.number}`,
      () => this.planComments(pull).find(({ body }) => matches(body, says))?.body,
    );
  }

  /** Says it in a new comment and waits for the reaction that follows 👀; what Planwright replied, if it did. */
  async say(
    pull: Pick<Pull, 'number'>,
    author: string,
    body: string,
  ): Promise<{ readonly id: number; readonly reaction: string; readonly reply: string | undefined }> {
    this.github.clock.advance(2_000);
    const id = this.github.comment({ repo, number: pull.number, author, body });
    const reaction = await this.stage.eventually(
      `the answer to ${body}`,
      () => this.github.reactions(repo, id).find(({ content }) => content !== 'eyes')?.content,
    );
    return { id, reaction, reply: this.reply(pull, id) };
  }

  /** Planwright's words about a comment. */
  reply({ number }: Pick<Pull, 'number'>, commentId: number): string | undefined {
    return this.github
      .comments(repo, number)
      .find(({ body }) => body.includes(`<!-- planwright:answer:${commentId} -->`))?.body;
  }

  /** So that later pushes to the base do not plan them again. */
  async closeAll(): Promise<void> {
    for (const { number, state } of this.github.pullRequests(repo))
      if (state === 'open') await this.github.closePullRequest({ repo, number, by: 'olga' });
  }

  /** Waits until nothing is sent to GitHub any more, so that what did not happen will not. */
  async quiet(forMs = 800): Promise<void> {
    await this.github.settled();
    let seen = this.github.requests.length;
    let since = Date.now();
    await this.stage.eventually('quiet', () => {
      if (this.github.requests.length !== seen) [seen, since] = [this.github.requests.length, Date.now()];
      return Date.now() - since >= forMs ? true : undefined;
    });
  }
}

/** Everything that a check run says, without the marks of Markdown. */
export function textOf({ output }: CheckRunView): string {
  return [output.title, output.summary, output.text, ...output.annotations.map(({ message }) => message)]
    .join('\n')
    .replaceAll(/[`\\]/g, '');
}

function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
}
