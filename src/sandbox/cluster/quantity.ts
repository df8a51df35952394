const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)?)$/;
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimalPowers: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const nanoPlaces = 9;
const nanos = 10n ** BigInt(nanoPlaces);

/**
 * A resource quantity in the form in which an API server stores it: no fraction, the largest suffix that loses nothing
 * (`1000m` → `1`, `1024Mi` → `1Gi`, `0.5` → `500m`, `1.5Gi` → `1536Mi`). Undefined when the text is no quantity.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
 */
export function canonicalQuantity(text: string): string | undefined {
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = shape.exec(text) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const isNegative = sign === '-';
  const power = exponent === undefined ? (decimalPowers[suffix] ?? 0) : Number(exponent.slice(1));
  const binary = 1024n ** BigInt(Math.max(0, suffix === '' ? 0 : binarySuffixes.indexOf(suffix)));
  const digits = BigInt(whole + fraction) * binary;
  const places = nanoPlaces + power - fraction.length;
  const amount = places >= 0 ? digits * 10n ** BigInt(places) : roundUp(digits, 10n ** BigInt(-places));
  const isBinary = binary > 1n && (amount >= 1024n * nanos || amount === 0n) && amount % nanos === 0n;
  const written = isBinary ? inBinary(amount / nanos) : inDecimal(amount, exponent !== undefined);
  return isNegative && amount > 0n ? `-${written}` : written;
}

const roundUp = (amount: bigint, unit: bigint): bigint => (amount + unit - 1n) / unit;

function inBinary(amount: bigint): string {
  let left = amount;
  let step = 0;
  while (left > 0n && left % 1024n === 0n && step < binarySuffixes.length - 1) {
    left /= 1024n;
    step += 1;
  }
  return `${left}${binarySuffixes[step] ?? ''}`;
}

function inDecimal(amount: bigint, isExponential: boolean): string {
  if (amount === 0n) return '0';
  const fitting = Object.entries(decimalPowers).filter(
    ([, power]) => amount % 10n ** BigInt(nanoPlaces + power) === 0n,
  );
  const [suffix, power] = fitting.at(-1) ?? ['n', -nanoPlaces];
  const digits = amount / 10n ** BigInt(nanoPlaces + power);
  if (isExponential) return power === 0 ? `${digits}` : `${digits}e${power}`;
  return `${digits}${suffix}`;
}
