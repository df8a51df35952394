/** Milliseconds of GitHub's clock from `2026-01-31T12:00:00Z`. */
export function timestampMs(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new TypeError(`not a time: ${JSON.stringify(text)}`);
  return ms;
}
