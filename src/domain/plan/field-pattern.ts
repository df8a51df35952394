import { matchNames, maxWildcards } from '../config/glob.ts';
import { bareValue, type PathSegment } from './field-path.ts';

/** A pattern over field paths: the fields that it names, with everything below them. */
export interface FieldPattern {
  /** As it was written. */
  readonly text: string;
  /** One name a level: `spec`, `containers`, `[name=web]`. */
  readonly names: readonly string[];
}

export type FieldPatternRead =
  | { readonly kind: 'pattern'; readonly pattern: FieldPattern }
  | { readonly kind: 'invalid'; readonly message: string };

/** What every object needs: leaving it out would make another object of it, or none. */
const indispensable = ['apiVersion', 'kind', 'metadata', 'metadata.name', 'metadata.namespace'];

const token = /\.?("(?:[^"\\]|\\.)*"|[^.[\]"]+)|\[((?:"(?:[^"\\]|\\.)*"|[^"\]])*)\]/y;

/** Reads a pattern of fields that others own: as `readFieldPattern`, less what every object needs. */
export function readIgnoredPattern(text: string): FieldPatternRead {
  const read = readFieldPattern(text);
  if (read.kind === 'invalid') return read;
  const { names } = read.pattern;
  const covered = indispensable.find((path) => matchNames([...names, '**'], path.split('.')));
  if (covered !== undefined && names[0] !== '**')
    return notIgnorable(text, `every object needs its ${covered}; name the fields below it`);
  if (names.every((name) => name === '**'))
    return notIgnorable(text, 'it would cover the whole object; name its fields');
  return read;
}

/**
 * Reads `spec.template.spec.containers[name=*].image` or `metadata.annotations["example.com/note"]`: paths as server-side apply names them, where `*` and
 * `?` stand for a part of one name or of one item's keys (`[*]` is any item), and `**` for any number of levels.
 */
export function readFieldPattern(text: string): FieldPatternRead {
  const names = namesIn(text);
  if (names === undefined)
    return invalid(text, 'write it as plans show it, such as spec.template.spec.containers[name=web].image');
  if (names.length === 0) return invalid(text, 'it names no field');
  if (names[0]?.startsWith('[') === true) return invalid(text, 'it must begin with a field');
  if ((text.match(/[*?]/g) ?? []).length > maxWildcards)
    return invalid(text, `it has more than ${maxWildcards} wildcards; use several entries`);
  return { kind: 'pattern', pattern: { text, names } };
}

/** The names of an effect's path, one a level. */
export function pathNames(path: string): readonly string[] {
  return namesIn(path) ?? [path];
}

/** Whether one of the patterns names the field, or something above it. At most pattern × path steps each. */
export function coversField(patterns: readonly FieldPattern[], segments: readonly PathSegment[]): boolean {
  if (patterns.length === 0) return false;
  const path = segments.map(segmentName);
  return patterns.some(({ names }) => matchNames([...names, '**'], path));
}

function segmentName(segment: PathSegment): string {
  switch (segment.kind) {
    case 'field':
      return segment.name;
    case 'item':
      return `[${segment.keys.map(([name, json]) => `${name}=${bareValue(json)}`).join(',')}]`;
    case 'value':
      return `[=${bareValue(segment.json)}]`;
  }
}

function namesIn(text: string): readonly string[] | undefined {
  const names: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const found = text.startsWith('.', token.lastIndex) && names.length === 0 ? null : token.exec(text);
    if (found === null) return undefined;
    const [, field, item] = found;
    names.push(field === undefined ? itemName(item ?? '') : unquoted(field));
  }
  return names;
}

/** `["example.com/note"]` is a field whose name holds a dot; anything else in brackets is an item. */
function itemName(inside: string): string {
  if (inside.startsWith('"')) return unquoted(inside);
  return `[${inside.replace(/"(?:[^"\\]|\\.)*"/g, (quoted) => bareValue(quoted))}]`;
}

function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  try {
    return String(JSON.parse(name));
  } catch {
    return name;
  }
}

function invalid(text: string, why: string): FieldPatternRead {
  return { kind: 'invalid', message: `${JSON.stringify(text)} is no path of fields: ${why}` };
}

function notIgnorable(text: string, why: string): FieldPatternRead {
  return { kind: 'invalid', message: `${JSON.stringify(text)} is no field that could be ignored: ${why}` };
}
