/** `digits` times ten to the power of `scale`, exactly. */
export interface Quantity {
  readonly digits: bigint;
  readonly scale: number;
}

const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE])|([KMGTPE])i|[eE]([+-]?\d{1,3}))?$/;
const decimals = new Map(
  [...'numkMGTPE'].map((suffix, index) => [suffix, [-9, -6, -3, 3, 6, 9, 12, 15, 18][index] ?? 0]),
);
const binaries = new Map([...'KMGTPE'].map((suffix, index) => [suffix, 1024n ** BigInt(index + 1)]));

/** Reads a quantity of Kubernetes (`500m`, `1.5Gi`, `1e3`); undefined for what is none. */
export function quantityOf(text: string): Quantity | undefined {
  const match = text.length > 1_000 ? null : form.exec(text);
  const [, sign, whole = '', fraction = '', decimal, binary, exponent] = match ?? [];
  if (match === null || whole + fraction === '') return undefined;
  const magnitude = BigInt(`${whole}${fraction}`);
  const scale = -fraction.length + (decimals.get(decimal ?? '') ?? Number(exponent ?? 0));
  return { digits: magnitude * (binaries.get(binary ?? '') ?? 1n) * (sign === '-' ? -1n : 1n), scale };
}

export function isQuantityText(text: string): boolean {
  return quantityOf(text) !== undefined;
}

/** -1, 0 or 1. */
export function compareQuantities(one: Quantity, two: Quantity): number {
  const { digits } = quantitySum(one, two, -1n);
  return digits < 0n ? -1 : digits > 0n ? 1 : 0;
}

export function quantitySum(one: Quantity, two: Quantity, sign: 1n | -1n): Quantity {
  const scale = Math.min(one.scale, two.scale);
  const at = ({ digits, scale: own }: Quantity) => digits * 10n ** BigInt(own - scale);
  return { digits: at(one) + sign * at(two), scale };
}

/** Beyond this many places a text in full would be all zeros. */
const longestScale = 30;

/** The one text of a quantity: two are equal exactly when their texts are. No suffix, as few digits as hold it (`1000m` → `1`, `1Ki` → `1024`). */
export function quantityText({ digits, scale }: Quantity): string {
  if (digits === 0n) return '0';
  const sign = digits < 0n ? '-' : '';
  const all = String(digits).slice(sign.length);
  const plain = all.replace(/0+$/, '');
  const places = scale + all.length - plain.length;
  if (Math.abs(places) > longestScale) return `${sign}${plain}e${places}`;
  if (places >= 0) return `${sign}${plain}${'0'.repeat(places)}`;
  const padded = plain.padStart(1 - places, '0');
  return `${sign}${padded.slice(0, places)}.${padded.slice(places)}`;
}
