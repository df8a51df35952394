import { badRequest } from './api-error.ts';

/** How the client wants the answer: whole objects, their metadata only, or aggregated discovery. */
export type AnswerForm = 'object' | 'metadata' | 'discovery';

/** The first form of an Accept header that is served; undefined when there is none. */
export function parseAccept(accept: string): AnswerForm | undefined {
  for (const type of accept.split(',')) {
    const [name = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
    const { as, g, v } = Object.fromEntries(parameters.map((parameter) => parameter.split('=')));
    if (as === undefined && ['application/json', 'application/*', '*/*', ''].includes(name)) return 'object';
    if (name !== 'application/json' || as === undefined) continue;
    if (as.startsWith('partialobjectmetadata') && g === 'meta.k8s.io' && v === 'v1') return 'metadata';
    if (as === 'apigroupdiscoverylist' && g === 'apidiscovery.k8s.io' && v === 'v2') return 'discovery';
  }
  return undefined;
}

/** The media type of a body, without parameters. */
export const mediaTypeOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

/** A number of a request's query; undefined when it is not given. */
export function parseCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}
