import { expect } from 'vitest';
import type { Proposal } from '../e2e/change-story.ts';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory } from './deploy-story.ts';

/** `lab` asks for nobody's approval; staging asks one person, production one person and staging. */
export const configuration = `version: 1
apply: before-merge
environments:
  lab:
    cluster: staging
    approvals: 0
  staging:
    cluster: staging
  production:
    cluster: production
    after: [staging]
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
    cluster_scoped: [Namespace]
    timeout: 2s
`;

/** The answer to a command that was carried out. */
export const done = { reaction: 'rocket', reply: undefined };

export const map = (app: string, environment: string, name: string, value: string) => ({
  [`apps/${app}/${environment}/${name}.yaml`]: configMap(`${app}-${name}`, { value }),
});

/** What people do before the merge, and what they then see. */
export function beforeMergeStory(story: () => DeployStory) {
  /** Says it after everything that was shown until now; the reaction, and what Planwright replied. */
  async function say({ number }: Pick<Proposal, 'number'>, author: string, body: string) {
    story().stage.github.clock.advance(2_000);
    const id = story().stage.github.comment({ repo, number, author, body });
    const reaction = await story().eventually(
      `the answer to ${body}`,
      () =>
        story()
          .stage.github.reactions(repo, id)
          .find(({ content }) => content !== 'eyes')?.content,
    );
    return { reaction, reply: replyTo(number, `answer:${id}`) };
  }

  function replyTo(number: number, marker: string): string | undefined {
    return story()
      .stage.github.comments(repo, number)
      .find(({ body }) => body.includes(`<!-- planwright:${marker}`))?.body;
  }

  /** Waits until the newest gate of this head says so. */
  function gate({ sha }: Pick<Proposal, 'sha'>, says: string | RegExp): Promise<string> {
    const newest = () =>
      story()
        .stage.github.checkRuns(repo, sha, 'latest')
        .find(({ name }) => name === 'planwright/gate');
    return story()
      .eventually(`${says} in the gate of ${sha}`, () => {
        const run = newest();
        const text = `${run?.conclusion}: ${run?.output.title}\n${run?.output.summary}`.replaceAll('`', '');
        return run?.status === 'completed' && text.match(says) !== null ? text : undefined;
      })
      .catch((cause: unknown) => {
        throw new Error(`the gate says ${newest()?.output.title}: ${newest()?.output.summary}`, { cause });
      });
  }

  /** Waits until the plan comment says so, without the marks of Markdown. */
  function commented(proposal: Pick<Proposal, 'number'>, says: string): Promise<true> {
    return story().eventually(`"${says}" in the comment`, () =>
      story().comment(proposal).replaceAll(/[`\\]/g, '').includes(says) ? true : undefined,
    );
  }

  /** Proposed where nobody is asked, and planned. */
  async function planned(title: string, files: Readonly<Record<string, string | null>>): Promise<Proposal> {
    const proposal = await story().propose(title, files);
    await gate(proposal, /^action_required: Waits for/);
    return proposal;
  }

  /** Proposed and approved by bob. */
  async function approved(title: string, files: Readonly<Record<string, string | null>>): Promise<Proposal> {
    const proposal = await story().propose(title, files);
    await story().checked(proposal);
    await approve(proposal);
    return proposal;
  }

  async function approve(proposal: Proposal): Promise<number> {
    story().stage.github.clock.advance(2_000);
    const review = await story().stage.github.review({
      repo,
      number: proposal.number,
      reviewer: 'bob',
      state: 'APPROVED',
    });
    await gate(proposal, /✅ \*\*approvals of/);
    return review;
  }

  async function applied(title: string, files: Readonly<Record<string, string | null>>): Promise<Proposal> {
    const proposal = await planned(title, files);
    expect(await say(proposal, 'alice', '/apply')).toEqual(done);
    await gate(proposal, /^success/);
    return proposal;
  }

  async function pushTo(proposal: Proposal, branch: string, files: Readonly<Record<string, string | null>>) {
    return { ...proposal, sha: await story().stage.github.push({ repo, branch, author: 'alice', files }) };
  }

  function branchOf({ number }: Proposal): string {
    const found = story()
      .stage.github.pullRequests(repo)
      .find((pull) => pull.number === number);
    if (found === undefined) throw new Error(`no #${number}`);
    return found.headRef;
  }

  return { say, replyTo, gate, commented, planned, approved, approve, applied, pushTo, branchOf };
}
