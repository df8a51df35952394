const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90s`, `10m`, `2h` or `7d`; undefined for any other text. */
export function durationMs(text: string): number | undefined {
  const parts = /^([0-9]{1,6})([smhd])$/.exec(text);
  const unit = unitMs[parts?.[2] ?? ''];
  return unit === undefined ? undefined : Number(parts?.[1]) * unit;
}
