/** At most about `characters` of a line, from its beginning, with how many are left out. */
export function shortLine(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return `${text.slice(0, characters).toWellFormed()} ${leftOut(text.length - characters)}`;
}

/** Two long lines that stand for one another, cut so that the place where they begin to differ stays in sight. */
export function shortPair(before: string, after: string, characters: number): readonly [string, string] {
  if (before.length <= characters && after.length <= characters) return [before, after];
  let same = 0;
  while (same < before.length && before[same] === after[same]) same += 1;
  const skipped = Math.max(0, same - Math.floor(characters / 4));
  const start = skipped === 0 ? '' : `${leftOut(skipped)} `;
  return [
    `${start}${shortLine(before.slice(skipped).toWellFormed(), characters)}`,
    `${start}${shortLine(after.slice(skipped).toWellFormed(), characters)}`,
  ];
}

/** Lines of a unified diff, each beginning with its sign; a `-` with a `+` behind it are cut as a pair. */
export function shortLines(lines: readonly string[], characters: number): readonly string[] {
  return lines.map((line, index) => {
    if (line.length <= characters) return line;
    const [sign, text, next, previous] = [line.slice(0, 1), line.slice(1), lines[index + 1], lines[index - 1]];
    if (sign === '-' && next?.startsWith('+')) return `-${shortPair(text, next.slice(1), characters)[0]}`;
    if (sign === '+' && previous?.startsWith('-')) return `+${shortPair(previous.slice(1), text, characters)[1]}`;
    return `${sign}${shortLine(text, characters)}`;
  });
}

function leftOut(characters: number): string {
  return `…(${characters.toLocaleString('en-US')} ${characters === 1 ? 'character' : 'characters'} left out)…`;
}
