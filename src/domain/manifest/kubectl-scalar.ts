import { coreValue } from './core-scalar.ts';
import type { KeyReading, ScalarReading, ScalarValue } from './scalar-reading.ts';

const words: ReadonlyMap<string, boolean | null> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
]);
const infiniteOrNan = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const mayBeSpecial = /^[-+.0-9yYnNtTfFoO~]/;
const beginsWithLetter = /^[A-Za-z]/;
/** Below 2^53, and the same number in every version of YAML. */
const smallInteger = /^(?:0|[1-9][0-9]{0,14})$/;
const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
/** `0b` and a sign: an accident of go-yaml's own fallback for binary numbers. */
const signedBinary = /^0b([-+])([01]+)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const dottedFloat = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;
const onlyDigits = /^[-+]?[0-9]+$/;
/** A sign, a base prefix and 64 binary digits: whatever is longer does not fit into 64 bits (leading zeros apart). */
const longestIntegerText = 67;
const smallestInteger = -(2n ** 63n);
const largestInteger = 2n ** 63n - 1n;

const beyond64Bits = 'an integer beyond 64 bits is not kept exactly by Kubernetes: quote it, or write it as a float';
const notJson = 'infinite and not-a-number cannot be written as JSON: quote it, or write a number';

/**
 * A plain scalar as kubectl 1.35 reads it: YAML 1.1's booleans, octal, binary and `_`, but neither sexagesimal numbers nor dates. Measured; the table is in
 * the test. Integers of up to 64 bits are exact; what kubectl would round is refused. Warns where YAML 1.2 reads another value.
 */
export function readKubectlScalar(text: string): ScalarReading {
  if (text !== '' && !mayBeSpecial.test(text)) return { kind: 'value', value: text };
  // Most of what is left: `name` and `80` mean the same in YAML 1.2.
  if (beginsWithLetter.test(text) && !words.has(text)) return { kind: 'value', value: text };
  if (smallInteger.test(text)) return { kind: 'value', value: Number(text) };
  if (infiniteOrNan.test(text)) return { kind: 'refused', reason: notJson };
  const value = kubectlValue(text);
  if (value === undefined) return { kind: 'refused', reason: beyond64Bits };
  const other = coreValue(text);
  if (sameScalar(value, other)) return { kind: 'value', value };
  return { kind: 'value', value, warning: differenceText(text, value, other) };
}

/** A plain scalar as kubectl reads it in the place of a key: booleans and numbers become text again (`on` is `true`, `0777` is `511`). */
export function readKubectlKey(text: string): KeyReading {
  const reading = readKubectlScalar(text);
  if (reading.kind === 'refused') return reading;
  const { value, warning } = reading;
  if (value === null) return { kind: 'refused', reason: 'a key must be text, and this one is null: quote it' };
  const key = typeof value === 'number' && !isWholeNumberText(text) ? floatKey(value) : String(value);
  if (key === undefined)
    return { kind: 'refused', reason: 'this number as a key would be rounded by kubectl: quote it' };
  if (warning !== undefined) return { kind: 'key', key, warning };
  if (key === text || value === true || value === false) return { kind: 'key', key };
  return {
    kind: 'key',
    key,
    warning: `as a key, ${quoted(text)} becomes ${quoted(key)}, as in kubectl: quote it, or write ${quoted(key)}`,
  };
}

/** Undefined where kubectl would round an integer. */
function kubectlValue(text: string): ScalarValue | undefined {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (text.startsWith('.')) return dottedFloat.test(text) ? finite(text.replaceAll('_', ''), text) : text;
  if (!/^[-+0-9]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  if (integer.test(plain)) return exactInteger(plain);
  const signed = signedBinary.exec(plain);
  if (signed !== null) return exactInteger(`${signed[1]}0b${signed[2]}`);
  if (!float.test(plain)) return text;
  const value = finite(plain, text);
  if (onlyDigits.test(plain) && !Number.isSafeInteger(value)) return undefined;
  return value;
}

function exactInteger(plain: string): number | bigint | undefined {
  if (plain.length > longestIntegerText) return undefined;
  const negative = plain.startsWith('-');
  const digits = /^[-+]/.test(plain) ? plain.slice(1) : plain;
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = negative ? -magnitude : magnitude;
  if (value < smallestInteger || value > largestInteger) return undefined;
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

/** A number that no double can hold stays text, as in kubectl; the negative zero has no JSON of its own. */
function finite(plain: string, text: string): number | string {
  const value = Number(plain);
  if (!Number.isFinite(value)) return text;
  return value === 0 ? 0 : value;
}

/**
 * kubectl writes a float key with single precision in Go's `%g`. For at most six digits of ordinary size this is JavaScript's own text;
 * the others are left to the author.
 */
function floatKey(value: number): string | undefined {
  const key = String(value);
  const digits = key.replace(/^-?(?:0\.)?0*/, '').replace('.', '');
  const size = Math.abs(value);
  const ordinary = value === 0 || (size >= 1e-4 && size < 1e6);
  return ordinary && digits.length <= 6 ? key : undefined;
}

function isWholeNumberText(text: string): boolean {
  return integer.test(text.replaceAll('_', ''));
}

function sameScalar(kubectl: ScalarValue, core: ScalarValue): boolean {
  if (typeof kubectl === 'bigint' && typeof core === 'number') return Number(kubectl) === core;
  return kubectl === core;
}

function differenceText(text: string, value: ScalarValue, other: ScalarValue): string {
  if (typeof value === 'boolean')
    return `unquoted ${quoted(text)} is the boolean ${value} for kubectl, and text in YAML 1.2: quote it, or write ${value}`;
  const otherwise = typeof other === 'string' ? 'text' : 'another number';
  return `this unquoted scalar is a number for kubectl, and ${otherwise} in YAML 1.2: quote it, or write the number in plain decimals`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
