const maxLength = 1500;

/** What git wrote, fit for a message: without secrets, control characters and idle lines, and not longer than 1,500 characters. */
export function gitWords(text: string, secrets: readonly string[] = []): string {
  const masked = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const lines = masked
    .replace(/(authorization:\s*\w+\s+)\S+/gi, '$1***')
    .replace(/(:\/\/)[^/\s@]*@/g, '$1***@')
    .split(/[\r\n]+/)
    .map((line) => line.replace(/[\p{Cc}\p{Cf}]/gu, '').trim())
    .filter((line) => line !== '');
  const joined = lines.join('; ');
  return joined.length > maxLength ? `${joined.slice(0, maxLength)}…` : joined;
}
