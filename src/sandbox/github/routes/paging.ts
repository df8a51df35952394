import type { Answer, Call } from './route.ts';

const usualPageSize = 30;
const largestPageSize = 100;

export interface Page<T> {
  readonly items: readonly T[];
  readonly headers: Readonly<Record<string, string>>;
}

export function pageOf<T>(call: Call, all: readonly T[]): Page<T> {
  const size = Math.min(largestPageSize, positive(call.query.per_page) ?? usualPageSize);
  const page = positive(call.query.page) ?? 1;
  const last = Math.max(1, Math.ceil(all.length / size));
  const links = [
    ...(page > 1 ? [link(call.url, 'prev', page - 1), link(call.url, 'first', 1)] : []),
    ...(page < last ? [link(call.url, 'next', page + 1), link(call.url, 'last', last)] : []),
  ];
  return {
    items: all.slice((page - 1) * size, page * size),
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  };
}

export async function list<T>(call: Call, all: readonly T[], present: (item: T) => unknown): Promise<Answer> {
  const page = pageOf(call, all);
  return { status: 200, body: await Promise.all(page.items.map(present)), headers: page.headers };
}

/** Pages by an opaque mark instead of a number: the id after which the next page begins. */
export function cursorPage<T extends { readonly id: number }>(
  call: Call,
  all: readonly T[],
  cursorName: string,
): Page<T> {
  const size = Math.min(largestPageSize, positive(call.query.per_page) ?? usualPageSize);
  const cursor = positive(call.query[cursorName]);
  const start = cursor === null ? 0 : all.findIndex((item) => item.id === cursor) + 1;
  const items = all.slice(start, start + size);
  const lastItem = items.at(-1);
  if (lastItem === undefined || start + size >= all.length) return { items, headers: {} };
  const next = new URL(call.url);
  next.searchParams.set(cursorName, String(lastItem.id));
  return { items, headers: { link: `<${next}>; rel="next"` } };
}

function link(url: URL, relation: string, page: number): string {
  const target = new URL(url);
  target.searchParams.set('page', String(page));
  return `<${target}>; rel="${relation}"`;
}

function positive(text: string | undefined): number | null {
  const value = Number(text);
  return text !== undefined && Number.isInteger(value) && value > 0 ? value : null;
}
