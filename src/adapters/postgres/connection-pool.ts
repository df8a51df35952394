import { Pool, type PoolConfig, types } from 'pg';
import type { Log } from '../../flows/ports/clock.ts';
import { parseJsonText } from './json-text.ts';

const connectTimeoutMs = 10_000;
const readers: ReadonlyMap<number, (text: string) => unknown> = new Map([
  [types.builtins.INT8, safeInteger],
  [types.builtins.JSON, parseJsonText],
  [types.builtins.JSONB, parseJsonText],
]);

/** Connections whose `bigint` columns are numbers and whose JSON keeps large integers. A connection that breaks is logged and replaced. */
export function openPool(options: { readonly connection: PoolConfig; readonly max: number; readonly log: Log }): Pool {
  const pool = new Pool({
    ...options.connection,
    max: options.max,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'planwright',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        format === 'binary' ? types.getTypeParser(oid, format) : (readers.get(oid) ?? types.getTypeParser(oid)),
    },
  });
  pool.on('error', (error) => {
    // Its connections may see the database go before they have said goodbye.
    if (!pool.ending) options.log.warn({ fault: error.message }, 'a database connection broke and is replaced');
  });
  // The pool listens to idle connections only; one that breaks in the middle of a transaction would otherwise end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`the database holds ${text} where Planwright expects an integer below 2^53`);
  return value;
}
