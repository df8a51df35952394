import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpretHint } from '../../../src/domain/delivery/interpret-hint.ts';
import { readHint } from '../../../src/domain/delivery/read-hint.ts';

const guid = '72d3162e-cc78-11e3-81ab-4c9367dc0958';
const sha = '8f14e45fceea167a5a36dedd4bea2543c1a2b3c4';
const read = (event: string, payload: unknown) => readHint({ guid, event, payload });

interface Example {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}
const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Example[];

describe('what is kept of a webhook', () => {
  test('is its event and the ids in it', () => {
    const payload = {
      action: 'synchronize',
      installation: { id: 7 },
      repository: { id: 42, name: 'web', full_name: 'acme/web' },
      pull_request: { number: 12, title: 'x', base: { ref: 'main' }, head: { sha } },
      sender: { login: 'kim' },
    };
    expect(read('pull_request', payload)).toEqual({
      guid,
      event: 'pull_request',
      action: 'synchronize',
      installation: 7,
      repository: 42,
      pull: 12,
      ref: 'main',
    });
  });

  test('is the digest of a comment, never its text', () => {
    const payload = {
      action: 'created',
      repository: { id: 42 },
      issue: { number: 12, pull_request: {} },
      comment: { id: 5, body: '/apply', user: { type: 'User' } },
    };
    const hint = read('issue_comment', payload);
    const bodyDigest = createHash('sha256').update('/apply').digest('hex');
    expect(hint).toMatchObject({ pull: 12, issue: 12, comment: { id: 5, bodyDigest } });
    expect(JSON.stringify(hint)).not.toContain('/apply');
  });

  test('of a comment on a plain issue is its number alone', () => {
    const hint = read('issue_comment', { issue: { number: 3 }, comment: { id: 5, body: 'x' } });
    expect(hint.pull).toBeUndefined();
    expect(hint.issue).toBe(3);
  });

  test("of a bot's comment is no comment", () => {
    expect(
      read('issue_comment', { issue: { number: 3 }, comment: { id: 5, body: '/apply', user: { type: 'Bot' } } })
        .comment,
    ).toBeUndefined();
  });

  test('of a push is the ref and what it points to now', () => {
    expect(read('push', { ref: 'refs/heads/main', after: sha })).toMatchObject({ ref: 'refs/heads/main', sha });
  });

  test.each(['check_run', 'check_suite', 'merge_group'])('of a %s is its head', (part) => {
    expect(read(part, { [part]: { head_sha: sha } }).sha).toBe(sha);
  });

  test('of a merge group is its own branch and the one that it will be merged into', () => {
    const [headRef, baseRef] = ['refs/heads/gh-readonly-queue/main/pr-7-abc', 'refs/heads/main'];
    expect(read('merge_group', { merge_group: { head_ref: headRef, base_ref: baseRef } }).group).toEqual({
      headRef,
      baseRef,
    });
    expect(read('merge_group', { merge_group: { head_ref: headRef } }).group).toBeUndefined();
  });

  test('of a button is what was pressed, and by whom', () => {
    const payload = { requested_action: { identifier: 'apply:1' }, sender: { id: 7, login: 'kim', type: 'User' } };
    const by = { id: 7, login: 'kim', bot: false };
    expect(read('check_run', payload).requestedAction).toEqual({ identifier: 'apply:1', by });
    expect(read('check_run', { ...payload, sender: undefined }).requestedAction).toBeUndefined();
    expect(read('check_run', { ...payload, sender: { ...payload.sender, type: 'Bot' } }).requestedAction).toMatchObject(
      {
        by: { bot: true },
      },
    );
  });

  test("of GitHub's own button for running again is the same as of Re-plan", () => {
    const sender = { id: 7, login: 'kim', type: 'User' };
    for (const event of ['check_run', 'check_suite'])
      expect(read(event, { action: 'rerequested', sender }).requestedAction).toMatchObject({ identifier: 'plan' });
  });

  test.each<[string, unknown]>([
    ['a number that is none', { repository: { id: '42' } }],
    ['a number beyond what is exact', { repository: { id: 2 ** 53 } }],
    ['zero', { repository: { id: 0 } }],
    ['a fraction', { repository: { id: 1.5 } }],
    ['a list for a map', { repository: [{ id: 42 }] }],
    ['nothing', { repository: null }],
  ])('is not %s', (_what, payload) => {
    expect(read('push', payload)).toEqual({ guid, event: 'push' });
  });

  test.each(['--upload-pack=x', 'HEAD', `${sha}\n`, sha.toUpperCase(), sha.slice(1), 7])(
    'is no commit that is not one: %j',
    (after) => {
      expect(read('push', { ref: 'refs/heads/main', after }).sha).toBeUndefined();
    },
  );

  test('is no text of any length', () => {
    expect(read('push', { ref: 'x'.repeat(1000) }).ref).toHaveLength(1000);
    expect(read('push', { ref: 'x'.repeat(1001) }).ref).toBeUndefined();
  });

  test('has nothing from prototypes', () => {
    const payload: unknown = JSON.parse(
      '{"__proto__":{"action":"created","repository":{"id":1}},"constructor":{"id":2}}',
    );
    expect(read('push', payload)).toEqual({ guid, event: 'push' });
    expect(Object.prototype).not.toHaveProperty('action');
  });

  test('needs a GUID that is one', () => {
    for (const bad of ['', 'a b', '../x', 'x'.repeat(101), 'a\n']) {
      expect(() => readHint({ guid: bad, event: 'push', payload: {} })).toThrow(/not a delivery GUID/);
    }
  });

  test("is there for every webhook of GitHub's own examples", () => {
    const kept = examples.flatMap(({ name, examples: payloads }) =>
      payloads.map((payload) => ({ payload, hint: read(name, payload) })),
    );
    expect(kept.length).toBeGreaterThan(100);
    for (const { payload, hint } of kept) {
      const repository = payload['repository'] as { id?: number } | undefined;
      expect(hint.repository).toBe(repository?.id);
      expect(() => interpretHint(hint)).not.toThrow();
    }
  });

  test('can be had of anything that is JSON, and interpreted', () => {
    const known = fc.constantFrom(
      'action',
      'installation',
      'repository',
      'repositories',
      'repositories_added',
      'pull_request',
      'issue',
      'comment',
      'ref',
      'after',
      'check_run',
      'sender',
      'requested_action',
      'id',
      'number',
      'body',
      'head_sha',
      'login',
      'base',
    );
    const anything = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.oneof(fc.jsonValue(), fc.constantFrom('created', 'requested_action', 'added', sha, 1, 42, -1, 1e300)),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(known, fc.string({ maxLength: 4 })), tie('value'), { maxKeys: 6 }),
      ),
    })).value;
    const events = fc.oneof(
      fc.constantFrom(
        'pull_request',
        'issue_comment',
        'push',
        'check_run',
        'installation',
        'installation_repositories',
        'merge_group',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(events, anything, (event, payload) => {
        const looks = interpretHint(read(event, payload));
        expect(Array.isArray(looks)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
