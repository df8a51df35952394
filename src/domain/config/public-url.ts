/** Scheme, host, port and path; a query, a fragment or credentials have no place in what links are built on. */
const urlPattern =
  /^https?:\/\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(\/[A-Za-z0-9._~%-]+)*\/*$/i;

export type PublicUrlRead =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly message: string };

/** PLANWRIGHT_URL without its trailing slash. The value is not quoted back: it might hold a password. */
export function readPublicUrl(written: string | undefined): PublicUrlRead {
  if (written === undefined || written === '') return { kind: 'none' };
  if (written.length <= 2000 && urlPattern.test(written)) return { kind: 'url', url: written.replace(/\/+$/, '') };
  return {
    kind: 'invalid',
    message:
      'PLANWRIGHT_URL is no address that links can be built on: write http:// or https://, a host and at most a path, such as https://planwright.example.com',
  };
}
