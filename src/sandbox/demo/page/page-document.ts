import { html, raw } from 'hono/html';
import { iconSprite } from './icon.ts';
import { liveScript } from './live-script.ts';
import type { Markup } from './markup.ts';
import type { PageContent } from './page-content.ts';
import { pageStyle } from './page-style.ts';

/** The whole page. Its style and its one script carry the nonce that the Content-Security-Policy asks for. */
export function pageDocument({ title, parts }: PageContent, nonce: string): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<style nonce="${nonce}">${raw(pageStyle)}</style>
</head>
<body>
${iconSprite()}
<a class="skip" href="#main">Skip to the pull request</a>
<header class="top">
  <img src="/icon.svg" alt="" width="28" height="28">
  <span class="brand"><strong>Planwright</strong> demo</span>
  <span id="connection" class="connection">Reload to see what is new</span>
</header>
<p id="announcement" class="unseen" role="status"></p>
<main id="main">${raw(parts)}</main>
<footer class="foot">This page is made on your machine and shows a pull request as GitHub would. It is not GitHub.</footer>
<script nonce="${nonce}">${raw(liveScript)}</script>
</body>
</html>`;
}
