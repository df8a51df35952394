import { raw } from 'hono/html';
import { Marked, type Tokens } from 'marked';
import { sanitisedHtml } from './sanitised-html.ts';

const alerts = {
  note: 'Note',
  tip: 'Tip',
  important: 'Important',
  warning: 'Warning',
  caution: 'Caution',
};

/** The page's own headings are the first two levels. */
const topHeading = 3;

const marked = new Marked({
  gfm: true,
  renderer: {
    code({ text, lang }: Tokens.Code): string {
      return lang === 'diff'
        ? `<pre class="diff"><code>${text.split('\n').map(diffLine).join('')}</code></pre>\n`
        : `<pre><code>${escaped(text)}</code></pre>\n`;
    },
    heading({ depth, tokens }: Tokens.Heading): string {
      const level = Math.max(depth, topHeading);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    blockquote({ tokens }: Tokens.Blockquote): string {
      const body = this.parser.parse(tokens);
      const [marker = '', kind = ''] = /^<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\](?:\n|(?=<\/p>))/.exec(body) ?? [];
      if (marker === '') return `<blockquote>\n${body}</blockquote>\n`;
      const name = kind.toLowerCase() as keyof typeof alerts;
      const rest = `<p>${body.slice(marker.length)}`.replace(/^<p><\/p>\s*/, '');
      return `<div class="alert ${name}"><p class="alert-title">${alerts[name]}</p>${rest}</div>\n`;
    },
  },
});

/** GitHub-flavoured Markdown as safe HTML: no scripts, no images, no links but to web addresses, whatever the text says. */
export function markdown(text: string): ReturnType<typeof raw> {
  return raw(sanitisedHtml(marked.parse(text, { async: false })));
}

function diffLine(line: string): string {
  const kind = diffKind(line);
  const text = `${escaped(line)}\n`;
  return kind === undefined ? `<span>${text}</span>` : `<span class="${kind}">${text}</span>`;
}

function diffKind(line: string): string | undefined {
  if (line.startsWith('@@')) return 'hunk';
  const kinds: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '!': 'danger', '#': 'remark' };
  return kinds[line.charAt(0)];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
