/** Texts of this length and more are looked for by how they begin. */
const beginning = 8;
/** From this length on a text counts wherever it stands. A short one only where it stands alone: a password `a` must not blacken every word. */
const longEnough = 6;
/** Comparisons that all texts together may cost. Only what is made to be slow needs more, and counts as repeating. */
const mostComparisons = 2_000_000;

/** A part of a text that is one of the texts looked for; `end` is the offset behind it. */
export interface Repeat {
  readonly start: number;
  readonly end: number;
}

/** Finds where a text holds any of many others. */
export interface SecretRepeats {
  /** True as soon as one is found. */
  isIn(text: string): boolean;
  /** Every place where one begins, with the longest that begins there. */
  allIn(text: string): readonly Repeat[];
}

/** Built once in a time that follows the length of the forms; a text then costs what its own length is, however many forms there are. */
export function secretRepeats(forms: Iterable<string>): SecretRepeats {
  const short = new Map<number, Set<string>>();
  const long = new Map<string, string[]>();
  for (const form of forms) {
    if (form.length < beginning) short.set(form.length, (short.get(form.length) ?? new Set()).add(form));
    else {
      const start = form.slice(0, beginning);
      const alike = long.get(start);
      if (alike === undefined) long.set(start, [form]);
      else alike.push(form);
    }
  }

  let left = mostComparisons;

  function* find(text: string): Generator<Repeat> {
    for (let start = 0; start < text.length; start += 1) {
      let end = -1;
      for (const [length, forms] of short)
        if (forms.has(text.slice(start, start + length)) && (length >= longEnough || standsAlone(text, start, length)))
          end = Math.max(end, start + length);
      for (const form of long.get(text.slice(start, start + beginning)) ?? []) {
        left -= 1 + form.length / 64;
        if (left < 0) {
          yield { start: 0, end: text.length };
          return;
        }
        if (text.startsWith(form, start)) end = Math.max(end, start + form.length);
      }
      if (end > start) yield { start, end };
    }
  }

  return { isIn: (text) => find(text).next().done !== true, allIn: (text) => [...find(text)] };
}

function standsAlone(text: string, start: number, length: number): boolean {
  return !isWordCharacter(text[start - 1]) && !isWordCharacter(text[start + length]);
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}
