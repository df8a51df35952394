/**
 * Characters that a reader cannot see or that change how others are drawn: controls (ANSI escapes begin with one), bidi and zero-width
 * characters, line separators, unusual spaces, half surrogate pairs. U+FE0F only turns a symbol into an emoji and stays.
 */
const invisible = /(?! |\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;
const invisibleButTab = /(?! |\t|\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/** Hidden markers are how comments and issues are found again, so no value may bring one along. */
const commentStart = /<!--/g;

/** One line in which every character is seen for what it is: a line break stands as `<U+000A>`, a bidi override as `<U+202E>`. */
export function visible(text: string): string {
  return text.replace(invisible, codePointName).replace(commentStart, '<U+003C>!--');
}

/** A text of several lines, each made visible; tabs stay. A final line break does not make an empty last line. */
export function visibleLines(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(invisibleButTab, codePointName).replace(commentStart, '<U+003C>!--'));
  return lines.length > 1 && lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function codePointName(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `<U+${hex.padStart(4, '0')}>`;
}
