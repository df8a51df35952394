import type { JsonObject } from '../json.ts';
import { secretValues } from './mask.ts';
import { secretForms } from './secret-forms.ts';
import { isSecretName } from './secret-name.ts';
import { type Repeat, secretRepeats } from './secret-repeats.ts';

/** What stands in a text where a secret stood. */
const masked = '(masked)';
/** Parts of a secret this long are masked. */
const partLength = 8;
/** A part this long is no word that a secret only happens to share with the text. */
const surelyTold = 20;
const longestLine = 10_000;
const longestText = 32_768;

/**
 * Makes a function that masks a free text: an API's error, a condition's message, an event, a line of a log. Masked are the secrets of these
 * objects (what was sent, and what is live) in every form and in parts of eight characters or more, and values that the text itself names like a
 * credential, which may be anybody's. Masking twice changes nothing. Mask before cutting: what is left of a secret is not always found. A text of
 * more than 32,768 characters is cut there.
 */
export function textMask(objects: readonly JsonObject[]): (text: string) => string {
  let known: KnownSecrets | undefined;
  return (text) => {
    if (text === '') return text;
    known ??= knownSecrets(objects);
    if (text.length <= longestText) return maskNamedValues(maskKnown(text, known));
    // The cut may leave the beginning of a secret, too short to be found.
    return `${maskNamedValues(maskKnown(text.slice(0, longestText), known)).slice(0, -surelyTold)} …`;
  };
}

interface KnownSecrets {
  readonly forms: readonly string[];
  readonly repeatsIn: (text: string) => readonly Repeat[];
}

function knownSecrets(objects: readonly JsonObject[]): KnownSecrets {
  const forms = new Set<string>();
  for (const object of objects)
    for (const secret of secretValues(object)) for (const form of secretForms(secret)) forms.add(form);
  const lines = [...forms].flatMap(longLines);
  const repeats = secretRepeats(new Set([...forms, ...lines]));
  return { forms: [...forms].filter((form) => form.length >= partLength), repeatsIn: repeats.allIn };
}

/** An error may quote one line of a key or a certificate. */
function longLines(text: string): readonly string[] {
  if (!text.includes('\n')) return [];
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= partLength && line.length <= longestLine);
}

function maskKnown(text: string, { forms, repeatsIn }: KnownSecrets): string {
  if (forms.length === 0 && repeatsIn(text).length === 0) return text;
  const spans = [...repeatsIn(text), ...partsIn(text, forms)].sort((left, right) => left.start - right.start);
  let result = '';
  let done = 0;
  for (const { start, end } of spans) {
    if (end <= done) continue;
    // What overlaps or touches is one secret.
    if (start > done || done === 0) result += `${text.slice(done, start)}${masked}`;
    done = end;
  }
  return result + text.slice(done);
}

/** Runs of the text that stand in a secret too. Words that anybody may write are no parts of a secret, however many secrets hold them. */
function partsIn(text: string, forms: readonly string[]): readonly Repeat[] {
  const grams = new Map<string, number[]>();
  const hints = new Uint8Array(1 << 16);
  for (let at = 0; at + partLength <= text.length; at += 1) {
    const gram = text.slice(at, at + partLength);
    const places = grams.get(gram);
    if (places === undefined) grams.set(gram, [at]);
    else places.push(at);
    hints[hintOf(text, at)] = 1;
  }
  const isPart = new Uint8Array(text.length + 1);
  for (const form of forms) {
    for (let at = 0; at + partLength <= form.length; at += 1) {
      if (hints[hintOf(form, at)] === 0) continue;
      const gram = form.slice(at, at + partLength);
      for (const place of grams.get(gram) ?? []) isPart.fill(1, place, place + partLength);
      grams.delete(gram);
    }
  }
  return runsOf(isPart).filter(({ start, end }) => isTelling(text.slice(start, end)));
}

/** Spares most of a long secret the search: three characters of eight. */
function hintOf(text: string, at: number): number {
  return (text.charCodeAt(at) * 2659 + text.charCodeAt(at + 3) * 211 + text.charCodeAt(at + 7)) & 0xffff;
}

function runsOf(isPart: Uint8Array): readonly Repeat[] {
  const runs: Repeat[] = [];
  for (let start = isPart.indexOf(1); start >= 0; ) {
    const end = isPart.indexOf(0, start);
    runs.push({ start, end });
    start = isPart.indexOf(1, end);
  }
  return runs;
}

/** Letters of one case and punctuation are words; with digits or another case among them they are keys. */
function isTelling(part: string): boolean {
  const classes = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u].filter((pattern) => pattern.test(part));
  return part.length >= surelyTold || classes.length > 1;
}

/** Values that the objects do not hold (another manager's, in a quoted Pod template) are found by the names beside them, in JSON, Go and `name=value`. */
function maskNamedValues(text: string): string {
  return text
    .replace(
      /("?name"?\s*:\s*"((?:[^"\\]|\\.)*)"\s*,\s*"?value"?\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
      (whole, start: string, name: string) => (isSecretName(name) ? `${start}"${masked}"` : whole),
    )
    .replace(/"((?:[^"\\]|\\.){0,256})"(\s*:\s*)"((?:[^"\\]|\\.)*)"/g, (whole, name: string, colon: string) =>
      isSecretName(name) ? `"${name}"${colon}"${masked}"` : whole,
    )
    .replace(
      /(?<![\w.-])([\w.-]{1,64})(=|:\s?(?="))(?!\(masked\))("(?:[^"\\]|\\.)*"|[^\s"',;&}\])]+)/g,
      (whole, name: string, joint: string, value: string) => {
        if (!isSecretName(name)) return whole;
        return `${name}${joint}${value.startsWith('"') ? `"${masked}"` : masked}`;
      },
    );
}
