import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The account that the embedded PostgreSQL runs under; undefined: this process's own. */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root lends it the account that owns nothing. */
export async function postgresUser(): Promise<PostgresUser | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const accounts = await readFile('/etc/passwd', 'utf8');
  const nobody = accounts.split('\n').find((line) => line.startsWith('nobody:'));
  const [, , uid, gid] = nobody?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(
      'the embedded PostgreSQL cannot run as root, and there is no account "nobody" to run it under: start Planwright as another user, or set DATABASE_URL',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** Throws when the user cannot enter the folder through its parents. */
export async function checkReachable(folder: string, user: PostgresUser): Promise<void> {
  for (let current = folder; ; current = dirname(current)) {
    const { mode, uid, gid } = await stat(current);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new Error(
        `the embedded PostgreSQL runs as "nobody" (root is refused) and cannot enter ${current}, where its data would lie: set PLANWRIGHT_DATA to a folder like /var/lib/planwright, or set DATABASE_URL`,
      );
    }
    if (current === dirname(current)) return;
  }
}
