import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { startDemoPage } from '../../../src/sandbox/demo/page/start-demo-page.ts';
import type { DemoSnapshot } from '../../../src/sandbox/demo/snapshot.ts';
import { mergedSnapshot, plannedSnapshot, reportText, startingSnapshot, withComment } from './demo-snapshots.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function served(snapshot: () => DemoSnapshot | Promise<DemoSnapshot>): Promise<string> {
  const page = await startDemoPage({ snapshot });
  closers.push(page.close);
  return page.url;
}

async function htmlOf(snapshot: DemoSnapshot): Promise<string> {
  const response = await fetch(await served(() => snapshot));
  expect(response.status).toBe(200);
  return response.text();
}

/** The visible text, roughly: without tags, and with single spaces. */
function wordsOf(html: string): string {
  return html
    .replace(/<(style|script)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

function statusFor(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe("the demo's page", () => {
  it('shows title, number, state, reviews, checks, deployments, objects and links', async () => {
    const words = wordsOf(await htmlOf(mergedSnapshot));
    expect(words).toContain('Payments: version 2 #2 Merged');
    expect(words).toMatch(/bob\s+approved these changes/);
    expect(words).toMatch(/planwright\/gate Open: every requirement is met\s+Successful/);
    expect(words).toMatch(/planwright\/deploy Held: web@production\s+Action required/);
    expect(words).toMatch(/staging\s+3 objects written\s+Deployed/);
    expect(words).toMatch(/production\s+held: web@production was changed after the approval\s+Pending/);
    expect(words).toMatch(/api\s+Deployment in payments\s+1\/3 ready/);
    expect(words).toContain('http://127.0.0.1:4001');
    expect(words).toContain('Set KUBECONFIG');
  });

  it('names the state of every step', async () => {
    const words = wordsOf(await htmlOf(plannedSnapshot));
    expect(words).toContain('on this machine Done in 2.4 s');
    expect(words).toContain('the gate opens Running');
    expect(words).toContain('deployed Waiting');
  });

  it('shows in full what went wrong with a step', async () => {
    const words = wordsOf(
      await htmlOf({
        ...startingSnapshot,
        steps: [{ title: 'Starting', state: 'failed', detail: 'no port <is> free' }],
      }),
    );
    expect(words).toContain('Failed: Starting no port &lt;is&gt; free');
  });

  it('says what will come before the pull request exists', async () => {
    const words = wordsOf(await htmlOf(startingSnapshot));
    expect(words).toContain('The pull request has not been opened yet');
    expect(words).toContain('The clusters are being started.');
    expect(words).not.toContain('Checks');
  });

  it('renders the comment as GitHub does: table, alert, folded diff with coloured lines', async () => {
    const html = await htmlOf(plannedSnapshot);
    expect(html).toContain('<td><strong>delete 1</strong> · <strong>replace 1</strong> · update 1</td>');
    expect(html).toContain('<div class="alert caution"><p class="alert-title">Caution</p>');
    expect(html).toContain('<details><summary><code>payments@production</code> on <code>production</code>');
    expect(html).toContain('<span class="removed">- spec.ports[0].port: 80\n</span>');
    expect(html).toContain('<span class="added">+ spec.ports[0].port: 8080\n</span>');
    expect(html).toContain('<span class="hunk">@@ update Service payments/api @@\n</span>');
  });

  it('shows the texts of the hostile report as words', async () => {
    const html = await htmlOf(withComment(reportText('plan-comment/hostile.md')));
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;/details&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it.each([
    ['a script', '<script>alert(1)</script>', /<script>|alert\(1\)/],
    ['an event handler', '<b onclick="alert(1)">x</b>', /onclick/],
    ['an image', '<img src="https://evil.example/x.png">![y](https://evil.example/y.png)', /evil\.example/],
    ['a frame', '<iframe src="https://evil.example"></iframe>', /<iframe/],
    ['a form', '<form action="https://evil.example"><input name="password"></form>', /<form|<input/],
    ['a style', '<style>body{display:none}</style><p style="display:none">x</p>', /display:none/],
    ['a script address', '[x](javascript:alert(1)) <a href="javascript:alert(1)">y</a>', /href="javascript/i],
    ['a hidden script address', '<a href="java&#115;cript:alert(1)">y</a>', /href="java/i],
    ['a class of the page', '<p class="skip unseen">x</p>', /class="skip unseen"/],
    ['an id', '<p id="main">x</p>', /<p id=/],
  ])('drops %s from a comment', async (_what, hostile, trace) => {
    const html = await htmlOf(withComment(`before\n\n${hostile}\n\nafter`));
    const [, comment = ''] = /<div class="markdown">([\s\S]*?)<\/article>/.exec(html) ?? [];
    expect(comment).toContain('before');
    expect(comment).not.toMatch(trace);
  });

  it('closes what a comment left open, and ignores what it never opened', async () => {
    const html = await htmlOf(withComment('</div></article></main>\n\n<details><summary>more <code>x'));
    const [, comment = ''] = /<div class="markdown">([\s\S]*?)<\/article>/.exec(html) ?? [];
    expect(comment.trim()).toBe('<details><summary>more <code>x</code></summary></details></div>\n    </div>'.trim());
  });

  it('keeps a link to the web, in a window of its own', async () => {
    const html = await htmlOf(withComment('[plan](https://planwright.example.com/plans/1?a=1&b=2)'));
    expect(html).toContain(
      '<a href="https://planwright.example.com/plans/1?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">plan</a>',
    );
  });

  it('escapes what is not Markdown', async () => {
    const hostile = '<script>alert(1)</script>';
    const html = await htmlOf({
      ...plannedSnapshot,
      hint: hostile,
      links: [{ label: hostile, url: 'javascript:alert(1)' }],
      clusters: [{ name: hostile, objects: [{ kind: hostile, namespace: hostile, name: hostile, status: hostile }] }],
    });
    expect(html).not.toContain(hostile);
    expect(html).not.toContain('href="javascript');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('allows only its own script, by a nonce that differs at each load', async () => {
    const url = await served(() => plannedSnapshot);
    const policies = await Promise.all(
      [1, 2].map(async () => (await fetch(url)).headers.get('content-security-policy') ?? ''),
    );
    for (const policy of policies) {
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'nonce-[^']+'(;|$)/);
      expect(policy).not.toContain('unsafe');
    }
    expect(policies[0]).not.toBe(policies[1]);
  });

  it.each([
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['evil@127.0.0.1', 400],
    ['192.168.1.2:80', 403],
    ['localhost:1234', 200],
    ['127.0.0.1', 200],
    ['[::1]:80', 200],
  ])('answers a request for the host %s with %i', async (host, status) => {
    const url = await served(() => startingSnapshot);
    expect(await statusFor(url, host)).toBe(status);
    expect(await statusFor(new URL('/icon.svg', url).href, host)).toBe(status);
  });

  it('sends the new content when the snapshot changed, and can be closed while it does', async () => {
    let snapshot = startingSnapshot;
    const page = await startDemoPage({ snapshot: () => snapshot });
    closers.push(page.close);
    const stream = (await fetch(new URL('/events', page.url))).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await stream?.read())?.value).toContain('has not been opened yet');
    snapshot = plannedSnapshot;
    let text = '';
    while (!text.includes('\n\n')) text += (await stream?.read())?.value ?? '\n\n';
    expect(text).toContain('Payments: version 2');
    await page.close();
    await expect(fetch(page.url)).rejects.toThrow();
  });

  it('says why the state cannot be read', async () => {
    const response = await fetch(await served(() => Promise.reject(new Error('the cluster <staging> is gone'))));
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('could not be read: the cluster &lt;staging&gt; is gone');
  });

  it('refuses an address that is taken, with the port in the message', async () => {
    const { port } = new URL(await served(() => startingSnapshot));
    await expect(startDemoPage({ port: Number(port), snapshot: () => startingSnapshot })).rejects.toThrow(
      `cannot listen on 127.0.0.1, port ${port}`,
    );
  });
});
