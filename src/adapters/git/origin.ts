import type { GitSetting } from './git-environment.ts';

/** Where a repository is fetched from, and what git is told for that one fetch. */
export interface Origin {
  readonly protocol: string;
  readonly settings: readonly GitSetting[];
  /** Every form in which the token could show up in git's words. */
  readonly secrets: readonly string[];
}

const protocols = new Set(['http:', 'https:', 'file:']);

/** Throws when the address is not a plain http, https or (for tests and demos) file URL without credentials. */
export function origin(address: string, token: string | undefined): Origin {
  const url = new URL(address);
  if (!protocols.has(url.protocol)) throw new TypeError(`an origin is an http, https or file URL, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw new TypeError('an origin URL holds no credentials');
  const settings: GitSetting[] = [
    ['remote.origin.url', url.href],
    ['remote.origin.promisor', 'true'],
    ['remote.origin.partialCloneFilter', 'blob:none'],
  ];
  const basic = token === undefined ? undefined : Buffer.from(`x-access-token:${token}`).toString('base64');
  if (basic !== undefined && url.protocol !== 'file:') {
    settings.push([`http.${url.origin}/.extraHeader`, `Authorization: Basic ${basic}`]);
  }
  return {
    protocol: url.protocol.slice(0, -1),
    settings,
    secrets: token === undefined || basic === undefined ? [] : [token, basic, encodeURIComponent(token)],
  };
}
