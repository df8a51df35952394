/** One request, in the words of a Kubernetes audit log. */
export interface AuditRecord {
  /** `get`, `list`, `watch`, `create`, `update`, `patch` or `delete`. */
  readonly verb: string;
  /** Path and query as they were sent. */
  readonly requestURI: string;
  readonly dryRun: boolean;
  /** The HTTP status of the answer. */
  readonly code: number;
  /** Who asked, or whom they acted for; empty when nobody was recognised. */
  readonly user: string;
  /** Who asked on behalf of `user`. */
  readonly impersonatedBy?: string;
}

const verbsOfMethods: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** The verb of a request in the audit log. */
export function auditVerb(method: string, isCollection: boolean, isWatch: boolean): string {
  const verb = verbsOfMethods[method];
  if (verb !== undefined) return verb;
  if (isWatch) return 'watch';
  return isCollection ? 'list' : 'get';
}
