/**
 * Finds the lines of a comment that GitHub shows as the writer's own words in column one: not quoted (a paragraph's lazy continuation of a
 * quote included), not code, not hidden in an HTML comment. Follows the block structure of CommonMark 0.31 as far as it decides that.
 */
export function plainLines(body: string): readonly string[] {
  const scanner: Scanner = { containers: [], leaf: { kind: 'none' } };
  const paragraph: ParagraphLine[] = [];
  const plain: string[] = [];
  for (const line of body.split(/\r\n|\n|\r/)) {
    const place = scanLine(scanner, line);
    if (place.kind !== 'continues') plain.push(...ownWords(paragraph.splice(0)));
    if (place.kind !== 'outside') paragraph.push({ text: line, quoted: place.quoted });
  }
  return [...plain, ...ownWords(paragraph)];
}

type Container =
  | { readonly kind: 'quote' }
  /** An item whose first line is empty ends with the next line if that is empty too. */
  | { readonly kind: 'item'; readonly indent: number; readonly awaitsText: boolean };

type Leaf =
  | { readonly kind: 'none' }
  | { readonly kind: 'paragraph' }
  | { readonly kind: 'fence'; readonly marker: string }
  | { readonly kind: 'html'; readonly end: RegExp };

interface Scanner {
  containers: Container[];
  leaf: Leaf;
}

interface ParagraphLine {
  readonly text: string;
  readonly quoted: boolean;
}

/** What a line is: outside any paragraph, the first line of one, or a further line of the one before. */
type Place = { readonly kind: 'outside' } | { readonly kind: 'starts' | 'continues'; readonly quoted: boolean };

const outside: Place = { kind: 'outside' };

/** What is nested deeper is taken for a quote: nobody means a command there, and reading it would cost the square of its depth. */
const deepestNesting = 50;

/** HTML whose content is shown as code or as a quote. The first alternative is what CommonMark takes as raw until its end tag. */
const rawHtml: readonly { readonly start: RegExp; readonly end: RegExp }[] = [
  { start: /^<!--/, end: /-->/ },
  {
    start: /^<(?:pre|script|style|textarea|code|blockquote)(?:[\s>]|$)/i,
    end: /<\/(?:pre|script|style|textarea|code|blockquote)>/i,
  },
];

function scanLine(scanner: Scanner, line: string): Place {
  const matched = matchContainers(scanner.containers, withoutTabs(line));
  const isInside = matched.count === scanner.containers.length;
  if (isInside && awaitsText(scanner.containers)) {
    const isEmpty = matched.rest.trim() === '';
    scanner.containers = scanner.containers.slice(0, isEmpty ? -1 : undefined).map(withText);
    if (isEmpty) return outside;
  }
  if (isInside && scanner.leaf.kind === 'fence') return inFence(scanner, scanner.leaf, matched.rest);
  if (isInside && scanner.leaf.kind === 'html') return inHtml(scanner, scanner.leaf, matched.rest);

  const opened = openContainers(matched.rest, isInside && scanner.leaf.kind === 'paragraph');
  const text = opened.rest;
  const inParagraph = scanner.leaf.kind === 'paragraph' && opened.containers.length === 0;
  const start = leafStart(text, inParagraph, isInside);
  if (inParagraph && start.kind === 'text') return { kind: 'continues', quoted: isQuoted(scanner.containers) };

  scanner.containers = [...scanner.containers.slice(0, matched.count), ...opened.containers];
  scanner.leaf = start.kind === 'leaf' ? start.leaf : { kind: start.kind === 'text' ? 'paragraph' : 'none' };
  return start.kind === 'text' ? { kind: 'starts', quoted: isQuoted(scanner.containers) } : outside;
}

function inFence(scanner: Scanner, leaf: Extract<Leaf, { kind: 'fence' }>, rest: string): Place {
  const closing = /^ {0,3}(`{3,}|~{3,}) *$/.exec(rest)?.[1];
  if (closing !== undefined && closing[0] === leaf.marker[0] && closing.length >= leaf.marker.length)
    scanner.leaf = { kind: 'none' };
  return outside;
}

function inHtml(scanner: Scanner, leaf: Extract<Leaf, { kind: 'html' }>, rest: string): Place {
  if (leaf.end.test(rest)) scanner.leaf = { kind: 'none' };
  return outside;
}

function awaitsText(containers: readonly Container[]): boolean {
  const last = containers.at(-1);
  return last?.kind === 'item' && last.awaitsText;
}

function withText(container: Container): Container {
  return container.kind === 'item' ? { ...container, awaitsText: false } : container;
}

function isQuoted(containers: readonly Container[]): boolean {
  return containers.some((container) => container.kind === 'quote');
}

function matchContainers(
  containers: readonly Container[],
  line: string,
): { readonly count: number; readonly rest: string } {
  let rest = line;
  let count = 0;
  for (const container of containers) {
    const inner = container.kind === 'quote' ? afterQuoteMark(rest) : afterIndent(rest, container.indent);
    if (inner === undefined) break;
    rest = inner;
    count += 1;
  }
  return { count, rest };
}

function afterQuoteMark(text: string): string | undefined {
  return /^ {0,3}> ?(.*)$/s.exec(text)?.[1];
}

function afterIndent(text: string, indent: number): string | undefined {
  if (text.trim() === '') return '';
  return text.startsWith(' '.repeat(indent)) ? text.slice(indent) : undefined;
}

/** Tabs reach to the next column that is a multiple of four, also behind the marks of quotes and lists. */
function withoutTabs(line: string): string {
  if (!line.includes('\t')) return line;
  let columns = '';
  for (const part of line.split(/(\t)/)) columns += part === '\t' ? ' '.repeat(4 - (columns.length % 4)) : part;
  return columns;
}

function openContainers(
  text: string,
  afterParagraph: boolean,
): { readonly containers: readonly Container[]; readonly rest: string } {
  const containers: Container[] = [];
  let rest = text;
  for (;;) {
    if (containers.length === deepestNesting)
      return { containers: [...containers, { kind: 'quote' }], rest: rest.trim() === '' ? '' : 'text' };
    const quoted = afterQuoteMark(rest);
    const item = quoted === undefined ? listItem(rest, afterParagraph && containers.length === 0) : undefined;
    if (quoted !== undefined) {
      containers.push({ kind: 'quote' });
      rest = quoted;
    } else if (item !== undefined) {
      containers.push({ kind: 'item', indent: item.indent, awaitsText: item.rest.trim() === '' });
      rest = item.rest;
    } else {
      return { containers, rest };
    }
  }
}

/** Only an item with text, and a numbered one only from 1, can interrupt a paragraph. */
function listItem(text: string, interrupts: boolean): { readonly indent: number; readonly rest: string } | undefined {
  if (isThematicBreak(text)) return undefined;
  const [, front = '', marker = '', space = '', rest = ''] =
    /^( {0,3})([-+*]|\d{1,9}[.)])( +|$)(.*)$/s.exec(text) ?? [];
  if (marker === '') return undefined;
  if (interrupts && (rest === '' || (/^\d/.test(marker) && Number.parseInt(marker, 10) !== 1))) return undefined;
  const width = space.length >= 1 && space.length <= 4 && rest !== '' ? space.length : 1;
  return { indent: front.length + marker.length + width, rest: `${space.slice(width)}${rest}` };
}

type LeafStart =
  | { readonly kind: 'text' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'leaf'; readonly leaf: Leaf };

/** A paragraph is underlined into a heading only inside its own containers; elsewhere the underline is a lazy continuation. */
function leafStart(text: string, inParagraph: boolean, isInside: boolean): LeafStart {
  if (text.trim() === '') return { kind: 'nothing' };
  if (text.startsWith('    ')) return inParagraph ? { kind: 'text' } : { kind: 'nothing' };
  const content = text.trimStart();
  if (
    /^#{1,6}(?:\s|$)/.test(content) ||
    isThematicBreak(text) ||
    (inParagraph && isInside && /^(?:=+|-+)\s*$/.test(content))
  )
    return { kind: 'nothing' };
  const marker = /^(?:(`{3,})[^`]*|(~{3,}).*)$/s.exec(content);
  if (marker !== null) return { kind: 'leaf', leaf: { kind: 'fence', marker: marker[1] ?? marker[2] ?? '' } };
  const html = rawHtml.find(({ start }) => start.test(content));
  if (html === undefined) return { kind: 'text' };
  return html.end.test(content) ? { kind: 'nothing' } : { kind: 'leaf', leaf: { kind: 'html', end: html.end } };
}

function isThematicBreak(text: string): boolean {
  return /^ {0,3}(?:(?:- *){3,}|(?:_ *){3,}|(?:\* *){3,})$/.test(text);
}

/** The lines of a paragraph that begin outside quotes, code spans and inline HTML comments. */
function ownWords(paragraph: readonly ParagraphLine[]): readonly string[] {
  const text = paragraph.map((line) => line.text).join('\n');
  const hidden = hiddenRanges(text);
  let start = 0;
  const own: string[] = [];
  for (const line of paragraph) {
    const at = start;
    if (!line.quoted && !hidden.some((range) => range.from < at && at < range.to)) own.push(line.text);
    start += line.text.length + 1;
  }
  return own;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Code spans and HTML comments, which may reach over line ends. */
function hiddenRanges(text: string): readonly Range[] {
  const ranges: Range[] = [];
  const lastCommentEnd = text.lastIndexOf('-->');
  const token = /\\[`<]|`+|<!--/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found.startsWith('\\')) continue;
    if (found === '<!--' && lastCommentEnd < token.lastIndex) continue;
    const end =
      found === '<!--' ? text.indexOf('-->', token.lastIndex) + 3 : codeSpanEnd(text, found.length, token.lastIndex);
    if (end === undefined) continue;
    ranges.push({ from: match.index, to: end });
    token.lastIndex = end;
  }
  return ranges;
}

/** A run of backticks without a partner is the last one of its length, so that few searches run to the end in vain. */
function codeSpanEnd(text: string, length: number, from: number): number | undefined {
  const run = /`+/g;
  run.lastIndex = from;
  for (let match = run.exec(text); match !== null; match = run.exec(text)) {
    if (match[0].length === length) return run.lastIndex;
  }
  return undefined;
}
