const schemes = ['postgresql:', 'postgres:', 'socket:'];

/** The address for people, without its password and parameters. Throws, without quoting it, when it is none. */
export function describeAddress(databaseUrl: string): string {
  // `/folder database`: a unix socket, where no password is written.
  if (databaseUrl.startsWith('/')) return databaseUrl;
  const url = URL.parse(databaseUrl);
  if (url === null || !schemes.includes(url.protocol)) {
    throw new Error('DATABASE_URL is not an address like postgresql://user:password@host:5432/database');
  }
  return `${url.protocol}//${url.username === '' ? '' : `${url.username}@`}${url.host}${url.pathname}`;
}
