import { createHash } from 'node:crypto';
import type { JsonMap } from './json.ts';
import { openApiDocuments } from './schema.ts';

interface HashedDocument {
  readonly text: string;
  readonly hash: string;
}

const hashOf = (text: string): string => createHash('sha512').update(text).digest('hex').toUpperCase();

const hashed: ReadonlyMap<string, HashedDocument> = new Map(
  [...openApiDocuments].map(([path, document]) => {
    const text = JSON.stringify(document);
    return [path, { text, hash: hashOf(text) }] as const;
  }),
);

const urlOf = (path: string, { hash }: HashedDocument): string => `/openapi/v3/${path}?hash=${hash}`;

/** The index at `/openapi/v3`: where each group's document is, by a URL that changes with its content. */
export const openApiIndex: JsonMap = {
  paths: Object.fromEntries(
    [...hashed].map(([path, document]) => [path, { serverRelativeURL: urlOf(path, document) }]),
  ),
};

export type OpenApiAnswer =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'moved'; readonly location: string }
  | { readonly kind: 'document'; readonly text: string; readonly etag: string; readonly isImmutable: boolean };

/** A group's document; a hash that is not its own leads to the right one. */
export function openApiDocument(path: string, hash: string | null): OpenApiAnswer {
  const document = hashed.get(path);
  if (document === undefined) return { kind: 'unknown' };
  if (hash !== null && hash !== document.hash) return { kind: 'moved', location: urlOf(path, document) };
  return { kind: 'document', text: document.text, etag: `"${document.hash}"`, isImmutable: hash !== null };
}
