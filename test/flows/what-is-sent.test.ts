import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configMap, type DeployStory, objects, startStory } from './deploy-story.ts';

const path = '/api/v1/namespaces/default/configmaps';

const configuration = `version: 1
environments:
  lab:
    cluster: staging
    approvals: 0
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
    timeout: 2s
    ignore: [{ kind: ConfigMap, name: shared, path: data.theirs }]
    force_conflicts: [helm]
`;

describe('what a deployment sends', () => {
  let story: DeployStory;
  beforeAll(async () => {
    story = await startStory({ files: { '.github/planwright.yml': configuration }, clusterNames: ['staging'] });
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  const applyBy = (manager: string, name: string, data: Readonly<Record<string, string>>) =>
    story.byHand('staging', {
      method: 'PATCH',
      path: `${path}/${name}`,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data },
      type: 'application/apply-patch+yaml',
      manager,
    });
  const file = (stack: string, ...texts: readonly string[]) => ({
    [`apps/${stack}/lab/all.yaml`]: texts.length === 0 ? null : objects(...texts),
  });

  it('has an ignored field when the object is new, and leaves it to others from then on', async () => {
    await story.deployUnasked('New', file('shared', configMap('shared', { ours: '1', theirs: 'first' })));
    expect(story.data('staging', 'shared')).toEqual({ ours: '1', theirs: 'first' });
    await story.byHand('staging', { method: 'PATCH', path: `${path}/shared`, body: { data: { theirs: 'moved' } } });
    const { number } = await story.deployUnasked(
      'Next',
      file('shared', configMap('shared', { ours: '2', theirs: 'first' })),
    );
    expect(story.comment({ number })).not.toContain('theirs');
    expect(story.data('staging', 'shared')).toEqual({ ours: '2', theirs: 'moved' });
  });

  it("takes the fields of a manager that the stack names, says so, and refuses another's with the way out", async () => {
    await applyBy('helm', 'forced', { a: 'helm' });
    const { number } = await story.deployUnasked('Take over', file('forced', configMap('forced', { a: 'ours' })));
    expect(story.comment({ number })).toContain('takes data.a from helm');
    expect(story.data('staging', 'forced')).toEqual({ a: 'ours' });

    await applyBy('argocd-controller', 'refused', { a: 'argo' });
    const proposal = await story.propose('Refused', file('refused', configMap('refused', { a: 'ours' })));
    const { plan } = await story.checked(proposal);
    expect(plan.conclusion).toBe('failure');
    expect(JSON.stringify(plan.output)).toContain('force_conflicts: [argocd-controller]');
  });

  it('removes what kubectl applied client-side and is rendered no more', async () => {
    const note = 'kubectl.kubernetes.io/last-applied-configuration';
    const applied = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'classic' },
      data: { gone: '1', stays: '1' },
    };
    await story.byHand('staging', {
      method: 'POST',
      path,
      body: { ...applied, metadata: { name: 'classic', annotations: { [note]: JSON.stringify(applied) } } },
      type: 'application/json',
      manager: 'kubectl-client-side-apply',
    });
    const { number } = await story.deployUnasked('Classic', file('classic', configMap('classic', { stays: '2' })));
    expect(story.comment({ number })).toContain('was applied client-side until now');
    expect(story.data('staging', 'classic')).toEqual({ stays: '2' });
    expect(story.metadata('staging', 'ConfigMap', 'classic')).not.toHaveProperty('annotations');
  });

  it('moves an object between targets of one merge, and deletes nothing', async () => {
    await story.deployUnasked('Both', {
      ...file('giver', configMap('stays', { a: '1' }), configMap('moves', { a: '1' })),
      ...file('taker', configMap('own', { a: '1' })),
    });
    const uid = story.metadata('staging', 'ConfigMap', 'moves')?.uid;
    const { number } = await story.deployUnasked('Move', {
      ...file('giver', configMap('stays', { a: '1' })),
      ...file('taker', configMap('own', { a: '1' }), configMap('moves', { a: '1' })),
    });
    const comment = story.comment({ number });
    expect(comment).toContain('moved to taker@lab');
    expect(comment).toContain('moved from giver@lab');
    expect(story.metadata('staging', 'ConfigMap', 'moves')?.uid).toBe(uid);
    const set = (name: string) => JSON.stringify(story.metadata('staging', 'ConfigMap', name)?.labels);
    expect(set('moves')).toBe(set('own'));
    expect(set('moves')).not.toBe(set('stays'));
  });

  it('takes nothing by force from a manager that appears after the others were looked at', async () => {
    await applyBy('helm', 'joined', { a: 'helm' });
    const proposal = await story.propose('Take over', file('joined', configMap('joined', { a: 'ours' })));
    await story.checked(proposal);
    story.cluster('staging').faults.failNext({
      method: 'PATCH',
      path: /\/joined\?(?!.*dryRun).*force=true/,
      status: 429,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason: 'TooManyRequests',
        message: 'busy',
        code: 429,
      },
      headers: { 'Retry-After': '2' },
    });
    const writes = story.watchWrites('staging');
    const merged = await story.merge(proposal);
    await story.eventually('the write that has to wait', () => writes().find(({ code }) => code === 429));
    await applyBy('argocd-controller', 'joined', { a: 'helm' });
    await story.ended(merged, 'planwright/deploy', 'failure');
    await story.openIssue('joined@lab', 'argocd-controller owns data.a');
    expect(story.data('staging', 'joined')).toEqual({ a: 'helm' });
  });
});
