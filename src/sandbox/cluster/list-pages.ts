import { badRequest, expired } from './api-error.ts';
import type { JsonMap } from './json.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

export interface ListPage {
  readonly items: readonly KubernetesObject[];
  readonly metadata: JsonMap;
}

/** Cuts lists into pages; every page of one list shows the state at its first one. */
export interface ListPages {
  first(items: readonly KubernetesObject[], revision: number, limit: number | undefined): ListPage;
  next(token: string, limit: number | undefined): ListPage;
}

interface Remainder {
  readonly items: readonly KubernetesObject[];
  readonly revision: number;
}

const keptRemainders = 64;

export function createListPages(): ListPages {
  const remainders = new Map<string, Remainder>();
  let issued = 0;

  function page({ items, revision }: Remainder, limit: number | undefined): ListPage {
    const resourceVersion = String(revision);
    if (limit === undefined || limit === 0 || items.length <= limit) return { items, metadata: { resourceVersion } };
    issued += 1;
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, page: issued })).toString(
      'base64url',
    );
    remainders.set(token, { items: items.slice(limit), revision });
    const [oldest] = remainders.keys();
    if (oldest !== undefined && remainders.size > keptRemainders) remainders.delete(oldest);
    const metadata = { resourceVersion, continue: token, remainingItemCount: items.length - limit };
    return { items: items.slice(0, limit), metadata };
  }

  return {
    first: (items, revision, limit) => page({ items, revision }, limit),
    next(token, limit) {
      const remainder = remainders.get(token);
      if (remainder !== undefined) return page(remainder, limit);
      if (isToken(token))
        throw expired('The provided continue parameter is too old to display a consistent list result.');
      throw badRequest('invalid continue token: continue key is not valid');
    },
  };
}

function isToken(token: string): boolean {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()).v === 'meta.k8s.io/v1';
  } catch {
    return false;
  }
}
