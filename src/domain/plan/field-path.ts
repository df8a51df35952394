/** One step of a field's path, as server-side apply addresses it. */
export type PathSegment =
  | { readonly kind: 'field'; readonly name: string }
  /** An item of a keyed list; keys sorted by name, values as canonical JSON. */
  | { readonly kind: 'item'; readonly keys: readonly (readonly [name: string, json: string])[] }
  /** An item of a set, by value as canonical JSON. */
  | { readonly kind: 'value'; readonly json: string };

const plainName = /^[A-Za-z_$][\w$-]*$/;
const plainValue = /^[\w./:@-]+$/;

/** For effects and people: `spec.template.spec.containers[name=web].image`; names that hold a dot are quoted. */
export function fieldPath(segments: readonly PathSegment[]): string {
  return segments.reduce(childPath, '');
}

/** The path of what stands at `segment` below `path`. */
export function childPath(path: string, segment: PathSegment): string {
  switch (segment.kind) {
    case 'field':
      if (!plainName.test(segment.name)) return `${path}[${JSON.stringify(segment.name)}]`;
      return path === '' ? segment.name : `${path}.${segment.name}`;
    case 'item':
      return `${path}[${segment.keys.map(([name, json]) => `${name}=${bareValue(json)}`).join(',')}]`;
    case 'value':
      return `${path}[=${bareValue(segment.json)}]`;
  }
}

/** The same path as the API writes it in conflicts and causes: `.spec.template.spec.containers[name="web"].image`. */
export function apiFieldPath(segments: readonly PathSegment[]): string {
  let path = '';
  for (const segment of segments) {
    if (segment.kind === 'field') path += `.${segment.name}`;
    else if (segment.kind === 'item') path += `[${segment.keys.map(([name, json]) => `${name}=${json}`).join(',')}]`;
    else path += `[=${segment.json}]`;
  }
  return path;
}

/** A key's value as people write it; what reads as another type keeps its quotes. */
export function bareValue(json: string): string {
  if (!json.startsWith('"')) return json;
  const text: unknown = JSON.parse(json);
  return typeof text === 'string' &&
    plainValue.test(text) &&
    !/^(true|false|null|-?\d+(\.\d+)?(e[+-]?\d+)?)$/.test(text)
    ? text
    : json;
}
