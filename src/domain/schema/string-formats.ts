import ipaddr from 'ipaddr.js';
import { isDate, isDateTime } from './date-time.ts';

/** `unknown`: the API server checks this format, and here nobody can say. */
export type FormatVerdict = 'holds' | 'fails' | 'unknown';

/**
 * Whether a text has the format that a definition asks for, as the API server sees it (`strfmt` of k8s.io/kube-openapi, tried on the real one). A format
 * that the API server does not know holds of any text.
 */
export function formatVerdict(format: string, text: string): FormatVerdict {
  const name = format.replaceAll('-', '');
  if (beyond.has(name)) return 'unknown';
  const holds = formats.get(name);
  return holds === undefined || holds(text) ? 'holds' : 'fails';
}

const beyond = new Set(['email', 'isbn', 'isbn10', 'isbn13', 'creditcard', 'rgbcolor', 'bsonobjectid']);

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const shortName = new RegExp(`^${label}$`);
const longName = new RegExp(`^${label}(\\.${label})*$`);

const formats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['byte', (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) && text !== ''],
  ['date', isDate],
  ['datetime', isDateTime],
  ['duration', isDuration],
  ['ipv4', (text) => isSloppyIPv4(text)],
  ['ipv6', (text) => text.includes(':') && ipaddr.IPv6.isValid(text) && !text.includes('%')],
  ['cidr', isCidr],
  ['mac', isMac],
  ['uri', (text) => !/[\s\p{Cc}]/u.test(text) && /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)/.test(text)],
  ['hostname', isHostname],
  ['uuid', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)],
  ['uuid3', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)],
  ['uuid4', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text)],
  ['uuid5', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text)],
  ['hexcolor', (text) => /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(text)],
  ['ssn', (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['k8sshortname', (text) => text.length <= 63 && shortName.test(text)],
  ['k8slongname', (text) => text.length <= 253 && longName.test(text)],
]);

/** As Go writes them (`1h30m`, `-1.5s`), and as Scala does (`22 ns`, `3 days`). */
function isDuration(text: string): boolean {
  if (/^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return true;
  const units =
    /^(?:ns|nano[a-zµ]*|us|µs|micro[a-zµ]*|ms|milli[a-zµ]*|s|sec[a-zµ]*|m|min[a-zµ]*|h|hr|hour[a-zµ]*|d|day[a-zµ]*|w|wk|week[a-zµ]*)$/;
  return [...text.matchAll(/(?<!\d)\d+\s*([A-Za-zµ]+)/g)].some(([, unit = '']) => units.test(unit.toLowerCase()));
}

/** Leading zeros are decimal, as in Go before 1.17. */
function isSloppyIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= 255);
}

function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 0 || !/^\d{1,3}$/.test(bits)) return false;
  if (isSloppyIPv4(address)) return Number(bits) <= 32;
  return address.includes(':') && !address.includes('%') && ipaddr.IPv6.isValid(address) && Number(bits) <= 128;
}

function isMac(text: string): boolean {
  const pairs = /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2})*$/i.test(text) ? (text.length + 1) / 3 : 0;
  const quads = /^[0-9a-f]{4}(?:\.[0-9a-f]{4})*$/i.test(text) ? ((text.length + 1) / 5) * 2 : 0;
  return [6, 8, 20].includes(pairs) || [6, 8, 20].includes(quads);
}

function isHostname(text: string): boolean {
  if (text.length > 255) return false;
  const labels = text.split('.');
  const isLabel = (part: string) =>
    /^[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\p{S}\p{L}-]*[a-zA-Z0-9\p{S}\p{L}])?$/u.test(part);
  return labels.every((part) => part.length <= 63 && isLabel(part));
}
