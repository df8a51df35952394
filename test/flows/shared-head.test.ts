import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, type Stage, setStage } from '../e2e/stage.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
`;
const configMap = (value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shared\ndata:\n  value: ${value}\n`;

describe('two pull requests with one head', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({
      clusterNames: ['staging'],
      files: { '.github/planwright.yml': configuration, 'apps/web/staging/web.yaml': configMap('one') },
    });
  });
  afterAll(() => stage.close());
  afterEach(() => expect(stage.github.violations).toEqual([]));

  const gate = (sha: string) =>
    stage.github.checkRuns(repo, sha, 'latest').find((run) => run.name === 'planwright/gate');

  it('show the worse result and name both, so that a second one cannot turn the first one green', async () => {
    const { github } = stage;
    // A branch that has the change already: against it, the same head changes nothing.
    await github.push({
      repo,
      branch: 'unprotected',
      message: 'The same, elsewhere',
      files: { 'apps/web/staging/web.yaml': configMap('two') },
      author: 'alice',
    });
    const sha = await github.push({
      repo,
      branch: 'change',
      files: { 'apps/web/staging/web.yaml': configMap('two') },
      author: 'alice',
    });
    const first = await github.openPullRequest({ repo, head: 'change', title: 'Change', author: 'alice' });
    await stage.eventually('the gate asks', () => (gate(sha)?.conclusion === 'action_required' ? true : undefined));
    const second = await github.openPullRequest({
      repo,
      head: 'change',
      base: 'unprotected',
      title: 'Nothing',
      author: 'alice',
    });
    const shared = await stage.eventually('the shared result', () =>
      gate(sha)?.output.summary?.includes(`#${second}`) === true ? gate(sha) : undefined,
    );
    expect(shared?.conclusion).toBe('action_required');
    expect(shared?.output.title).toContain(`#${first}: `);
    expect(shared?.output.summary).toContain(`- #${first}: `);
    expect(shared?.output.summary).toContain(`- #${second}: No infrastructure changes`);
  });
});
