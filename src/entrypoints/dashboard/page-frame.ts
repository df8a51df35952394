import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { styles } from './styles.ts';

/** Escaped HTML, as `html` makes it. */
export type Html = ReturnType<typeof html>;

const styleHash = createHash('sha256').update(styles).digest('base64');

/** Nothing is loaded and nothing runs; the one style sheet is known by its hash. */
export const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A whole page. `title` is visible text. */
export function page(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(styles)}</style>
</head>
<body>
${content}
</body>
</html>
`;
}
