import { Client, type ClientConfig } from 'pg';

/** The data folder belongs to another running Planwright. */
export class DatabaseInUse extends Error {
  readonly pid: number;
  readonly dataFolder: string;

  constructor(pid: number, dataFolder: string) {
    super(
      `${dataFolder} is in use by another Planwright (pid ${pid}): stop that one, or give this one a folder of its own with PLANWRIGHT_DATA`,
    );
    this.name = 'DatabaseInUse';
    this.pid = pid;
    this.dataFolder = dataFolder;
  }
}

export interface ServeClaim {
  /** Resolves when the connection that holds the claim has ended, in whatever way. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

/** `planwrig` in ASCII: nobody else's advisory lock. */
const claimKey = '8100131017476024679';
const claimName = 'planwright serve pid ';

/**
 * Makes this process the only server of the database. The claim is a session's advisory lock, so that it ends with the process however that dies;
 * the session's name says whose it is. Rejects with DatabaseInUse when another process has it.
 */
export async function takeServeClaim(connection: ClientConfig, dataFolder: string): Promise<ServeClaim> {
  const client = new Client({ ...connection, application_name: `${claimName}${process.pid}` });
  const lost = new Promise<void>((resolve) => client.once('end', () => resolve()));
  // Reported through `lost`; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [claimKey]);
  if (rows[0]?.taken === true) return { lost, release: () => client.end() };

  const holder = await claimHolder(client);
  await client.end();
  throw new DatabaseInUse(holder, dataFolder);
}

async function claimHolder(client: Client): Promise<number> {
  const { rows } = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and (l.classid::int8 << 32 | l.objid::int8) = $1::int8`,
    [claimKey],
  );
  return Number(rows[0]?.name.slice(claimName.length));
}
