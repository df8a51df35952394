/** One document's text in a file; `start` is its offset there. */
interface DocumentText {
  readonly start: number;
  readonly text: string;
}

export type Split =
  | { readonly kind: 'split'; readonly documents: readonly DocumentText[] }
  | { readonly kind: 'refused'; readonly offset: number; readonly message: string };

/**
 * Cuts a file where kubectl does: at lines that begin with `---`, before anything is parsed, so that one broken document leaves the others alone.
 * Such a line may only go on with white space and a comment.
 */
export function splitDocuments(text: string, maxDocuments: number): Split {
  const documents: DocumentText[] = [];
  let start = 0;
  for (let line = 0; line >= 0 && line < text.length; line = nextLine(text, line)) {
    if (!text.startsWith('---', line)) continue;
    const next = nextLine(text, line);
    const rest = text.slice(line + 3, next < 0 ? text.length : next);
    if (!/^[ \t]*(?:#|\r|\n|$)/.test(rest)) {
      return {
        kind: 'refused',
        offset: line,
        message: 'only a comment may follow the document separator "---" on its line',
      };
    }
    if (line > start) documents.push({ start, text: text.slice(start, line) });
    if (documents.length > maxDocuments) return tooMany(start, maxDocuments);
    start = line + 3;
  }
  if (start < text.length) documents.push({ start, text: text.slice(start) });
  if (documents.length > maxDocuments) return tooMany(start, maxDocuments);
  return { kind: 'split', documents };
}

function tooMany(offset: number, maxDocuments: number): Split {
  return { kind: 'refused', offset, message: `more than ${maxDocuments} documents: split the file` };
}

/** -1 behind the last line. */
function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? -1 : end + 1;
}
