import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemoPage } from '../../../src/sandbox/demo/page/start-demo-page.ts';
import type { DemoSnapshot } from '../../../src/sandbox/demo/snapshot.ts';
import { mergedSnapshot, plannedSnapshot, startingSnapshot, withComment } from './demo-snapshots.ts';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const hostileComment = `
<script>window.hacked = 'script'</script>
<img src="/icon.svg" onload="window.hacked = 'onload'"><img src=x onerror="window.hacked = 'onerror'">
<svg onload="window.hacked = 'svg'"></svg><details open ontoggle="window.hacked = 'toggle'"><summary>fold</summary></details>
<a id="link" href="javascript:window.hacked='href'">first</a> [second](javascript:window.hacked='markdown')

<iframe srcdoc="<script>parent.hacked = 'frame'</script>"></iframe>

</div></article></section></main><style>* { display: none }</style>
<details><summary>never closed
`;

let browser: Browser;
beforeAll(async () => {
  if (!existsSync(executablePath)) {
    throw new Error(`There is no Chromium at ${executablePath}. Install one, or set CHROMIUM_PATH to where it is.`);
  }
  browser = await chromium.launch({ executablePath, args: flags });
});
afterAll(() => browser?.close());

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Opened {
  readonly page: Page;
  readonly problems: string[];
  show(snapshot: DemoSnapshot): void;
  stop(): Promise<void>;
}

async function opened(first: DemoSnapshot, options: Parameters<Browser['newContext']>[0] = {}): Promise<Opened> {
  let snapshot = first;
  const demo = await startDemoPage({ snapshot: () => snapshot });
  const context = await browser.newContext(options);
  closers.push(demo.close, () => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(demo.url);
  const show = (next: DemoSnapshot): void => {
    snapshot = next;
  };
  return { page, problems, show, stop: demo.close };
}

describe("the demo's page in a browser", () => {
  it('shows the pull request with landmarks and one heading on top, without a complaint in the console', async () => {
    const { page, problems } = await opened(mergedSnapshot);
    expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual(['Payments: version 2 #2']);
    for (const role of ['banner', 'main', 'contentinfo', 'navigation'] as const) {
      expect(await page.getByRole(role).count()).toBe(1);
    }
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByRole('row', { name: /api Deployment in payments/ }).count()).toBe(2);
    expect(problems).toEqual([]);
  });

  it('unfolds the diff of a target and the summary of a check', async () => {
    const { page } = await opened(plannedSnapshot);
    const added = page.getByText('+ spec.ports[0].port: 8080');
    expect(await added.isVisible()).toBe(false);
    await page.getByText('payments@production on production').click();
    await added.waitFor({ state: 'visible' });
    await page.getByText('planwright/gate').click();
    await page.getByText('who could meet it: people with write access', { exact: true }).waitFor({ state: 'visible' });
  });

  it('follows the snapshot, and keeps what was unfolded and where the focus was', async () => {
    const { page, problems, show } = await opened(startingSnapshot);
    await page.getByText('The pull request has not been opened yet').waitFor();
    show(plannedSnapshot);
    const gate = page.locator('details', { has: page.getByText('planwright/gate') });
    await gate.locator('summary').click();
    show(mergedSnapshot);
    await page.getByText('Open: every requirement is met').waitFor();
    expect(await gate.getAttribute('open')).toBe('');
    expect(await page.locator('summary:focus').textContent()).toContain('planwright/gate');
    expect(await page.title()).toBe('Payments: version 2 · #2 · acme/infra');
    expect(await page.getByRole('status').textContent()).toMatch(/^alice merges.*: Running$/);
    expect(problems).toEqual([]);
  });

  it('says when the demo has ended, and keeps its last state', async () => {
    const { page, stop } = await opened(plannedSnapshot);
    await page.getByText('Live', { exact: true }).waitFor();
    await stop();
    await page.getByText('The demo has ended; this is its last state').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Payments');
  });

  it('runs nothing that a comment brings, and loses nothing of the page to it', async () => {
    const { page, problems } = await opened(withComment(hostileComment));
    await page.getByText('first', { exact: true }).click();
    await page.getByText('second', { exact: true }).click();
    await page.getByText('fold', { exact: true }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('.comment iframe, .comment script, .comment .markdown img, .comment svg').count()).toBe(
      0,
    );
    expect(await page.getByRole('heading', { name: 'Checks' }).isVisible()).toBe(true);
    expect(await page.locator('main > .columns > .wide > [data-part="checks"]').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  it('is complete without JavaScript', async () => {
    const { page, show } = await opened(startingSnapshot, { javaScriptEnabled: false });
    await page.getByText('Reload to see what is new').waitFor();
    show(plannedSnapshot);
    await page.reload();
    await page.getByText('payments@production on production').click();
    await page.getByText('+ spec.ports[0].port: 8080').waitFor({ state: 'visible' });
  });

  it.each([
    ['a desk', 1280],
    ['a phone', 360],
  ])('fits the width of %s', async (_where, width) => {
    const { page } = await opened(plannedSnapshot, { viewport: { width, height: 800 } });
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const clipped = `[...document.querySelectorAll('.card')].filter((card) => card.scrollWidth > card.clientWidth).length`;
    expect(await page.evaluate(clipped)).toBe(0);
  });
});
