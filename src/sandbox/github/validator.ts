type ValidatedSubject = 'request' | 'answer' | 'webhook';

export interface Violation {
  readonly subject: ValidatedSubject;
  /** `PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}` or `pull_request.opened`. */
  readonly where: string;
  readonly problems: readonly string[];
}

export interface ValidatedRequest {
  readonly method: string;
  /** The path with its parameters' names, as GitHub's description writes it. */
  readonly template: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ValidatedAnswer {
  readonly method: string;
  readonly template: string;
  readonly status: number;
  readonly body: unknown;
}

export interface ValidatedWebhook {
  readonly event: string;
  readonly action: string | null;
  readonly payload: unknown;
}

/** Compares traffic with GitHub's published description. Each function returns what is wrong; an empty list is fine. */
export interface Validator {
  readonly request: (request: ValidatedRequest) => readonly string[];
  readonly answer: (answer: ValidatedAnswer) => readonly string[];
  readonly webhook: (webhook: ValidatedWebhook) => readonly string[];
}
