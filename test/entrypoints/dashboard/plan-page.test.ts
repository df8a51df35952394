import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { commitSha, parseTargetName, planDigest } from '../../../src/domain/identity.ts';
import { servePages } from './page-server.ts';
import { aChange, aDifference, aRichPlan, aShownPlan, digest } from './plan-to-show.ts';

const page = `/plans/${digest}`;
const api = `/api/v1/plans/${digest}`;

async function pageOf(shown: ReturnType<typeof aShownPlan>): Promise<string> {
  await using server = await servePages([shown]);
  const { status, body } = await server.ask(page);
  expect(status).toBe(200);
  return body;
}

/** What a reader sees: tags away, entities back. */
function seen(html: string): string {
  return html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/[ \n]+/g, ' ');
}

describe('the page of a plan', () => {
  test('says which plan it is, what is wrong, and each change with its origin, confidence and notes', async () => {
    const words = seen(await pageOf(aRichPlan()));
    for (const expected of [
      'payments@production on production-eu',
      '1 delete 4 update 1 create',
      digest,
      'a'.repeat(40),
      'b'.repeat(40),
      'c'.repeat(40),
      '0d5c6c8e-6d0c-4a52-9d39-3f1f5b1d7c11',
      '12 rendered, 13 owned before',
      'warning apps/payments/overlays/production/api.yaml:31:3 the field spec.minReadySeconds is set twice',
      '1 destructive change PersistentVolumeClaim payments/ledger : deletes the object and the data of its volume',
      'schema-validated, less sure: the admission webhook policy.example.com does not support dry runs',
      'rendered only, unsure: the cluster does not know this kind yet',
      'takes spec.replicas over from kubectl-edit',
      '- spec.template.spec.containers[name=api].image: registry.example.com/api:1.4.1 + spec.template.spec.containers[name=api].image: registry.example.com/api:1.5.0',
      '# pending (#41, #44): merged before this, not yet deployed - spec.replicas: 2 + spec.replicas: 4',
      '# drift: changed on the cluster since the last deployment; this puts it back - spec.template.spec.containers[name=api].resources.limits.memory: 2Gi',
      '# set by the server; not part of what is approved # metadata.labels["example.com/injected"]: true',
      '@@ spec.replicas @@ # replicas: drift 7 → 3, then pending #41, #44 3 → 4, then this pull request 4 → 5 - replicas: 7 + replicas: 5',
      '@@ spec.template.spec.containers[name=web].env[name=LOG_LEVEL].value @@ - name: LOG_LEVEL - value: info + value: debug',
      '! data.password: changed (secret)',
      '2 objects stay as they are',
      'ServiceAccount payments/api written nevertheless',
      'adopted: it was there before',
    ])
      expect(words).toContain(expected);
  });

  test('is that of the target and head in the link, where several share the digest', async () => {
    const plans = ['one@production', 'two@production'].map((target) =>
      aShownPlan({ target: parseTargetName(target), changes: [] }),
    );
    await using server = await servePages(plans);
    const ask = (query: string) => server.ask(`${page}?${query}`);
    for (const { plan } of plans) {
      const found = await ask(`target=${encodeURIComponent(plan.target)}&head=${plan.head}`);
      expect(found.status).toBe(200);
      expect(seen(found.body)).toContain(`${plan.target} on `);
    }
    expect((await ask(`target=three%40production&head=${'a'.repeat(40)}`)).status).toBe(404);
    for (const half of ['target=one%40production', `head=${'a'.repeat(40)}`, 'target=x&head=y'])
      expect((await ask(half)).status).toBe(400);
    expect((await ask('utm_source=mail')).status).toBe(200);
  });

  test('puts the most dangerous change first, and links to it', async () => {
    const html = await pageOf(aRichPlan());
    const order = [...html.matchAll(/<details class="change ([a-z-]+)"/g)].map(([, action]) => action);
    expect(order).toEqual(['delete', 'update', 'update', 'update', 'update', 'create', 'no-op']);
    expect(html).toContain('<a href="#change-1">');
    expect(html).toMatch(/<details class="change delete" id="change-1" open>/);
  });

  test('folds the changes of a large plan, except those that destroy', async () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      aChange({ object: { group: '', kind: 'Service', namespace: 'web', name: `s${index}` } }),
    );
    const html = await pageOf(
      aShownPlan({ changes: [...many, aChange({ action: 'delete', danger: 'deletes the object' })] }),
    );
    expect(html.match(/<details[^>]* open>/g)).toHaveLength(1);
    expect(html.match(/<details/g)).toHaveLength(21);
  });

  test('shows long and multi-line values in full', async () => {
    const long = 'x'.repeat(5_000);
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index}`).join('\n');
    const html = await pageOf(
      aShownPlan({
        changes: [
          aChange({ differences: [aDifference({ after: { kind: 'text', text: long } })] }),
          aChange({
            action: 'delete',
            differences: [
              aDifference({ path: 'data.all', before: { kind: 'text', text: lines }, after: { kind: 'absent' } }),
            ],
          }),
        ],
      }),
    );
    expect(html).toContain(long);
    expect(html).toContain('line 299');
  });

  test('of a plan without effects says that others have the same digest', async () => {
    expect(seen(await pageOf(aShownPlan({ changes: [] }, { ambiguous: true })))).toMatch(
      /may not be the plan that you look for.*changes nothing|changes nothing.*may not be the plan that you look for/,
    );
    expect(seen(await pageOf(aShownPlan()))).not.toContain('may not be');
  });

  test('says that a failed plan is never applied, with each error before the warnings', async () => {
    const words = seen(
      await pageOf(
        aShownPlan({
          changes: [],
          kind: 'adoption',
          problems: [
            { severity: 'warning', message: 'a warning' },
            { severity: 'error', message: 'first line\nsecond line' },
          ],
        }),
      ),
    );
    expect(words).toMatch(
      /This plan failed\. .*First deployment of this target.*first line second line.*a warning.*No change could be planned/,
    );
  });

  test('of a deployment names the one commit, and what it brings as its own', async () => {
    const words = seen(
      await pageOf(
        aShownPlan({
          base: commitSha('a'.repeat(40)),
          cluster: { name: 'production', uid: undefined },
          changes: aRichPlan().plan.changes,
        }),
      ),
    );
    expect(words).toContain('then this commit 4 → 5');
    expect(words).not.toContain('merged into');
    expect(words).toContain('(not asked: planned without a cluster)');
  });
});

describe('hostile values', () => {
  const hostile =
    '</pre></details><script>alert(1)</script><img src=x onerror=alert(1)>" \' & \u202Eevil\u001b[31m\u0000<!-- planwright:plan -->';

  test('stand as text everywhere, with what is invisible made visible', async () => {
    const html = await pageOf(
      aShownPlan({
        target: hostile as ReturnType<typeof aShownPlan>['plan']['target'],
        cluster: { name: hostile, uid: hostile as never },
        problems: [
          { severity: 'error', message: `${hostile}\n${hostile}`, position: { path: hostile, line: 1, column: 1 } },
        ],
        changes: [
          aChange({
            object: { group: hostile, kind: hostile, namespace: hostile, name: hostile },
            danger: hostile,
            notes: [hostile],
            confidence: { level: 'schema', reason: hostile },
            position: { path: hostile, line: 1, column: 1 },
            differences: [
              aDifference({
                path: hostile,
                before: { kind: 'text', text: hostile },
                after: { kind: 'text', text: `${hostile}\nb\r\n` },
              }),
              aDifference({ path: hostile, before: { kind: 'absent' }, after: { kind: 'text', text: hostile } }),
            ],
          }),
          aChange({
            object: { group: hostile, kind: hostile, name: hostile },
            action: 'no-op',
            differences: [],
            notes: [hostile],
          }),
          aChange({ confidence: { level: 'rendered', reason: hostile } }),
        ],
      }),
    );
    expect(html).not.toMatch(/<script|<img|onerror=alert\(1\)>|<!--/i);
    expect(html).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
    expect(seen(html)).toContain('<U+202E>evil<U+001B>[31m<U+0000><U+003C>!-- planwright:plan -->');
    expect(
      [...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name).filter((name) => !knownTags.has(name ?? '')),
    ).toEqual([]);
  });

  const knownTags = new Set(
    'html head meta title style body header main section p h1 h2 h3 h4 span code ul li b a br details summary div dl dt dd pre del ins em'.split(
      ' ',
    ),
  );

  test('in a digest are refused', async () => {
    await using server = await servePages([aShownPlan()]);
    for (const bad of [
      'x',
      digest.toUpperCase(),
      digest.slice(1),
      `${digest}0`,
      '%3Cscript%3E',
      '..',
      `${digest}/x`,
      '',
    ]) {
      const { status, body, headers } = await server.ask(`/plans/${bad}`);
      expect([bad, status]).toEqual([bad, 400]);
      expect(headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(body).toContain('64 lower-case hex digits');
    }
  });
});

describe('as JSON', () => {
  test('the plan has its counts, its changes by danger, and no effects', async () => {
    await using server = await servePages([aRichPlan()]);
    const { status, headers, body } = await server.ask(api);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const plan = JSON.parse(body);
    expect(plan).toMatchObject({
      digest,
      repository: 7,
      ambiguous: false,
      target: 'payments@production',
      counts: { delete: 1, update: 4, create: 1, replace: 0 },
    });
    expect(plan.changes[0].action).toBe('delete');
    expect(plan).not.toHaveProperty('effects');
    expect(plan).not.toHaveProperty('moves');
  });

  test.each([
    ['application/json', 'application/json'],
    ['application/json, text/html;q=0.5', 'application/json'],
    ['text/html;q=0.5, application/json;q=0.9', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['text/html, application/json', 'text/html'],
    ['application/json;q=0, */*', 'text/html'],
    ['*/*', 'text/html'],
    ['', 'text/html'],
  ])('or page: Accept %j gives %s', async (accept, type) => {
    await using server = await servePages([aShownPlan()]);
    const { headers } = await server.ask(page, { headers: { accept } });
    expect(headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(headers.vary).toBe('Accept');
  });

  test('errors are JSON too', async () => {
    await using server = await servePages([]);
    const { status, body } = await server.ask(api);
    expect([status, Object.keys(JSON.parse(body))]).toEqual([404, ['error']]);
  });
});

describe('the answer', () => {
  test('may run, load, frame and keep nothing', async () => {
    await using server = await servePages([aShownPlan()]);
    const { headers, body } = await server.ask(page);
    const style = /<style>(.*)<\/style>/s.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers).toMatchObject({
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  test('to HEAD is the same without a body', async () => {
    await using server = await servePages([aShownPlan()]);
    const got = await server.ask(page);
    const head = await server.ask(page, { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });

  test('to any other method is 405', async () => {
    await using server = await servePages([aShownPlan()]);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await server.ask(page, { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
  });

  test('for an unknown plan is 404', async () => {
    await using server = await servePages([aShownPlan()]);
    const { status, body } = await server.ask(`/plans/${planDigest('f'.repeat(64))}`);
    expect([status, body]).toEqual([404, expect.stringContaining('no plan with this digest')]);
  });

  test('ignores a query and a slash at the end', async () => {
    await using server = await servePages([aShownPlan()]);
    expect((await server.ask(`${page}/?utm=1`)).status).toBe(200);
    expect((await server.ask(`${api}?x=/plans/y`)).status).toBe(200);
  });

  test('is left to others for other paths', async () => {
    await using server = await servePages([aShownPlan()]);
    for (const path of ['/', '/plans', '/plan/x', '/api/v1/plan', `/x${page}`, '/?next=/plans/x'])
      expect([path, (await server.ask(path)).status]).toEqual([path, 418]);
  });
});

describe('who may see it', () => {
  test('nobody through a proxy or by another name, on any route, whether the plan exists or not', async () => {
    await using server = await servePages([aShownPlan()]);
    const unknown = 'f'.repeat(64);
    for (const path of [page, api, `/plans/${unknown}`, `/api/v1/plans/${unknown}`, '/plans/x'])
      for (const headers of [
        { 'X-Forwarded-For': '127.0.0.1' },
        { Forwarded: 'for=127.0.0.1' },
        { Host: 'planwright.example.com' },
      ])
        for (const method of ['GET', 'HEAD', 'POST']) {
          const { status, body } = await server.ask(path, { headers, method });
          expect([path, method, headers, status]).toEqual([path, method, headers, 403]);
          expect(body).not.toContain('payments');
        }
  });

  test('a refusal says why and what to do', async () => {
    await using server = await servePages([aShownPlan()]);
    const { body } = await server.ask(page, { headers: { 'X-Forwarded-For': '203.0.113.7' } });
    expect(body).toMatch(/came through a proxy.*sign-in is not configured.*ssh -L/);
  });

  test('a visitor whose IPv4 loopback address arrives as IPv6', async () => {
    await using server = await servePages([aShownPlan()], '::ffff:127.0.0.1');
    expect((await server.ask(page)).status).toBe(200);
  });

  test('nobody in HTTP/1.0', async () => {
    await using server = await servePages([aShownPlan()]);
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET ${page} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /);
  });
});
