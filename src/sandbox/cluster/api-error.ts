import type { Cause } from './cause.ts';
import type { JsonMap } from './json.ts';
import type { Kind } from './kinds.ts';

interface Failure {
  readonly code: number;
  readonly message: string;
  readonly reason?: string;
  readonly details?: JsonMap;
}

/** A refusal that is answered with a Kubernetes Status. */
export class ApiError extends Error {
  readonly code: number;
  readonly status: JsonMap;

  constructor({ code, message, reason, details }: Failure) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

const resourceDetails = (kind: Kind, name: string): JsonMap => ({
  name,
  ...(kind.group === '' ? {} : { group: kind.group }),
  kind: kind.plural,
});

const kindDetails = (kind: Kind, name: string): JsonMap => ({ ...resourceDetails(kind, name), kind: kind.kind });

const withCauses = (details: JsonMap, causes: readonly Cause[]): JsonMap => ({
  ...details,
  causes: causes.map((cause) => ({ ...cause })),
});

export const badRequest = (message: string): ApiError => new ApiError({ code: 400, reason: 'BadRequest', message });

export const unauthorized = (): ApiError =>
  new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

export const forbidden = (kind: Kind, name: string, why: string, causes: readonly Cause[] = []): ApiError =>
  new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${kind.resource} ${JSON.stringify(name)} is forbidden: ${why}`,
    details: causes.length === 0 ? resourceDetails(kind, name) : withCauses(resourceDetails(kind, name), causes),
  });

export const notFound = (kind: Kind, name: string): ApiError =>
  new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `${kind.resource} ${JSON.stringify(name)} not found`,
    details: resourceDetails(kind, name),
  });

export const unknownResource = (): ApiError =>
  new ApiError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });

export const methodNotAllowed = (): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

export const notAcceptable = (): ApiError =>
  new ApiError({
    code: 406,
    reason: 'NotAcceptable',
    message: 'only the following media types are accepted: application/json',
  });

export const alreadyExists = (kind: Kind, name: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${kind.resource} ${JSON.stringify(name)} already exists`,
    details: resourceDetails(kind, name),
  });

export const modifiedMeanwhile = (kind: Kind, name: string, why: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${kind.resource} ${JSON.stringify(name)}: ${why}`,
    details: resourceDetails(kind, name),
  });

/** A precondition of a delete that does not hold. Real servers name the kind here where others name the resource. */
export const preconditionFailed = (kind: Kind, name: string, why: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${kind.qualifiedKind} ${JSON.stringify(name)}: ${why}`,
    details: kindDetails(kind, name),
  });

export const fieldConflicts = (message: string, causes: readonly Cause[]): ApiError =>
  new ApiError({ code: 409, reason: 'Conflict', message, details: withCauses({}, causes) });

export const expired = (message: string): ApiError => new ApiError({ code: 410, reason: 'Expired', message });

export const unsupportedMediaType = (message: string): ApiError =>
  new ApiError({ code: 415, reason: 'UnsupportedMediaType', message, details: {} });

const listed = (causes: readonly Cause[]): string => {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  return texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
};

export const invalid = (kind: Kind, name: string, causes: readonly Cause[]): ApiError =>
  new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${kind.qualifiedKind} ${JSON.stringify(name)} is invalid: ${listed(causes)}`,
    details: withCauses(
      { ...(name === '' ? {} : { name }), ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.kind },
      causes,
    ),
  });

/** Options of a request (PatchOptions, DeleteOptions, …) that are refused. */
export const invalidOptions = (kind: string, causes: readonly Cause[]): ApiError =>
  new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${kind}.meta.k8s.io "" is invalid: ${listed(causes)}`,
    details: withCauses({ group: 'meta.k8s.io', kind }, causes),
  });

/** A merge patch whose result cannot be decoded. */
export const invalidPatch = (causes: readonly Cause[]): ApiError =>
  new ApiError({
    code: 422,
    reason: 'Invalid',
    message: ` "" is invalid: ${listed(causes)}`,
    details: withCauses({}, causes),
  });

export const internalError = (message: string): ApiError => new ApiError({ code: 500, message });
