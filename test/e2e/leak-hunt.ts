import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Client } from 'pg';
import { superuser } from '../../src/adapters/postgres/postgres-process.ts';
import { readPostmasterFile } from '../../src/adapters/postgres/postmaster-file.ts';
import { repo, type Stage } from './stage.ts';

const partLength = 8;

/** A place where a secret was found: `database planwright.plan`, and the secret's own name. */
export interface Leak {
  readonly place: string;
  readonly secret: string;
}

/** Hides secrets that exist nowhere else, and looks for them in everything that Planwright said, kept or started. */
export class LeakHunt {
  readonly #canaries = new Map<string, string>();
  readonly #parts = new Map<string, string>();
  readonly #children: { readonly spawnargs: readonly string[] }[] = [];
  readonly #noteChild = (message: unknown) => {
    this.#children.push((message as { readonly process: { readonly spawnargs: readonly string[] } }).process);
  };

  constructor() {
    subscribe('child_process', this.#noteChild);
  }

  /** A secret of 24 letters and digits, the same one for the same name. */
  canary(name: string): string {
    const known = this.#canaries.get(name);
    if (known !== undefined) return known;
    const value = randomBytes(18).toString('base64').replaceAll(/[+/]/g, 'x');
    this.#canaries.set(name, value);
    const base64 = Buffer.from(value).toString('base64');
    for (const form of [value, base64, Buffer.from(base64).toString('base64'), Buffer.from(value).toString('hex')])
      for (let at = 0; at + partLength <= form.length; at += 1) this.#parts.set(form.slice(at, at + partLength), name);
    return value;
  }

  /** The names of the canaries of which a text holds eight characters or more, encoded or not. */
  found(text: string): readonly string[] {
    const names = new Set<string>();
    for (let at = 0; at + partLength <= text.length; at += 1) {
      const name = this.#parts.get(text.slice(at, at + partLength));
      if (name !== undefined) names.add(name);
    }
    return [...names];
  }

  /** Looks everywhere; how many texts there were in each kind of place, and what was found. */
  async search(
    stage: Stage,
    heads: readonly string[],
  ): Promise<{ readonly looked: Readonly<Record<string, number>>; readonly leaks: readonly Leak[] }> {
    const { github } = stage;
    const json = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value));
    const rows = await databaseRows(stage.logged);
    const digests = new Set(
      rows.flatMap(({ text }) => [...text.matchAll(/"digest":\s*"([0-9a-f]{64})"/g)].map(([, digest = '']) => digest)),
    );
    const pages = await Promise.all(
      [...digests].flatMap((digest) => pagesOf(`${stage.planwright.url}/plans/${digest}`)),
    );
    const places: Readonly<Record<string, readonly string[]>> = {
      check: json(heads.flatMap((sha) => github.checkRuns(repo, sha, 'all'))),
      comment: json(github.pullRequests(repo).flatMap(({ number }) => github.comments(repo, number))),
      issue: json([
        ...github.issues(repo),
        ...github.issues(repo).flatMap(({ number }) => github.comments(repo, number)),
      ]),
      deployment: json(github.deployments(repo)),
      log: stage.logged,
      page: pages.filter((page) => page !== undefined),
      'child process': json(this.#children.map(({ spawnargs }) => spawnargs)),
      ...Object.fromEntries(
        [...Map.groupBy(rows, ({ table }) => table)].map(([table, of]) => [
          `table ${table}`,
          of.map(({ text }) => text),
        ]),
      ),
    };
    const leaks = Object.entries(places).flatMap(([place, texts]) =>
      [...new Set(texts.flatMap((text) => this.found(text)))].map((secret) => ({ place, secret })),
    );
    return { looked: Object.fromEntries(Object.entries(places).map(([place, texts]) => [place, texts.length])), leaks };
  }

  close(): void {
    unsubscribe('child_process', this.#noteChild);
  }
}

/** As HTML and as JSON; undefined for a digest that is no plan's own. */
function pagesOf(url: string): readonly Promise<string | undefined>[] {
  return ['text/html', 'application/json'].map(async (accept) => {
    const answer = await fetch(url, { headers: { accept } });
    return answer.status === 200 ? answer.text() : undefined;
  });
}

/** Every row of every table, as text; bytes show as hex. */
async function databaseRows(
  logged: readonly string[],
): Promise<readonly { readonly table: string; readonly text: string }[]> {
  const dataFolder = /"dataFolder":"([^"]+)"/.exec(logged.join('\n'))?.[1] ?? '';
  const postmaster = await readPostmasterFile(dataFolder);
  if (postmaster === undefined) throw new Error(`no database runs in ${dataFolder}`);
  const client = new Client({ host: postmaster.socketFolder, port: 5432, user: superuser, database: 'postgres' });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ table: string }>(
      "select format('%I.%I', table_schema, table_name) as table from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    );
    const all: { table: string; text: string }[] = [];
    for (const { table } of tables) {
      const { rows } = await client.query<{ text: string }>(`select row_to_json(t)::text as text from ${table} t`);
      all.push(...rows.map(({ text }) => ({ table, text })));
    }
    return all;
  } finally {
    await client.end();
  }
}
