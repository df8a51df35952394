/** A host's name or address, with a port where it has one. */
const hostPattern = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$/;

export type GitHubHostRead =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'invalid'; readonly message: string };

/** GHE_HOST: the host of a GitHub Enterprise Server, in lower case; unset or empty: `github.com`. */
export function readGitHubHost(written: string | undefined): GitHubHostRead {
  if (written === undefined || written === '') return { kind: 'host', host: 'github.com' };
  const host = written.toLowerCase();
  if (hostPattern.test(host)) return { kind: 'host', host };
  return {
    kind: 'invalid',
    message: `GHE_HOST is ${JSON.stringify(written.slice(0, 100))}, which is no host: write the name alone, such as ghe.example.com (GHE_PROTOCOL says http or https)`,
  };
}
