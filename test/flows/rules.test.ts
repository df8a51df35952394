import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, objects, startStory } from './deploy-story.ts';
import { PullRequestStory, textOf } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  lab: {cluster: staging, approvals: 0}
  staging: {cluster: staging}
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
    timeout: 2s
rules:
  - name: destroying settings
    when: {action: delete, kind: ConfigMap}
    require: {count: 1, from: ["team:sre"]}
  - name: no public load balancers
    when: {expression: "change.after.kind == 'Service' && change.after.spec.type == 'LoadBalancer'"}
    deny: Use an Ingress instead.
    override: {from: ["team:sre"]}
  - name: what is settled
    when: {field: data.settled}
    deny: It was settled.
    override: {from: ["team:sre"]}
  - name: risky
    when: {label: "risk/*", stack: labelled}
    require: {from: ["role:maintain"]}
  - name: levels
    when: {field: data.level, stack: levelled}
    require: {from: ["user:erin"]}
`;

const service = (name: string, type: string) =>
  `${JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { type, ports: [{ port: 80 }] } })}\n`;

describe('rules', () => {
  let story: DeployStory;
  let pulls: PullRequestStory;
  beforeAll(async () => {
    story = await startStory({ files: { '.github/planwright.yml': configuration } });
    pulls = new PullRequestStory(story.stage);
    const { github } = story.stage;
    for (const login of ['erin', 'sam']) {
      github.createUser(login);
      github.grant(repo, login, 'write');
    }
    github.createTeam('acme', 'sre', { members: ['sam'] });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  it('ask for people beside those of the environment, and the deployment asks for the same people again', async () => {
    const files = { 'apps/gone/lab/cm.yaml': objects(configMap('kept', { a: '1' }), configMap('gone', { a: '1' })) };
    await story.deployUnasked('First', files);
    const pull = await pulls.open({
      title: 'Without it',
      files: { 'apps/gone/lab/cm.yaml': configMap('kept', { a: '1' }) },
    });
    const waiting = await pulls.gate(pull, {
      conclusion: 'action_required',
      says: 'needs the approval of 1 person from team:sre for what gone@lab would do',
    });
    expect(textOf(waiting)).toContain('it speaks of ConfigMap default/gone');
    expect(textOf(waiting)).toContain('who could meet it: team:sre');
    await pulls.commented(pull, 'rule destroying settings');
    await pulls.review(pull, 'bob');
    await pulls.gate(pull, {
      conclusion: 'action_required',
      says: "bob's approval does not count for this rule: is not in team:sre",
    });
    await pulls.review(pull, 'sam');
    await pulls.gate(pull, { conclusion: 'success', says: 'sam approved these effects' });
    const merged = await story.merge(pull);
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'gone')).toBeUndefined();
  });

  it('hold what was merged without their people until one of them says /apply', async () => {
    await story.deployUnasked('First', {
      'apps/held/lab/cm.yaml': objects(configMap('stays', { a: '1' }), configMap('goes', { a: '1' })),
    });
    const proposal = await story.propose('Without it', {
      'apps/held/lab/cm.yaml': configMap('stays', { a: '1' }),
    });
    await story.checked(proposal);
    const merged = await story.bypass(proposal);
    await story.ended(merged, 'planwright/deploy', 'action_required');
    const issue = await story.openIssue('held@lab', 'asks for the approval of 1 person from team:sre');
    expect(story.data('staging', 'goes')).toEqual({ a: '1' });
    story.stage.github.clock.advance(2_000);
    await story.say({ number: issue.number, author: 'bob', body: '/apply' });
    await pulls.quiet();
    expect(story.data('staging', 'goes')).toEqual({ a: '1' });
    story.stage.github.clock.advance(2_000);
    await story.say({ number: issue.number, author: 'sam', body: '/apply' });
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'goes')).toBeUndefined();
  });

  it('deny what they speak of, and nothing else', async () => {
    const pull = await pulls.open({
      title: 'Public',
      files: { 'apps/public/lab/service.yaml': service('public', 'LoadBalancer') },
    });
    const denied = await pulls.gate(pull, { conclusion: 'failure', says: 'Use an Ingress instead.' });
    expect(textOf(denied)).toContain('denied for Service default/public');
    expect(textOf(denied)).toContain('who could meet it: team:sre, with /override');
    const merged = await story.stage.github.merge({ repo, number: pull.number, by: 'olga', bypass: true });
    await story.ended(merged, 'planwright/deploy', 'action_required');
    await story.openIssue('public@lab', 'rule no public load balancers denies it: Use an Ingress instead.');
    const other = await pulls.open({
      title: 'Private',
      files: { 'apps/private/lab/service.yaml': service('private', 'ClusterIP') },
    });
    await pulls.gate(other, { conclusion: 'success' });
  });

  it('are set aside by /override for exactly the plan that was shown, also at the deployment', async () => {
    const files = { 'apps/once/lab/cm.yaml': configMap('once', { settled: 'yes' }) };
    const pull = await pulls.open({ title: 'Once', files });
    await pulls.gate(pull, { conclusion: 'failure' });
    const refused = await pulls.say(pull, 'bob', '/override "what is settled" a trade fair');
    expect(refused.reaction).toBe('confused');
    await pulls.say(pull, 'sam', '/override "what is settled" a trade fair');
    await pulls.gate(pull, { conclusion: 'success', says: 'overridden by sam: a trade fair' });
    const merged = await story.merge(pull);
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(story.data('staging', 'once')).toEqual({ settled: 'yes' });
  });

  it('are asked again when a label comes or goes', async () => {
    const { github } = story.stage;
    const pull = await pulls.open({
      title: 'Labelled',
      files: { 'apps/labelled/lab/cm.yaml': configMap('labelled', { a: '1' }) },
    });
    await pulls.gate(pull, { conclusion: 'success' });
    await github.label({ repo, number: pull.number, label: 'risk/high', by: 'alice' });
    await pulls.gate(pull, { conclusion: 'action_required', says: 'rule risky' });
    await github.unlabel({ repo, number: pull.number, label: 'risk/high', by: 'alice' });
    await pulls.gate(pull, { conclusion: 'success' });
  });

  it('are those of the base: a head that takes them out is judged by them', async () => {
    const pull = await pulls.open({
      title: 'No rules',
      files: {
        '.github/planwright.yml': configuration.slice(0, configuration.indexOf('rules:')),
        'apps/levelled/lab/cm.yaml': configMap('levelled', { level: 'high' }),
      },
    });
    await pulls.gate(pull, { conclusion: 'action_required', says: 'rule levels' });
  });

  it('lose an approval when the effects that it was for change', async () => {
    const change = (level: string) => ({ 'apps/levelled/lab/cm.yaml': configMap('again', { level }) });
    const pull = await pulls.open({ title: 'Levels', files: change('low') });
    await pulls.checked(pull);
    await pulls.review(pull, 'erin');
    await pulls.gate(pull, { conclusion: 'success' });
    await pulls.push(pull, change('high'));
    await pulls.gate(pull, { conclusion: 'action_required', says: 'approve again' });
  });
});
