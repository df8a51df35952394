export interface LoggedRequest {
  readonly method: string;
  /** Without `/api/v3`, with the query. */
  readonly path: string;
  /** The description's path, `/repos/{owner}/{repo}/pulls`; null for git, GraphQL and unknown paths. */
  readonly template: string | null;
  /** 0 when the connection was cut. */
  readonly status: number;
  /** `app:1`, `installation:5`, `user:alice` or `anonymous`. */
  readonly who: string;
  readonly at: Date;
}
