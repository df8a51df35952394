/** Whether an `Accept` header names JSON, and names HTML later or with less weight or not at all. */
export function prefersJson(accept: string | undefined): boolean {
  return weightOf('application/json', accept) > weightOf('text/html', accept);
}

/** Wildcards do not count: who takes anything gets the page. Of equal weights the first named is meant. */
function weightOf(type: string, accept = ''): number {
  const ranges = accept.toLowerCase().split(',').slice(0, 50);
  const at = ranges.findIndex((range) => range.split(';', 1)[0]?.trim() === type);
  if (at < 0) return 0;
  const quality = Number(/;\s*q=([0-9.]{1,6})/.exec(ranges[at] ?? '')?.[1] ?? 1);
  return quality > 0 ? quality - at / 1_000_000 : 0;
}
