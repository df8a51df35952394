import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repo, setStage } from '../e2e/stage.ts';
import { configMap } from './manifests.ts';
import { type Files, PullRequestStory, textOf } from './pull-request-story.ts';

const path = '.github/planwright.yml';
const configuration = (
  more: { readonly approvals?: number; readonly cluster?: string; readonly stackKey?: string } = {},
) => `version: 1
environments:
  staging:
    cluster: ${more.cluster ?? 'staging'}
    approvals: ${more.approvals ?? 1}
stacks:
  - path: apps/{stack}/{environment}
    ${more.stackKey ?? 'namespace'}: shop
    cluster_scoped: [Namespace]
`;

const settings = 'apps/web/staging/settings.yaml';
const loud = configMap('web', { level: 'loud' });

describe("the repository's configuration", () => {
  let story: PullRequestStory;
  beforeAll(async () => {
    story = new PullRequestStory(
      await setStage({
        clusterNames: ['staging'],
        files: {
          [path]: configuration(),
          'README.md': 'words\n',
          'apps/web/staging/shop.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n',
          [settings]: configMap('web', { level: 'quiet' }),
        },
      }),
    );
    const branch = (name: string, files: Files) =>
      story.github.push({ repo, branch: name, from: 'main', files, author: 'olga' });
    await branch('misspelt', { [path]: configuration({ stackKey: 'namspace' }) });
    await branch('elsewhere', { [path]: configuration({ cluster: 'production' }) });
  });
  afterAll(() => story.stage.close());
  afterEach(async () => {
    expect(story.github.violations).toEqual([]);
    await story.closeAll();
  });

  it('with an unknown key on the base fails every plan there, with line, column and the nearest key', async () => {
    const pulls = [
      await story.open({ title: 'Louder', base: 'misspelt', files: { [settings]: loud } }),
      await story.open({ title: 'Words', base: 'misspelt', files: { 'README.md': 'more words\n' } }),
    ];
    for (const pull of pulls) {
      const { plan, gate } = await story.checked(pull);
      expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
      expect(plan.output.annotations).toMatchObject([
        {
          path,
          startLine: 8,
          startColumn: 5,
          level: 'failure',
          message: expect.stringContaining('did you mean "namespace"?'),
        },
      ]);
      expect(gate.output.summary).toContain('namspace');
    }
  });

  it('that names a cluster which the server does not have is an error that names both', async () => {
    const pull = await story.open({ title: 'Elsewhere', base: 'elsewhere', files: { [settings]: loud } });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    expect(plan.output.annotations).toMatchObject([
      { path, startLine: 4, message: expect.stringMatching(/production.*staging/) },
    ]);
  });

  it('is mended by a pull request that somebody with role:maintain approves', async () => {
    const pull = await story.open({ title: 'Mend it', base: 'misspelt', files: { [path]: configuration() } });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    expect(gate.output.summary).toContain('role:maintain');
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'action_required', says: 'bob has write, not maintain' });
    await story.review(pull, 'mona');
    await story.gate(pull, { conclusion: 'success', says: 'a maintainer approved that' });
  });

  it('is judged, while it is mended, by the file that mends it', async () => {
    const pull = await story.open({
      title: 'Mend it, and more',
      base: 'misspelt',
      files: { [path]: configuration({ approvals: 2 }), [settings]: loud },
    });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    expect(plan.output.summary).toContain('web@staging');
    expect(textOf(plan)).toContain('before this pull request');
    expect(gate.output.summary).toContain('needs 2 approvals of the effects shown');
    expect(gate.output.summary).toContain('role:maintain');
    await story.review(pull, 'mona');
    await story.gate(pull, { conclusion: 'action_required', says: 'needs 2 approvals' });
    await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success', says: '2 approvals of these effects' });
  });

  it('is not mended by a pull request whose own file is broken, too', async () => {
    const pull = await story.open({
      title: 'Mend it badly',
      base: 'misspelt',
      files: { [path]: configuration({ stackKey: 'namespce' }) },
    });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    expect(plan.output.annotations).toMatchObject([
      { path, startLine: 8, message: expect.stringContaining('namespce') },
    ]);
  });

  it.each<[string, Files[string]]>([
    ['asks for no approval', configuration({ approvals: 0 })],
    ['is deleted', null],
    ['is a symbolic link', { mode: '120000', content: '../README.md' }],
  ])('that the head weakens (%s) does not judge its own pull request', async (title, file) => {
    const pull = await story.open({ title, files: { [path]: file, [settings]: loud } });
    const { gate } = await story.checked(pull);
    expect(gate.conclusion).not.toBe('success');
    expect(gate.output.summary).toMatch(/approvals of staging.*needs 1 approval/s);
    expect(gate.output.summary).toContain('role:maintain');
    await story.review(pull, 'bob');
    const approved = await story.gate(pull, { says: 'bob has write, not maintain' });
    expect(approved.conclusion).not.toBe('success');
  });

  it('of a head is told what it would decide, on its first changed line, while the base judges', async () => {
    const rules = 'rules: [{ name: no settings, when: { kind: ConfigMap }, deny: Use the other way. }]\n';
    const stacks = '  - { path: "more/{stack}/{environment}", namespace: shop }\n';
    const pull = await story.open({
      title: 'Otherwise',
      files: {
        [path]: configuration({ approvals: 2 }) + stacks + rules,
        [settings]: loud,
        'more/new/staging/a.yaml': configMap('new', { level: 'high' }),
      },
    });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    expect(gate.output.summary).toMatch(/approvals of staging.*needs 1 approval of/s);
    const [notice, ...others] = plan.output.annotations;
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ path, startLine: 5, level: 'notice' });
    for (const says of [
      'adds the target new@staging; the first deployment of each starts held',
      'In staging it asks for 2 approvals instead of 1',
      'it would ask the rule no settings',
    ]) {
      expect(notice?.message).toContain(says);
      expect(textOf({ ...plan, output: { ...plan.output, annotations: [] } })).toContain(says);
    }
  });

  it('that a head deletes is told as the targets that are no longer named', async () => {
    const pull = await story.open({ title: 'No more', files: { [path]: null } });
    const { plan } = await story.checked(pull);
    expect(plan.output.annotations).toEqual([]);
    expect(textOf(plan)).toContain('It no longer names the target web@staging; nothing of them is deleted by that.');
  });

  it('that a head would break fails its plan on the offending line', async () => {
    const pull = await story.open({ title: 'Break it', files: { [path]: configuration({ stackKey: 'namspace' }) } });
    const { plan, gate } = await story.checked(pull);
    expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    expect(plan.output.annotations).toMatchObject([
      { path, startLine: 8, message: expect.stringContaining('did you mean "namespace"?') },
    ]);
  });

  it('needs role:maintain for any change of it and of CODEOWNERS, bound to what was approved', async () => {
    const pull = await story.open({ title: 'Owners', files: { '.github/CODEOWNERS': '* @acme/sre\n' } });
    await story.gate(pull, { conclusion: 'action_required', says: 'role:maintain' });
    await story.review(pull, 'mona');
    await story.gate(pull, { conclusion: 'success' });
    await story.push(pull, { 'README.md': 'unrelated words\n' });
    await story.gate(pull, { conclusion: 'success' });
    await story.push(pull, { '.github/CODEOWNERS': '* @mallory\n' });
    await story.gate(pull, { conclusion: 'action_required' });
  });

  it('names the files in which head and base conflict', async () => {
    const pull = await story.open({
      title: 'Conflict',
      files: { 'README.md': 'my words\n', [settings]: loud },
    });
    await story.checked(pull);
    await story.github.push({ repo, branch: 'main', files: { 'README.md': 'other words\n' }, author: 'olga' });
    const plan = await story.plan(pull, { conclusion: 'failure', says: 'Conflicts with main in 1 file' });
    expect(plan.output.summary).toContain('README.md');
    expect(plan.output.summary).not.toContain(settings);
    await story.gate(pull, { conclusion: 'failure', says: 'README.md' });
  });
});
