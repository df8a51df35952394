import type { CheckRunView } from '../../src/sandbox/github/views.ts';
import { repo, type Stage } from './stage.ts';

/** A pull request of a story. */
export interface Proposal {
  readonly number: number;
  readonly sha: string;
}

export type CheckName = 'planwright/plan' | 'planwright/gate' | 'planwright/deploy';

/** Alice proposes, bob approves and merges: what a story on a real cluster does, and waits for. */
export class ChangeStory {
  readonly #stage: Stage;
  #branches = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async propose(title: string, files: Readonly<Record<string, string | null>>): Promise<Proposal> {
    this.#branches += 1;
    const branch = `change-${this.#branches}`;
    const sha = await this.#stage.github.push({ repo, branch, files, author: 'alice', message: title });
    return { sha, number: await this.#stage.github.openPullRequest({ repo, head: branch, title, author: 'alice' }) };
  }

  /** Waits until plan and gate of the head are completed; how they ended. */
  async checked({ sha }: Proposal): Promise<{ readonly plan: CheckRunView; readonly gate: CheckRunView }> {
    const [plan, gate] = [await this.ended(sha, 'planwright/plan'), await this.ended(sha, 'planwright/gate')];
    return { plan, gate };
  }

  /** Waits for the check's newest run to have completed, with this conclusion where one is given. */
  async ended(sha: string, name: CheckName, conclusion?: string): Promise<CheckRunView> {
    const newest = () => this.#stage.github.checkRuns(repo, sha, 'latest').find((run) => run.name === name);
    const hasEnded = (run: CheckRunView | undefined) =>
      run?.status === 'completed' && (conclusion === undefined || run.conclusion === conclusion) ? run : undefined;
    try {
      return await this.#stage.eventually(
        `the end of ${name} as ${conclusion ?? 'anything'}`,
        () => hasEnded(newest()),
        120_000,
      );
    } catch (error) {
      const run = newest();
      throw new Error(`${name} is ${run?.conclusion ?? run?.status ?? 'not there'}: ${run?.output.summary}`, {
        cause: error,
      });
    }
  }

  async approve({ number, sha }: Proposal, reviewer = 'bob'): Promise<void> {
    const { github } = this.#stage;
    // Somebody who approves within the second in which the plan was shown cannot have read it.
    github.clock.advance(2_000);
    await github.review({ repo, number, reviewer, state: 'APPROVED' });
    await this.ended(sha, 'planwright/gate', 'success');
  }

  /** The merge commit. */
  merge({ number }: Proposal): Promise<string> {
    return this.#stage.github.merge({ repo, number, by: 'bob' });
  }

  /** From the opened pull request to the deployed merge. */
  async deploy(proposal: Proposal, reviewer?: string): Promise<string> {
    const { plan } = await this.checked(proposal);
    if (plan.conclusion !== 'success')
      throw new Error(`the plan of #${proposal.number} failed:\n${this.comment(proposal)}`);
    await this.approve(proposal, reviewer);
    const merged = await this.merge(proposal);
    const { conclusion, output } = await this.ended(merged, 'planwright/deploy');
    if (conclusion !== 'success')
      throw new Error(`the deployment of #${proposal.number} ended as ${conclusion}:\n${output.summary}`);
    return merged;
  }

  /** The one comment that Planwright keeps on a pull request. */
  comment({ number }: Pick<Proposal, 'number'>): string {
    const bodies = this.#stage.github.comments(repo, number).map((comment) => comment.body);
    const kept = bodies.filter((body) => body.includes('<!-- planwright:plan -->'));
    if (kept.length !== 1)
      throw new Error(
        `#${number} has ${kept.length} plan comments; logged:\n${this.#stage.logged.slice(-10).join('\n')}`,
      );
    return kept.join('');
  }

  /** Waits until the comment says so. */
  commented(proposal: Pick<Proposal, 'number'>, text: string): Promise<string> {
    return this.#stage.eventually(`"${text}" in the comment of #${proposal.number}`, () => {
      const body = this.comment(proposal);
      return body.includes(text) ? body : undefined;
    });
  }

  /** Says it on an issue or a pull request, and waits for the reaction that tells what became of it. */
  async say(said: { readonly number: number; readonly author: string; readonly body: string }): Promise<string> {
    // Within a second nobody can tell what was shown before it.
    this.#stage.github.clock.advance(2_000);
    const id = this.#stage.github.comment({ repo, ...said });
    return this.#stage.eventually(
      `the answer to ${said.body}`,
      () => this.#stage.github.reactions(repo, id).find((reaction) => reaction.content !== 'eyes')?.content,
    );
  }
}
