/** The address for people, without its password and parameters. Throws, without quoting it, when it is none. */
export function describeAddress(databaseUrl: string): string {
  // `/folder database`: a unix socket, where no password is written.
  if (databaseUrl.startsWith('/')) return databaseUrl;
  if (!URL.canParse(databaseUrl))
    throw new Error('DATABASE_URL is not an address like postgresql://user:password@host:5432/database');
  const url = new URL(databaseUrl);
  return `${url.protocol}//${url.username === '' ? '' : `${url.username}@`}${url.host}${url.pathname}`;
}
