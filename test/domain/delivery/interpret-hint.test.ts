import { describe, expect, test } from 'vitest';
import type { Hint } from '../../../src/domain/delivery/hint.ts';
import { interpretHint } from '../../../src/domain/delivery/interpret-hint.ts';
import { deliveryGuid } from '../../../src/domain/identity.ts';

const sha = '8f14e45fceea167a5a36dedd4bea2543c1a2b3c4';
const place = { installation: 7, repository: 42 };

function looks(event: string, rest: Omit<Partial<Hint>, 'event' | 'guid'> = {}) {
  return interpretHint({ guid: deliveryGuid('guid-1'), event, ...place, ...rest });
}

const pullLook = { kind: 'pull-request', ...place, pull: 12 };

describe('a delivery asks', () => {
  test.each([
    'opened',
    'reopened',
    'synchronize',
    'closed',
    'edited',
    'ready_for_review',
    'converted_to_draft',
    'labeled',
    'unlabeled',
  ])('for a look at a pull request that was %s', (action) => {
    expect(looks('pull_request', { action, pull: 12 })).toEqual([pullLook]);
  });

  test.each(['assigned', 'review_requested', 'locked', undefined])(
    'for nothing when a pull request was %s',
    (action) => {
      expect(looks('pull_request', { pull: 12, ...(action === undefined ? {} : { action }) })).toEqual([]);
    },
  );

  test.each(['submitted', 'edited', 'dismissed'])('for a look at a pull request whose review was %s', (action) => {
    expect(looks('pull_request_review', { action, pull: 12 })).toEqual([pullLook]);
  });

  test('for the commands of a new comment, and a look at its pull request', () => {
    const comment = { id: 5, bodyDigest: 'abc' };
    expect(looks('issue_comment', { action: 'created', pull: 12, issue: 12, comment })).toEqual([
      { kind: 'comment', repository: 42, issue: 12, comment: 5, bodyDigest: 'abc' },
      pullLook,
    ]);
  });

  test('for the holds, when the comment is on a plain issue', () => {
    const comment = { id: 5, bodyDigest: 'abc' };
    expect(looks('issue_comment', { action: 'created', issue: 3, comment })).toEqual([
      { kind: 'comment', repository: 42, issue: 3, comment: 5, bodyDigest: 'abc' },
      { kind: 'holds', ...place },
    ]);
  });

  test.each(['edited', 'deleted'])('for nothing when a comment was %s: edits never run anything', (action) => {
    expect(looks('issue_comment', { action, pull: 12, issue: 12, comment: { id: 5, bodyDigest: 'abc' } })).toEqual([]);
  });

  test('for nothing when a comment has no text to compare with later', () => {
    expect(looks('issue_comment', { action: 'created', pull: 12, issue: 12 })).toEqual([]);
  });

  test('for a look at what a push to a branch may concern, whatever the branch is called', () => {
    expect(looks('push', { ref: 'refs/heads/release/1.x', sha })).toEqual([
      { kind: 'repository', ...place, branch: 'release/1.x' },
    ]);
  });

  test.each(['refs/tags/v1', 'refs/heads/gh-readonly-queue/main/pr-1', 'main', undefined])(
    'for nothing when %s was pushed',
    (ref) => {
      expect(looks('push', ref === undefined ? {} : { ref })).toEqual([]);
    },
  );

  test.each(['checks_requested', 'destroyed'])('for a look at a merge group, whatever became of it: %s', (action) => {
    const group = { headRef: 'refs/heads/gh-readonly-queue/release/1.x/pr-7-abc', baseRef: 'refs/heads/release/1.x' };
    expect(looks('merge_group', { action, sha, group })).toEqual([
      {
        kind: 'merge-group',
        ...place,
        branch: 'release/1.x',
        ref: 'gh-readonly-queue/release/1.x/pr-7-abc',
        head: sha,
      },
    ]);
  });

  test.each([
    ['without a head', { group: { headRef: 'refs/heads/gh-readonly-queue/main/pr-7', baseRef: 'refs/heads/main' } }],
    ['without refs', { sha }],
    ['on a branch that anybody could push', { sha, group: { headRef: 'refs/heads/mine', baseRef: 'refs/heads/main' } }],
    ['for a tag', { sha, group: { headRef: 'refs/heads/gh-readonly-queue/main/pr-7', baseRef: 'refs/tags/v1' } }],
  ])('for nothing when a merge group comes %s', (_what, hint) => {
    expect(looks('merge_group', { action: 'checks_requested', ...hint })).toEqual([]);
  });

  test.each(['rerequested', 'requested_action'])('for a press of a button when a check is %s', (action) => {
    const requestedAction = { identifier: 'plan', by: { id: 7, login: 'kim', bot: false } };
    expect(looks('check_run', { action, sha, requestedAction })).toEqual([
      { kind: 'press', guid: expect.any(String), repository: 42, sha, ...requestedAction },
      { kind: 'repository', ...place, headSha: sha },
    ]);
    expect(looks('check_run', { action, requestedAction })).toEqual([]);
    expect(looks('check_run', { action, sha })).toEqual([]);
  });

  test.each(['created', 'completed'])('for nothing when a check was %s: it is our own doing', (action) => {
    expect(looks('check_run', { action, sha })).toEqual([]);
    expect(looks('check_suite', { action, sha })).toEqual([]);
  });

  test.each([
    ['installation', 'created'],
    ['installation', 'unsuspend'],
    ['installation_repositories', 'added'],
  ])('for a look at every repository that came into sight (%s %s)', (event, action) => {
    const hint = { guid: deliveryGuid('guid-1'), event, action, installation: 7, repositories: [1, 2] };
    expect(interpretHint(hint)).toEqual([
      { kind: 'repository', installation: 7, repository: 1 },
      { kind: 'repository', installation: 7, repository: 2 },
    ]);
  });

  test.each(['deleted', 'suspend', 'removed'])('for nothing when repositories are %s', (action) => {
    expect(
      interpretHint({
        guid: deliveryGuid('guid-1'),
        event: 'installation',
        action,
        installation: 7,
        repositories: [1],
      }),
    ).toEqual([]);
  });

  test('for nothing when it does not say where it belongs', () => {
    expect(
      interpretHint({ guid: deliveryGuid('guid-1'), event: 'push', ref: 'refs/heads/main', repository: 42 }),
    ).toEqual([]);
    expect(
      interpretHint({ guid: deliveryGuid('guid-1'), event: 'push', ref: 'refs/heads/main', installation: 7 }),
    ).toEqual([]);
  });

  test.each(['star', 'deployment_status', ''])('for nothing by the event %j', (event) => {
    expect(looks(event, { action: 'created', pull: 12 })).toEqual([]);
  });
});
