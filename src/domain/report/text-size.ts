/** Size of the text in UTF-8, in bytes; a half surrogate pair counts as the three bytes of its replacement. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** At most `characters` UTF-16 units, the last of them `…` when something was cut off; surrogate pairs stay whole. */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const kept = text.slice(0, characters - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** Cuts at the end of a line so that at most `bytes` bytes of UTF-8 remain, the notice included. */
export function cutToBytes(text: string, bytes: number, notice: string): string {
  if (utf8Bytes(text) <= bytes) return text;
  const kept: string[] = [];
  let size = utf8Bytes(notice) + 1;
  for (const line of text.split('\n')) {
    size += utf8Bytes(line) + 1;
    if (size > bytes) break;
    kept.push(line);
  }
  return [...kept, notice].join('\n');
}

/** As many of the lines, from the first, as have space in `bytes` bytes of UTF-8, two bytes between them. */
export function linesWithin(lines: readonly string[], bytes: number): readonly string[] {
  let size = 0;
  return lines.filter((line) => {
    size += utf8Bytes(line) + 2;
    return size <= bytes;
  });
}
