import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';
import { setStage } from '../e2e/stage.ts';
import { createNamespace } from './apply-as.ts';
import { configMap } from './manifests.ts';
import { PullRequestStory } from './pull-request-story.ts';

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
