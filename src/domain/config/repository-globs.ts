const repositoryGlob = /^[A-Za-z0-9._*?-]{1,100}\/[A-Za-z0-9._*?-]{1,100}$/;

export type RepositoryGlobsRead =
  | { readonly kind: 'globs'; readonly globs: readonly string[] }
  | { readonly kind: 'invalid'; readonly message: string };

/** PLANWRIGHT_REPOSITORIES: comma-separated `owner/name` globs; unset or empty: none. */
export function readRepositoryGlobs(written: string | undefined): RepositoryGlobsRead {
  const globs = (written ?? '')
    .split(',')
    .map((glob) => glob.trim())
    .filter((glob) => glob !== '');
  const wrong = globs.find((glob) => !repositoryGlob.test(glob));
  if (wrong === undefined) return { kind: 'globs', globs };
  return {
    kind: 'invalid',
    message: `PLANWRIGHT_REPOSITORIES holds ${JSON.stringify(wrong.slice(0, 200))}, which is no owner/name: write for instance acme/infra or acme/*, with commas between`,
  };
}
