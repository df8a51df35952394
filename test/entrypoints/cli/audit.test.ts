import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/adapters/postgres/open-database.ts';
import { installationId, repositoryId } from '../../../src/domain/identity.ts';
import { type DatabasePlace, embeddedPlace } from '../../contracts/database-place.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const acme = repositoryId(7);

describe('planwright audit', { timeout: 120_000 }, () => {
  let place: DatabasePlace;
  let database: Database;
  let head: string;

  beforeAll(async () => {
    place = await embeddedPlace();
    database = await openDatabase({ ...place.options, log: quietLog() });
    await database.store.nameRepository({ id: acme, owner: 'acme', name: 'infra', installation: installationId(1) });
    for (const subject of ['#1', '#2', 'web@staging'])
      await database.store.audit({
        repository: acme,
        kind: 'decision',
        subject,
        facts: { status: 'open', n: 2n ** 60n },
      });
    await database.store.audit({ repository: repositoryId(8), kind: 'plan', subject: '#1', facts: {} });
  }, 60_000);

  afterAll(async () => {
    await database.close();
    await place.remove();
  }, 60_000);

  function audit(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'audit', ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, PLANWRIGHT_DATA: place.options.dataDirectory, ...environment },
    });
    return { status, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
  }

  /** On the embedded database, with its triggers asleep. */
  async function tamper(text: string): Promise<void> {
    const client = new Client(await place.connection());
    await client.connect();
    await client.query('set session_replication_role = replica');
    await client.query(text);
    await client.end();
  }

  it('verify ends with 0 for an intact chain, beside a running server, and names its end', () => {
    const { status, lines, stderr } = audit(['verify']);
    expect(stderr).toBe('');
    expect(lines).toEqual([expect.stringMatching(/^intact: 4 records, ending with 4:[0-9a-f]{64}$/)]);
    expect(status).toBe(0);
    head = lines[0]?.split(' ').at(-1) ?? '';
    expect(audit(['verify', '--mark', head])).toMatchObject({ status: 0 });
  });

  it('verify --json says the same to programs', () => {
    const { status, lines } = audit(['verify', '--json']);
    const [sequence, hash] = head.split(':');
    expect(JSON.parse(lines.join(''))).toEqual({
      kind: 'intact',
      records: 4,
      last: { sequence: Number(sequence), hash },
    });
    expect(status).toBe(0);
  });

  it('export prints a line a record, whose hash anybody can compute', () => {
    const { status, lines } = audit(['export']);
    expect(status).toBe(0);
    expect(lines).toHaveLength(4);
    let previous = '0'.repeat(64);
    for (const line of lines) {
      const { hash, previousHash } = JSON.parse(line) as { hash: string; previousHash: string };
      const [, text = ''] = /"record":(.*)\}$/.exec(line) ?? [];
      expect(previousHash).toBe(previous);
      expect(createHash('sha256').update(`${previousHash}${text}`).digest('hex')).toBe(hash);
      previous = hash;
    }
    expect(lines[0]).toContain(`"n":${2n ** 60n}`);
  });

  it.each([
    [['--repository', 'Acme/infra'], 3],
    [['--repository', '8'], 1],
    [['--repository', '9', '--json'], 0],
    [['--until', '2020-01-01'], 0],
    [['--since', '2020-01-01', '--until', '2999-12-31T23:59:59Z'], 4],
  ])('export %j prints the records asked for', (words, count) => {
    expect(audit(['export', ...words])).toMatchObject({ status: 0, lines: { length: count } });
  });

  it('verify ends with 1 for a broken chain, with the first bad record and why', async () => {
    const mark = '2:'.padEnd(66, 'f');
    expect(audit(['verify', '--mark', mark])).toMatchObject({
      status: 1,
      lines: ['broken at record 2: the record is not the one that was there when the mark was written down'],
    });
    await tamper(`update planwright.audit set subject = '#3' where sequence = 3`);
    expect(audit(['verify'])).toMatchObject({ status: 1, lines: ['broken at record 3: the record was changed'] });
    const asJson = audit(['verify', '--json']);
    expect(asJson.status).toBe(1);
    expect(JSON.parse(asJson.lines.join(''))).toEqual({
      kind: 'broken',
      sequence: 3,
      reason: 'the record was changed',
    });
    await tamper(`update planwright.audit set subject = 'web@staging' where sequence = 3`);
    expect(audit(['verify'])).toMatchObject({ status: 0 });
  });

  it.each([
    ['a mark that is none', ['verify', '--mark', '4'], {}, 'a mark is a number'],
    ['a time that is none', ['export', '--since', 'yesterday'], {}, 'a time is a day as 2026-01-31'],
    ['a time without a zone', ['export', '--since', '2026-01-31T12:00:00'], {}, 'with a zone'],
    ['a repository that is none', ['export', '--repository', 'infra'], {}, 'a repository is owner/name'],
    [
      'a repository that nobody knows',
      ['export', '--repository', 'acme/app'],
      {},
      'no repository is known by the name',
    ],
    ['an address that is none', ['verify'], { DATABASE_URL: 'database' }, 'DATABASE_URL is no address'],
    [
      'a database that does not answer',
      ['verify'],
      { DATABASE_URL: 'postgresql://kim:canary-password@127.0.0.1:1/planwright' },
      'the database postgresql://kim@127.0.0.1:1/planwright cannot be used',
    ],
    ['a folder without a database', ['export'], { PLANWRIGHT_DATA: '/nowhere/at/all' }, 'there is no database in'],
  ])('ends with 2 when it could not run: %s', (_what, words, environment, message) => {
    const { status, lines, stderr } = audit(words, environment);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('canary');
    expect(lines).toEqual([]);
    expect(status).toBe(2);
  });

  it('creates nothing where there is no database', () => {
    const empty = mkdtempSync(join(tmpdir(), 'planwright-audit-'));
    expect(audit(['verify'], { PLANWRIGHT_DATA: empty })).toMatchObject({ status: 2 });
    expect(readdirSync(empty)).toEqual([]);
    rmdirSync(empty);
  });

  it('export ends quietly when its reader has seen enough', async () => {
    for (let round = 0; round < 5; round += 1)
      await database.store.transaction(async (records) => {
        for (let index = 0; index < 400; index += 1)
          await records.audit({ repository: acme, kind: 'plan', subject: '#9', facts: { text: 'x'.repeat(500) } });
      });
    const child = spawn(process.execPath, [main, 'audit', 'export'], {
      env: { PATH: process.env.PATH, PLANWRIGHT_DATA: place.options.dataDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [status] = await once(child, 'close');
    expect(said).toBe('');
    expect(status).toBe(0);
  });

  it('reads the database of a server that is stopped, and leaves it stopped', async () => {
    await database.close();
    expect(audit(['verify'])).toMatchObject({ status: 0 });
    expect(audit(['export', '--repository', '8'])).toMatchObject({ status: 0, lines: { length: 1 } });
    await expect(place.connection()).rejects.toThrow('ENOENT');
  });
});
