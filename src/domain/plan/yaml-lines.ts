import { dump } from 'js-yaml';
import { canonicalJson, isJsonArray, type Json } from '../json.ts';

/** A line of YAML, its indentation (in columns, from where its value stands) told apart from its text. */
export interface YamlLine {
  readonly indent: number;
  readonly text: string;
}

/**
 * A value as normalised YAML behind what introduces it (`image:`, `-`): scalars on the same line, texts of several lines as a literal block,
 * lists and maps below. Types stay visible: the text `5` is quoted, the number is not. Lines of a literal block are as they are, whatever
 * characters they hold: a tab must not turn a whole file into one quoted line.
 */
export function yamlLines(introduction: string, json: string): readonly YamlLine[] {
  const value = JSON.parse(json) as Json;
  if (typeof value === 'string') return textLines(introduction, value);
  if (value === null || typeof value !== 'object' || isEmpty(value) || canonicalJson(value) !== json) {
    // Canonical JSON is YAML too, and holds integers beyond 2^53 in full, which JSON.parse has rounded.
    return [{ indent: 0, text: `${introduction} ${json}` }];
  }
  const indent = isJsonArray(value) ? 0 : 2;
  const body = blockYaml(value).split('\n');
  return [{ indent: 0, text: introduction }, ...body.map((text) => ({ indent, text }))];
}

/** A list or a map that is not empty, in block style, without a line break at the end. */
export function blockYaml(value: Json): string {
  const text = dump(value, { lineWidth: -1, noRefs: true, seqNoIndent: true });
  // After a text that ends in empty lines js-yaml says that the document ends.
  return (text.endsWith('\n...\n') ? text.slice(0, -'...\n'.length) : text).slice(0, -1);
}

/** A field's name as a key; what would not be read as this name, or not on one line, is quoted. */
export function yamlKey(name: string): string {
  if (/^[A-Za-z_][\w./-]*$/.test(name) && !otherValue.test(name)) return `${name}:`;
  return `${JSON.stringify(name)}:`;
}

/** Texts that nobody could read as anything else; most are, and dumping each would take longer than all the rest. */
const plainText = /^[A-Za-z](?:[\w./:@-]*[\w/@-])?$/;
const otherValue = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

function textLines(introduction: string, text: string): readonly YamlLine[] {
  if (plainText.test(text) && !otherValue.test(text)) return [{ indent: 0, text: `${introduction} ${text}` }];
  if (!text.includes('\n') || text.trim() === '')
    return [{ indent: 0, text: `${introduction} ${dump(text, { lineWidth: -1 }).trimEnd()}` }];
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const lines = body.split('\n');
  // Without a number the first line would say how far the block is indented.
  const indentation = /^[ \t]/.test(lines.find((line) => line !== '') ?? '') ? '2' : '';
  const end = !text.endsWith('\n') ? '-' : lines.at(-1) === '' ? '+' : '';
  return [
    { indent: 0, text: `${introduction} |${indentation}${end}` },
    ...lines.map((line) => ({ indent: line === '' ? 0 : 2, text: line })),
  ];
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
