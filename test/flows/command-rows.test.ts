import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/domain/command/commands.ts';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

/** Every command of the table, as somebody would write it. */
const lines = Object.values(commands).map(({ name, usage }) =>
  usage.replace(' [TARGET…]', '').replace('RULE REASON', 'approvals because I say so').replace(/^\S+/, `/${name}`),
);

/** Ways in which a line is shown to people that is not somebody's own word to Planwright. */
const ways: readonly (readonly [string, (line: string) => string])[] = [
  ['quoted', (line) => `> ${line}`],
  ['continuing a quote lazily', (line) => `> so he said\n${line}`],
  ['in a fence', (line) => `\`\`\`\n${line}\n\`\`\``],
  ['indented', (line) => `    ${line}`],
  ['in an HTML comment', (line) => `<!--\n${line}\n-->`],
  ['in the middle of a line', (line) => `I would ${line}`],
  ['in capitals', (line) => line.toUpperCase()],
];

describe('the rows of the table of commands', () => {
  let deploy: DeployStory;
  let story: PullRequestStory;
  let pull: Pull;

  beforeAll(async () => {
    deploy = await startStory();
    story = new PullRequestStory(deploy.stage);
    story.github.createUser('robot[bot]', { bot: true });
    story.github.grant(repo, 'robot[bot]', 'admin');
    pull = await story.open({
      title: 'Louder',
      files: { 'apps/web/staging/settings.yaml': configMap('web', { level: 'loud' }) },
    });
    await story.checked(pull);
  });
  afterAll(() => deploy.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  const runs = () =>
    story.github.checkRuns(repo, pull.head, 'all').filter(({ name }) => name === 'planwright/plan').length;
  const said = (author: string, body: string) => story.github.comment({ repo, number: pull.number, author, body });

  /** Nothing is planned, answered or acknowledged. */
  async function expectNothing(act: () => readonly number[]): Promise<void> {
    await story.quiet();
    const [before, comments] = [runs(), story.github.comments(repo, pull.number).length];
    const ids = act();
    await story.quiet();
    const left = story.github.comments(repo, pull.number).filter(({ id }) => ids.includes(id));
    expect(left.flatMap(({ id }) => story.github.reactions(repo, id))).toEqual([]);
    expect(runs()).toBe(before);
    expect(story.github.comments(repo, pull.number)).toHaveLength(comments + left.length);
  }

  it.each(lines)('%s is answered when it is said plainly', async (line) => {
    expect((await story.say(pull, 'olga', line)).reaction).toMatch(/^(rocket|confused)$/);
  });

  it.each(ways)('do not run %s, whoever may say it', async (_, write) => {
    await expectNothing(() => lines.map((line) => said('olga', write(line))));
  });

  it('do not run when a bot says it, whatever the bot may do', async () => {
    await expectNothing(() => lines.map((line) => said('robot[bot]', line)));
  });

  it('do not run when a comment is edited into it', async () => {
    await expectNothing(() =>
      lines.map((line) => {
        const id = said('olga', 'Looks good.');
        story.github.editComment({ repo, commentId: id, by: 'olga', body: line });
        return id;
      }),
    );
  });

  it('do not run when a comment was edited before it was read', async () => {
    await expectNothing(() =>
      lines.map((line) => {
        const id = said('olga', line);
        story.github.editComment({ repo, commentId: id, by: 'olga', body: `${line} staging` });
        return id;
      }),
    );
  });

  it('do not run when the comment was deleted before it was read', async () => {
    await expectNothing(() =>
      lines.map((line) => {
        const id = said('olga', line);
        story.github.deleteComment({ repo, commentId: id, by: 'olga' });
        return id;
      }),
    );
  });

  it('do not run beyond the fifth of a comment', async () => {
    await story.quiet();
    const before = runs();
    const { reaction } = await story.say(pull, 'olga', `${'/help\n'.repeat(5)}/plan`);
    expect(reaction).toBe('rocket');
    await story.quiet();
    expect(runs()).toBe(before);
  });
});
