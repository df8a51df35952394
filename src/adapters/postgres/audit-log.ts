import type { PoolClient } from 'pg';
import type { AuditEntry } from '../../domain/audit/audit-chain.ts';
import type { Json } from '../../domain/json.ts';
import type { AuditFilter, AuditLog } from '../../flows/ports/audit-log.ts';
import { openPool } from './connection-pool.ts';
import { describeAddress } from './database-address.ts';
import { shareEmbeddedPostgres } from './embedded-postgres.ts';
import { checkMigrated } from './migrations/migrate.ts';
import { type DatabaseOptions, DatabaseUnreachable } from './open-database.ts';

const pageSize = 1_000;

interface AuditRow {
  readonly sequence: number;
  readonly at_ms: number;
  readonly repository: number;
  readonly kind: string;
  readonly subject: string;
  readonly facts: Json;
  readonly previous_hash: string;
  readonly hash: string;
}

/**
 * Lets somebody read the audit beside the server, which may go on writing: everything is read from one snapshot, and nothing is written. An embedded
 * database that nobody runs is run meanwhile. Rejects with DatabaseUnreachable, and for tables of another version.
 */
export async function readAuditLog<Result>(
  options: Omit<DatabaseOptions, 'waitMs'>,
  read: (log: AuditLog) => Promise<Result>,
): Promise<Result> {
  const { databaseUrl, log } = options;
  const { connection, description, release } =
    databaseUrl === undefined
      ? { ...(await shareEmbeddedPostgres(options)), description: `in ${options.dataDirectory}` }
      : {
          connection: { connectionString: databaseUrl },
          description: describeAddress(databaseUrl),
          release: async () => undefined,
        };
  try {
    const pool = openPool({ connection, max: 1, log });
    try {
      await pool.query('select 1').catch((error: unknown) => {
        throw new DatabaseUnreachable(description, error);
      });
      await checkMigrated(pool);
      const client = await pool.connect();
      try {
        await client.query('begin isolation level repeatable read read only');
        return await read(auditLog(client));
      } finally {
        client.release(true);
      }
    } finally {
      await pool.end();
    }
  } finally {
    await release();
  }
}

function auditLog(client: PoolClient): AuditLog {
  return {
    async noted() {
      const { rows } = await client.query<{ sequence: number; hash: string }>(
        'select sequence, hash from planwright.audit_end',
      );
      return rows[0];
    },
    entries: (filter) => entriesOf(client, filter),
  };
}

async function* entriesOf(client: PoolClient, filter: AuditFilter): AsyncGenerator<AuditEntry> {
  const repository = await repositoryIdOf(client, filter.repository);
  let after = 0;
  for (;;) {
    const { rows } = await client.query<AuditRow>(
      `select sequence, at_ms, repository, kind, subject, facts, previous_hash, hash from planwright.audit
       where sequence > $1 and ($2::bigint is null or repository = $2) and ($3::bigint is null or at_ms >= $3) and ($4::bigint is null or at_ms < $4)
       order by sequence limit ${pageSize}`,
      [after, repository, filter.fromMs ?? null, filter.beforeMs ?? null],
    );
    for (const row of rows) {
      yield {
        sequence: row.sequence,
        atMs: row.at_ms,
        repository: row.repository,
        kind: row.kind,
        subject: row.subject,
        facts: row.facts,
        previousHash: row.previous_hash,
        hash: row.hash,
      };
      after = row.sequence;
    }
    if (rows.length < pageSize) return;
  }
}

/** Null for all. Of two that had the name one after the other, the one that was seen with it last. */
async function repositoryIdOf(client: PoolClient, repository: AuditFilter['repository']): Promise<number | null> {
  if (repository === undefined) return null;
  if (typeof repository === 'number') return repository;
  const { rows } = await client.query<{ id: number }>(
    'select id from planwright.repository where lower(full_name) = lower($1) order by named_at desc limit 1',
    [repository],
  );
  const [found] = rows;
  if (found === undefined)
    throw new Error(
      `no repository is known by the name ${repository}; name it as Planwright saw it last, or by GitHub's id`,
    );
  return found.id;
}
