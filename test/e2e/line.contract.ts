import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repo, type Stage, type StageOptions, setStage } from './stage.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
  production:
    cluster: production
    after: [staging]
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
    cluster_scoped: [Namespace]
`;

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n';
const deployment = (replicas: number, image: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: web
          image: ${image}
          resources:
            limits: { cpu: 1000m }
`;

/** The story that the whole product is about, on any database. */
export function lineContract(database: () => Promise<Pick<StageOptions, 'databaseUrl'>>): void {
  describe('the line, from a signed webhook to an applied object', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setStage({
        ...(await database()),
        files: {
          '.github/planwright.yml': configuration,
          'README.md': '# infra\n',
          'apps/web/staging/web.yaml': `${namespace}---\n${deployment(1, 'registry.test/web:1')}`,
          'apps/web/production/web.yaml': `${namespace}---\n${deployment(2, 'registry.test/web:1')}`,
        },
      });
    });
    afterAll(() => stage.close());

    const conclusions = (sha: string) =>
      Object.fromEntries(
        stage.github.checkRuns(repo, sha, 'latest').map((run) => [run.name, run.conclusion ?? run.status]),
      );

    it('says "No infrastructure changes" on a pull request that touches none, without a comment', async () => {
      const sha = await stage.github.push({
        repo,
        branch: 'readme',
        files: { 'README.md': '# infrastructure\n' },
        author: 'alice',
      });
      const number = await stage.github.openPullRequest({ repo, head: 'readme', title: 'Words', author: 'alice' });
      await stage.eventually('both checks', () =>
        Object.values(conclusions(sha)).filter((end) => end === 'success').length === 2 ? true : undefined,
      );
      expect(stage.github.checkRuns(repo, sha).map((run) => run.output.title)).toEqual([
        'No infrastructure changes',
        'No infrastructure changes',
      ]);
      expect(stage.github.comments(repo, number)).toEqual([]);
    });

    it('plans, asks for approval, opens the gate, and deploys wave by wave what was approved', async () => {
      const { github } = stage;
      const sha = await github.push({
        repo,
        branch: 'bump',
        files: {
          'apps/web/staging/web.yaml': `${namespace}---\n${deployment(1, 'registry.test/web:2')}`,
          'apps/web/production/web.yaml': `${namespace}---\n${deployment(3, 'registry.test/web:2')}`,
        },
        author: 'alice',
      });
      const number = await github.openPullRequest({ repo, head: 'bump', title: 'Version 2', author: 'alice' });
      await stage.eventually('the gate completes', () =>
        github.checkRuns(repo, sha).every((run) => run.status === 'completed') &&
        github.checkRuns(repo, sha).length === 2
          ? true
          : undefined,
      );
      await stage.eventually('the gate asks', () =>
        conclusions(sha)['planwright/gate'] === 'action_required' ? true : undefined,
      );
      expect(conclusions(sha)).toEqual({ 'planwright/plan': 'success', 'planwright/gate': 'action_required' });
      const [comment] = github.comments(repo, number);
      expect(comment?.body).toContain('<!-- planwright:plan -->');
      github.clock.advance(2_000);
      await github.review({ repo, number, reviewer: 'bob', state: 'APPROVED' });
      await stage.eventually('the gate opens', () =>
        conclusions(sha)['planwright/gate'] === 'success' ? true : undefined,
      );
      const merged = await github.merge({ repo, number, by: 'bob' });
      await stage.eventually('the deployment ends', () =>
        github.checkRuns(repo, merged).find((run) => run.name === 'planwright/deploy')?.conclusion === 'success'
          ? true
          : undefined,
      );
      const live = stage.clusters
        .get('production')
        ?.objects()
        .find((object) => object.kind === 'Deployment');
      expect(JSON.stringify(live)).toContain('registry.test/web:2');
      expect(github.comments(repo, number)).toHaveLength(1);
      expect(github.violations).toEqual([]);
    });
  });
}
