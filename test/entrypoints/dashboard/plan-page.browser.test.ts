import { accessSync, constants } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { servePages } from './page-server.ts';
import { aRichPlan, aShownPlan, digest } from './plan-to-show.ts';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;

beforeAll(async () => {
  try {
    accessSync(executablePath, constants.X_OK);
  } catch (cause) {
    throw new Error(`there is no browser at ${executablePath}: install Chromium, or name one in CHROMIUM_PATH`, {
      cause,
    });
  }
  browser = await chromium.launch({ executablePath, args });
});

afterAll(() => browser?.close());

/** Runs the look at the opened page, and fails on anything that the browser complains about, such as a refused style. */
async function open(
  shown: ReturnType<typeof aShownPlan>,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  await using server = await servePages([shown]);
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`http://127.0.0.1:${server.port}/plans/${digest}`);
    await look(page);
  } finally {
    await context.close();
  }
  expect(complaints).toEqual([]);
}

/** The lowest contrast of any text with the background that it stands on, by WCAG 2's formula, and where. */
function lowestContrast(page: Page): Promise<{ readonly ratio: number; readonly text: string }> {
  return page.evaluate<{ ratio: number; text: string }>(`(() => {
    const channels = (color) => color.match(/[0-9.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const paper = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = channels(getComputedStyle(at).backgroundColor);
        if (color.length === 3 || color[3] === 1) return color;
      }
      return [255, 255, 255];
    };
    let lowest = { ratio: 21, text: '' };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.textContent.trim() === '') continue;
      const [light, dark] = [luminance(channels(getComputedStyle(node.parentElement).color)), luminance(paper(node.parentElement))].sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < lowest.ratio) lowest = { ratio, text: node.textContent.trim() };
    }
    return lowest;
  })()`);
}

describe('a plan in a browser', () => {
  test.each(['light', 'dark'] as const)(
    'is legible in %s mode: every text has a contrast of at least 4.5',
    async (colorScheme) => {
      await open(aRichPlan(), { colorScheme }, async (page) => {
        const { ratio, text } = await lowestContrast(page);
        expect(ratio, text).toBeGreaterThanOrEqual(4.5);
        const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
        expect(background).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)');
      });
    },
  );

  test('folds and unfolds by keyboard without JavaScript, and its links lead to the change', async () => {
    await open(aRichPlan(), { javaScriptEnabled: false }, async (page) => {
      const change = page.locator('#change-1');
      await change.locator('summary').press('Enter');
      expect(await change.getAttribute('open')).toBeNull();
      await page.getByRole('link', { name: 'PersistentVolumeClaim payments/ledger' }).click();
      expect(page.url()).toMatch(/#change-1$/);
      await change.locator('summary').press('Enter');
      expect(await change.getAttribute('open')).toBe('');
    });
  });

  test('has headings in order and one title of its own', async () => {
    await open(aRichPlan(), {}, async (page) => {
      expect(await page.title()).toBe(`payments@production · plan ${digest.slice(0, 12)}`);
      expect(await page.getByRole('heading', { level: 1 }).allInnerTexts()).toEqual([
        'payments@production on production-eu',
      ]);
      expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
        '1 destructive change',
        'Problems',
        'Changes',
        'What was planned',
      ]);
      expect(await page.locator('h3').allInnerTexts()).toHaveLength(6);
    });
  });

  test('copies as a diff, one line a line', async () => {
    await open(aRichPlan(), {}, async (page) => {
      const copied = await page.evaluate<string>(
        `getSelection().selectAllChildren(document.querySelector('#change-2 .diff')), getSelection().toString()`,
      );
      expect(copied.trimEnd().split('\n')).toEqual([
        '  data["start.sh"]:',
        '-     set -eu',
        '+     set -euo pipefail',
        '      migrate --wait',
        '-     exec api --port 8080',
        '+     exec api --port 9090',
      ]);
    });
  });

  test('fits a phone without scrolling sideways', async () => {
    await open(aRichPlan(), { viewport: { width: 360, height: 740 } }, async (page) => {
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    });
  });

  test('runs nothing that a value brings along', async () => {
    const hostile = '</pre><script>alert(1)</script><img src=x onerror=alert(2)><style>*{display:none}</style>';
    const shown = aShownPlan({
      problems: [{ severity: 'error', message: hostile }],
      cluster: { name: hostile, uid: undefined },
    });
    await open(shown, {}, async (page) => {
      expect(await page.locator('script, img').count()).toBe(0);
      expect(await page.locator('.problems .message').textContent()).toBe(hostile);
    });
  });
});
