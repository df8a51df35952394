/** What a comment of Planwright, or GitHub-flavoured Markdown without images, is made of. */
const allowedTags = new Set(
  'a b blockquote br code del details div em h3 h4 h5 h6 hr i kbd li ol p pre s samp span strong sub summary sup table tbody td th thead tr ul'.split(
    ' ',
  ),
);
const emptyTags = new Set(['br', 'hr']);
/** Their content is a program, not words for people. */
const unreadableTags = new Set(['script', 'style']);
const ownClasses =
  /^(?:diff|added|removed|hunk|danger|remark|alert-title|alert (?:note|tip|important|warning|caution))$/;

const piece = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>|[^<]+|</gi;

/**
 * Builds HTML anew from the allowed tags and attributes of the given one; everything else of it becomes text or vanishes. Every tag that
 * the result opens it closes, so that nothing in it can swallow what follows on the page.
 */
export function sanitisedHtml(html: string): string {
  const out: string[] = [];
  const open: string[] = [];
  let unreadable: string | undefined;
  for (const [text, slash = '', tagName, attributes = ''] of html.matchAll(piece)) {
    const tag = tagName?.toLowerCase();
    if (unreadable !== undefined) {
      if (slash === '/' && tag === unreadable) unreadable = undefined;
    } else if (tag === undefined) {
      if (!text.startsWith('<!--')) out.push(escapedText(text));
    } else if (unreadableTags.has(tag)) {
      unreadable = slash === '/' ? undefined : tag;
    } else if (slash === '/') {
      out.push(...closingTags(open, open.lastIndexOf(tag)));
    } else if (allowedTags.has(tag)) {
      out.push(`<${tag}${allowedAttributes(tag, attributes)}>`);
      if (!emptyTags.has(tag)) open.push(tag);
    }
  }
  return [...out, ...closingTags(open, 0)].join('');
}

/** Ends everything that was opened from `index` on, the last one first; nothing for a tag that is not open. */
function closingTags(open: string[], index: number): readonly string[] {
  if (index < 0) return [];
  return open
    .splice(index)
    .reverse()
    .map((tag) => `</${tag}>`);
}

function escapedText(text: string): string {
  return text
    .replace(/&(?!(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);)/gi, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function allowedAttributes(tag: string, text: string): string {
  switch (tag) {
    case 'a':
      return linkAttributes(attribute(text, 'href'));
    case 'details':
      return /(?:^|\s)open(?:[\s=/]|$)/i.test(text) ? ' open' : '';
    case 'ol':
      return kept('start', attribute(text, 'start'), /^\d{1,9}$/);
    case 'td':
    case 'th':
      return kept('align', attribute(text, 'align'), /^(?:left|right|center)$/);
    case 'pre':
      return `${kept('class', attribute(text, 'class'), ownClasses)} tabindex="0"`;
    case 'div':
    case 'p':
    case 'span':
      return kept('class', attribute(text, 'class'), ownClasses);
    default:
      return '';
  }
}

function attribute(text: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(text);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}

function kept(name: string, value: string | undefined, allowed: RegExp): string {
  return value !== undefined && allowed.test(value) ? ` ${name}="${value}"` : '';
}

/** Only a literal `http(s)://` in front is a web address; anything encoded, relative or with another scheme leads nowhere. */
function linkAttributes(address: string | undefined): string {
  const href = kept('href', address, /^https?:\/\/[^\s"'<>`]+$/i);
  return href === '' ? '' : `${href} target="_blank" rel="noopener noreferrer"`;
}
