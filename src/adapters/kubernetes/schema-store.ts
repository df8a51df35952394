import { isJsonObject } from '../../domain/json.ts';
import type { SchemaLookup } from '../../domain/plan/field-schema.ts';
import { type KindSchemas, readOpenApi } from '../../domain/schema/read-open-api.ts';
import type { AskApi } from './discovery.ts';
import { type Refreshed, refreshed } from './refreshed.ts';
import { groupVersionPath } from './resource-path.ts';

/** Where each group version's document is; its URL holds the document's hash. */
type DocumentUrls = ReadonlyMap<string, string>;

interface KeptDocument {
  readonly url: string;
  readonly schemas: Promise<KindSchemas>;
}

const nothing: KindSchemas = () => undefined;

/** OpenAPI v3 of one cluster, fetched a group version at a time and kept until its hash changes. */
export class SchemaStore {
  readonly #ask: AskApi;
  readonly #urls: Refreshed<DocumentUrls>;
  readonly #documents = new Map<string, KeptDocument>();

  constructor(ask: AskApi, maxAgeMs: number, nowMs: () => number) {
    this.#ask = ask;
    this.#urls = refreshed(() => readIndex(ask), maxAgeMs, nowMs);
  }

  /** Rejects as `ask` does. A group version without a document is not found by the lookup. */
  async lookup(groupVersions: readonly string[]): Promise<SchemaLookup> {
    const urls = await this.#urls.get();
    const wanted = [...new Set(groupVersions)];
    const found = new Map(
      await Promise.all(wanted.map(async (name) => [name, await this.#document(name, urls)] as const)),
    );
    return (apiVersion, kind) => {
      const slash = apiVersion.indexOf('/');
      const group = slash < 0 ? '' : apiVersion.slice(0, slash);
      return found.get(apiVersion)?.(group, apiVersion.slice(slash + 1), kind);
    };
  }

  /** Changes when the document of this group version does; undefined where there is none. Rejects as `ask` does. */
  async versionOf(groupVersion: string): Promise<string | undefined> {
    return (await this.#urls.get()).get(groupVersionPath(groupVersion).slice(1));
  }

  invalidate(unsettledMs: number): void {
    this.#urls.invalidate(unsettledMs);
  }

  #document(groupVersion: string, urls: DocumentUrls): Promise<KindSchemas> {
    const url = urls.get(groupVersionPath(groupVersion).slice(1));
    if (url === undefined) return Promise.resolve(nothing);
    const kept = this.#documents.get(groupVersion);
    if (kept?.url === url) return kept.schemas;
    const fetching = { url, schemas: this.#fetch(url) };
    this.#documents.set(groupVersion, fetching);
    const forget = () => {
      if (this.#documents.get(groupVersion) === fetching) this.#documents.delete(groupVersion);
    };
    fetching.schemas.then((schemas) => schemas === nothing && forget(), forget);
    return fetching.schemas;
  }

  /** One API server that does not answer (an aggregated one) leaves its own kinds without schema, and no others. */
  async #fetch(url: string): Promise<KindSchemas> {
    const { status, body } = await this.#ask(url);
    if (status === 200) return readOpenApi(body);
    // The hash is older than the server's document: without it, the server gives the newest.
    const newest = await this.#ask(url.split('?')[0] ?? url);
    return newest.status === 200 ? readOpenApi(newest.body) : nothing;
  }
}

async function readIndex(ask: AskApi): Promise<DocumentUrls> {
  const { status, body } = await ask('/openapi/v3');
  // An API server before 1.24 has none.
  if (status === 404) return new Map();
  if (status !== 200 || !isJsonObject(body) || !isJsonObject(body.paths))
    throw new Error(`/openapi/v3 answers ${status}`);
  const entries = Object.entries(body.paths).flatMap(([path, entry]): [string, string][] => {
    const url = isJsonObject(entry) ? entry.serverRelativeURL : undefined;
    return typeof url === 'string' ? [[path, url]] : [];
  });
  return new Map(entries);
}
