import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { configMap, DeployStory } from './deploy-story.ts';
import { type Pull, PullRequestStory, textOf } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
    approvals: 2
    override: { from: [user:Alice, team:sre] }
  production:
    cluster: production
    override: { from: [role:admin] }
  lab:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
`;

describe('/override', () => {
  let story: PullRequestStory;
  let deploy: DeployStory;

  beforeAll(async () => {
    const stage = await setStage({ files: { '.github/planwright.yml': configuration } });
    story = new PullRequestStory(stage);
    deploy = new DeployStory(stage);
    story.github.createUser('mallory');
    story.github.createUser('robot[bot]', { bot: true });
    story.github.grant(repo, 'robot[bot]', 'admin');
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  let level = 0;
  const files = (stack: string, environment: string) => {
    level += 1;
    return { [`apps/${stack}/${environment}/settings.yaml`]: configMap(stack, { level: `${level}` }) };
  };

  async function opened(stack: string, ...environments: readonly string[]): Promise<Pull> {
    const all = Object.assign({}, ...environments.map((environment) => files(stack, environment)));
    const pull = await story.open({ title: `Change ${stack}`, files: all });
    await story.gate(pull, { conclusion: 'action_required' });
    return pull;
  }

  it('meets an environment’s approvals for exactly the plan that was shown, by whom the environment names', async () => {
    const pull = await opened('web', 'production');
    const { reaction, reply } = await story.say(pull, 'olga', '/override approvals production is down, see INC-12');
    expect({ reaction, reply }).toEqual({ reaction: 'rocket', reply: undefined });
    const gate = await story.gate(pull, { conclusion: 'success' });
    expect(textOf(gate)).toContain('approvals of production');
    expect(textOf(gate)).toContain('overridden by olga: production is down, see INC-12');
    await story.commented(pull, /⚠️ \*\*approvals of production\*\* was overridden by olga: production is down/);

    await story.push(pull, files('web', 'production'));
    const again = await story.gate(pull, { conclusion: 'action_required', says: 'the plan has changed since' });
    expect(textOf(again)).toContain("olga's override does not count");
    await story.commented(pull, /~~⚠️ .*overridden by olga.*~~ The plan has changed since: it no longer counts\./);
  });

  it.each([
    ['bob', 'may be overridden by `role:admin`, and you are not among them'],
    ['mona', 'may be overridden by `role:admin`, and you are not among them'],
    ['carol', 'may be overridden by `role:admin`, and you are not among them'],
    ['mallory', 'may be overridden by `role:admin`, and you are not among them'],
  ])('by %s, whom nobody named, is refused and changes nothing', async (author, why) => {
    const pull = await opened(`by-${author}`, 'production');
    const { reaction, reply } = await story.say(pull, author, '/override approvals because I say so');
    expect(reaction).toBe('confused');
    expect(reply).toContain(why);
    expect((await story.checked(pull)).gate.conclusion).toBe('action_required');
  });

  it('by a bot is no command, whatever the bot may do', async () => {
    const pull = await opened('by-robot', 'production');
    const id = story.github.comment({
      repo,
      number: pull.number,
      author: 'robot[bot]',
      body: '/override approvals beep',
    });
    await story.quiet();
    expect(story.github.reactions(repo, id)).toEqual([]);
    expect((await story.checked(pull)).gate.conclusion).toBe('action_required');
  });

  it('is for the author too where the configuration names the author', async () => {
    const pull = await opened('own', 'staging');
    expect(await story.say(pull, 'alice', '/override approvals I know what I do')).toMatchObject({
      reaction: 'rocket',
    });
    await story.gate(pull, { conclusion: 'success' });
  });

  it('of approvals that the person may override only in part leaves the others as they are', async () => {
    const pull = await opened('both', 'staging', 'production');
    expect(await story.say(pull, 'olga', '/override approvals production first')).toMatchObject({ reaction: 'rocket' });
    const gate = await story.gate(pull, { conclusion: 'action_required', says: 'overridden by olga' });
    expect(gate.output.title).toBe('Waits for approvals of staging');
  });

  it.each([
    ['/override "no such rule" because', 'is nothing that could be overridden here: there is `approvals`'],
    ['/override approvals', 'say the reason after the rule'],
  ])('%s is refused with what there is', async (body, why) => {
    const pull = await opened(`wrong-${level}`, 'production');
    const { reaction, reply } = await story.say(pull, 'olga', body);
    expect(reaction).toBe('confused');
    expect(reply).toContain(why);
  });

  it('is refused where nobody may', async () => {
    const pull = await opened('lab', 'lab');
    const { reaction, reply } = await story.say(pull, 'olga', '/override approvals because');
    expect(reaction).toBe('confused');
    expect(reply).toContain('Nobody may override `approvals`');
  });

  it('makes no failing plan pass', async () => {
    const pull = await opened('broken', 'production');
    await story.say(pull, 'olga', '/override approvals because');
    await story.gate(pull, { conclusion: 'success' });
    await story.push(pull, { 'apps/broken/production/more.yaml': 'apiVersion: v1\nkind: ConfigMap\n' });
    await story.gate(pull, { conclusion: 'failure' });
    await story.say(pull, 'olga', '/override approvals because');
    await story.quiet();
    expect((await story.checked(pull)).gate.conclusion).toBe('failure');
  });

  it('given on the pull request deploys exactly what was overridden, and stays said in the comment', async () => {
    const pull = await opened('through', 'production');
    await story.say(pull, 'olga', '/override approvals out of hours');
    await story.gate(pull, { conclusion: 'success' });
    const merged = await deploy.bypass({ number: pull.number, sha: pull.head });
    await deploy.ended(merged, 'planwright/deploy', 'success');
    expect(deploy.data('production', 'through')).toEqual({ level: `${level}` });
    await story.commented(pull, /### Deployment[\s\S]*was overridden by olga: out of hours/);
  });

  it('does not count for another plan at the deployment, and counts there when it is said on the hold', async () => {
    const pull = await opened('held', 'production');
    await story.say(pull, 'olga', '/override approvals out of hours');
    await story.gate(pull, { conclusion: 'success' });
    await deploy.byHand('production', {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      type: 'application/json',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held' }, data: { other: 'by hand' } },
    });
    const merged = await deploy.bypass({ number: pull.number, sha: pull.head });
    await deploy.ended(merged, 'planwright/deploy', 'action_required');
    expect(deploy.data('production', 'held')).toEqual({ other: 'by hand' });
    const issue = await deploy.openIssue('held@production');

    const refused = await story.say({ number: issue.number }, 'mona', '/override approvals please');
    expect(refused).toMatchObject({ reaction: 'confused' });
    await story.quiet();
    expect(deploy.data('production', 'held')).toEqual({ other: 'by hand' });

    expect(await story.say({ number: issue.number }, 'olga', '/override approvals it is the same to us')).toMatchObject(
      {
        reaction: 'rocket',
      },
    );
    await deploy.closedIssue('held@production');
    expect(deploy.data('production', 'held')).toMatchObject({ level: `${level}` });
  });
});
