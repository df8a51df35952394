import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';
import { repo, setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory, textOf } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
`;
const change = (stack: string) => ({ [`apps/${stack}/staging/settings.yaml`]: configMap(stack, { level: 'high' }) });

describe('when something around Planwright fails', () => {
  let story: PullRequestStory;
  let cluster: SandboxCluster;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } }),
    );
    const staging = story.stage.clusters.get('staging');
    if (staging === undefined) throw new Error('no cluster');
    cluster = staging;
    await createNamespace(cluster, 'shop');
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  const post = (body: string | Buffer, secret: string) =>
    fetch(`${story.stage.planwright.url}/api/github/webhooks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    });
  const alive = async () => (await fetch(`${story.stage.planwright.url}/healthz`)).status;
  const loggedSince = (mark: number) => story.stage.logged.slice(mark).join('\n');

  it('a delivery with a wrong signature is 401, one of 26 MB is 413, both are logged, and the process lives', async () => {
    const mark = story.stage.logged.length;
    expect((await post('{}', 'another secret')).status).toBe(401);
    expect((await post(Buffer.alloc(26 * 1024 * 1024, 0x20), 'another secret')).status).toBe(413);
    expect(loggedSince(mark)).toMatch(/delivery refused: the signature is not that of WEBHOOK_SECRET/);
    expect(await alive()).toBe(200);
  });

  it('a cluster that does not answer fails the plan by its name and blocks the gate; planned again it is fine', async () => {
    await cluster.faults.goOffline();
    const pull = await story.open({ title: 'Offline', files: change('offline') });
    const { plan, gate } = await story.checked(pull);
    await cluster.faults.comeBack();
    expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    expect(plan.output.summary).toMatch(/staging.*(unreachable|not be reached|ECONNREFUSED|does not answer|refused)/is);
    expect(gate.output.summary).toContain('plan is current');
    expect(await story.say(pull, 'alice', '/plan')).toMatchObject({ reaction: 'rocket' });
    await story.plan(pull, { conclusion: 'success' });
    await story.gate(pull, { conclusion: 'action_required' });
  });

  // The client itself repeats what GitHub answers with 500, for a quarter of a minute; 422 comes through at once.
  const fail = (times: number) =>
    story.github.failNext({
      method: 'POST',
      path: /^\/graphql$/,
      status: 422,
      body: { message: 'Something is odd' },
      times,
    });

  it("GitHub's errors are said on the checks after a few tries, and go away by themselves", async () => {
    fail(3);
    const pull = await story.open({ title: 'Errors', files: change('errors') });
    const plan = await story.plan(pull, { conclusion: 'failure', says: 'something failed on the way' });
    expect(textOf(plan)).toMatch(/GitHub answered 422: Something is odd/);
    expect(textOf(plan)).toContain('tried again');
    await story.plan(pull, { conclusion: 'success' });
    await story.gate(pull, { conclusion: 'action_required' });
    expect(story.planComments(pull)).toHaveLength(1);
  });

  it('an error that comes after the plan was shown leaves no failure behind', async () => {
    const pull = await story.open({ title: 'Later', files: change('later') });
    await story.checked(pull);
    fail(3);
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'failure', says: 'something failed on the way' });
    await story.gate(pull, { conclusion: 'success' });
    await story.plan(pull, { conclusion: 'success' });
  });

  it('answers that are lost after the effect leave one comment and one current run of each check', async () => {
    for (const path of [/\/check-runs$/, /\/issues\/\d+\/comments$/])
      story.github.failNext({ method: 'POST', path, status: 0, afterEffect: true });
    story.github.failNext({ method: 'PATCH', path: /\/check-runs\/\d+$/, status: 502, afterEffect: true });
    const pull = await story.open({ title: 'Lost', files: change('lost') });
    await story.plan(pull, { conclusion: 'success' });
    await story.gate(pull, { conclusion: 'action_required' });
    await story.quiet();
    expect(story.planComments(pull)).toHaveLength(1);
    const runs = story.github.checkRuns(repo, pull.head, 'all');
    expect(runs.map(({ name }) => name).toSorted()).toEqual(['planwright/gate', 'planwright/plan']);
    expect(runs.every(({ status }) => status === 'completed')).toBe(true);
  });

  it('an answer that was lost does not hide what changed meanwhile', async () => {
    const pull = await story.open({ title: 'Changed', files: change('changed') });
    await story.checked(pull);
    // The new gate's run arrives, its answer does not; before the next try somebody approves.
    story.github.failNext({ method: 'POST', path: /\/check-runs$/, status: 0, afterEffect: true });
    await story.review(pull, 'carol');
    await story.stage.eventually('the lost answer', () =>
      story.github.checkRuns(repo, pull.head, 'all').length === 3 ? true : undefined,
    );
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
  });

  /** A pull request whose webhook GitHub keeps back until `deliver` is called. */
  async function openUnheard(stack: string) {
    const { github } = story;
    await story.quiet();
    github.loseDeliveries({ event: 'pull_request' });
    const pull = await story.open({ title: stack, files: change(stack) });
    await github.settled();
    const kept = github.deliveries.findLast(({ event }) => event === 'pull_request');
    return { pull, deliver: () => github.redeliver(kept?.guid ?? '') };
  }
  const installation = () => {
    const id = story.github.deliveries.find(({ event }) => event === 'installation')?.installationId;
    if (typeof id !== 'number') throw new Error('no installation');
    return id;
  };

  it('a suspended installation is told in the log, and is served again when it is unsuspended', async () => {
    const { pull, deliver } = await openUnheard('suspended');
    const mark = story.stage.logged.length;
    story.github.setInstallationSuspended(installation(), true);
    deliver();
    await story.stage.eventually('the log line', () =>
      /has been suspended.*Unsuspend/s.test(loggedSince(mark)) ? true : undefined,
    );
    expect(await alive()).toBe(200);
    expect(story.check(pull.head, 'planwright/plan')).toBeUndefined();
    story.github.setInstallationSuspended(installation(), false);
    await story.checked(pull);
  });

  it('a revoked installation is told in the log, and the process lives', async () => {
    const { deliver } = await openUnheard('revoked');
    const mark = story.stage.logged.length;
    story.github.revokeInstallation(installation());
    deliver();
    await story.stage.eventually('the log line', () =>
      /lets this installation do nothing|cannot see this repository/.test(loggedSince(mark)) ? true : undefined,
    );
    expect(await alive()).toBe(200);
  });
});
