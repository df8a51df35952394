import { closest, distance } from 'fastest-levenshtein';

/** The known word that was probably meant, or undefined when none is near. */
function nearestKey(written: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || written.length > 100) return undefined;
  const lower = written.toLowerCase().replaceAll('-', '_');
  const nearest = closest(lower, [...known]);
  return distance(lower, nearest) <= Math.max(2, Math.floor(nearest.length / 3)) ? nearest : undefined;
}

/** ` — did you mean "x"?`, or the known words. */
export function suggestion(written: string, known: readonly string[]): string {
  const nearest = nearestKey(written, known);
  if (nearest !== undefined) return ` — did you mean "${nearest}"?`;
  return known.length === 0 ? '' : `; known here: ${known.join(', ')}`;
}
