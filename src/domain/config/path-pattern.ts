/** A stack's path, taken apart: one list of parts for each directory name. */
export interface PathPattern {
  /** Without a trailing slash; '' is the root. */
  readonly path: string;
  readonly segments: readonly (readonly PatternPart[])[];
  readonly placeholders: ReadonlySet<Placeholder>;
}

type Placeholder = 'stack' | 'environment';
export type PatternPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: Placeholder };

export type PathPatternRead =
  | { readonly kind: 'pattern'; readonly pattern: PathPattern }
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * Reads `apps/{stack}/overlays/{environment}`. Each placeholder may stand once, as a directory's name or a part of one; two in one name need
 * something between them. The path is relative, has no `.` and `..`, and `.` alone is the root.
 */
export function parsePathPattern(written: string): PathPatternRead {
  const path = written === '.' ? '' : written.replace(/\/$/, '');
  const wrong = pathFault(written, path);
  if (wrong !== undefined) return invalid(wrong);
  const placeholders = new Set<Placeholder>();
  const segments: PatternPart[][] = [];
  for (const segment of path === '' ? [] : path.split('/')) {
    const parts = partsOf(segment);
    if (typeof parts === 'string') return invalid(parts);
    for (const part of parts) {
      if (part.kind === 'literal') continue;
      if (placeholders.has(part.name))
        return invalid(`{${part.name}} stands twice in the path: once is all it can mean`);
      placeholders.add(part.name);
    }
    segments.push(parts);
  }
  return { kind: 'pattern', pattern: { path, segments, placeholders } };
}

/** The stack's name where none is given and no `{stack}` captures one: the path without `{environment}`, joined with `-`. '' when nothing is left. */
export function nameFromPath(pattern: PathPattern): string {
  const words = pattern.segments.map((parts) => {
    const literal = parts.map((part) => (part.kind === 'literal' ? part.text : '')).join('');
    return literal.replace(/^[-._]+|[-._]+$/g, '');
  });
  return words.filter((word) => word !== '').join('-');
}

function pathFault(written: string, path: string): string | undefined {
  if (written.startsWith('/'))
    return 'the path must be relative to the root of the repository: take the leading "/" away';
  if (written.includes('\\')) return 'the path must be written with "/", not "\\"';
  if (/[*?[\]]/.test(written)) return 'the path takes no wildcards: use {stack} and {environment}';
  if (hasControlCharacter(written)) return 'the path must not hold control characters';
  const names = path === '' ? [] : path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..'))
    return 'the path must not hold empty names, "." or ".."';
  return undefined;
}

/** The parts of one directory's name, or what is wrong with it. */
function partsOf(segment: string): PatternPart[] | string {
  const parts: PatternPart[] = [];
  for (const piece of segment.split(/(\{[^{}]*\})/).filter((text) => text !== '')) {
    if (!piece.startsWith('{') || !piece.endsWith('}')) {
      if (/[{}]/.test(piece))
        return 'the path has a brace without its counterpart: placeholders are {stack} and {environment}';
      parts.push({ kind: 'literal', text: piece });
      continue;
    }
    const name = piece.slice(1, -1);
    if (name !== 'stack' && name !== 'environment') return unknownPlaceholder(name);
    if (parts.at(-1)?.kind === 'placeholder')
      return 'two placeholders in one name need something between them, such as {stack}-{environment}';
    parts.push({ kind: 'placeholder', name });
  }
  return parts;
}

function unknownPlaceholder(name: string): string {
  const meant = /^e/i.test(name)
    ? ' — did you mean {environment}?'
    : /^s/i.test(name)
      ? ' — did you mean {stack}?'
      : ': there are {stack} and {environment}';
  return `unknown placeholder {${name.slice(0, 50)}}${meant}`;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}

function invalid(message: string): PathPatternRead {
  return { kind: 'invalid', message };
}
