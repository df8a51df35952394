import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { textMask } from '../../domain/plan/mask-text.ts';
import type { FieldConflict, Refusal } from '../../domain/plan/prediction.ts';

/** An answer that is not the object that was asked for. `body` is a Status, or the text of a proxy or of an API server that found no route. */
export interface RefusingAnswer {
  readonly status: number;
  readonly body: Json | undefined;
}

/** What was asked, for the message: `staging: dry-run of Deployment payments/web`. */
export interface RefusedRequest {
  readonly subject: string;
  /** What was sent; its secrets are masked in the message. */
  readonly object?: JsonObject;
}

interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

interface Status {
  readonly reason: string;
  readonly message: string;
  readonly name: string;
  readonly kind: string;
  readonly causes: readonly Cause[];
}

const longestMessage = 1500;

/**
 * Which refusal an answer is. Recognised by status, reason and causes where the API gives them, and by its texts where it does not
 * (taken from Kubernetes 1.35, and kept by the contract suite).
 */
export function classifyRefusal(answer: RefusingAnswer, { subject, object }: RefusedRequest): Refusal {
  const refusal = classify(answer, textMask(object === undefined ? [] : [object]));
  return { ...refusal, message: `${subject}: ${refusal.message}`, reason: withoutName(refusal.message) };
}

/** The API begins with the object's own name (`Deployment.apps "web" is invalid: …`), and the patch's as well. */
function withoutName(said: string): string {
  const name =
    /^(?:[\w.-]+ "(?:[^"\\]|\\.)*" is (?:invalid|forbidden)|failed to create typed patch object \([^()]*\)): (?=\S)/;
  return said.replace(name, '');
}

function classify(answer: RefusingAnswer, mask: (text: string) => string): Refusal {
  const status = readStatus(answer.body);
  const say = (text: string) => presentable(mask(text));
  const message = say(status.message === '' ? `HTTP ${answer.status}` : status.message);
  const invalid = (fields: readonly string[] = causeFields(status)): Refusal => ({
    kind: 'invalid',
    status: answer.status,
    fields: fields.map(mask),
    message,
  });

  switch (answer.status) {
    case 400:
      return status.message.includes('does not support dry run')
        ? { kind: 'webhook-without-dry-run', message }
        : invalid(typedPatchFields(status.message));
    case 401:
      return {
        kind: 'forbidden',
        message: say('the API refuses the credentials (401); look at the kubeconfig of this cluster'),
      };
    case 403:
      return isAdmission(status) ? invalid() : { kind: 'forbidden', message };
    case 404:
      return notFound(status, message);
    case 409:
      return conflict(status, message);
    case 422: {
      if (causeFields(status).includes('metadata.uid')) {
        return { kind: 'stale', message: say('the object with the expected UID does not exist any more') };
      }
      const fields = immutableFields(status);
      if (fields.length === 0) return invalid();
      const text = status.causes.map((cause) => `${cause.field}: ${withoutValue(cause.message)}`).join('; ');
      return { kind: 'immutable', fields, message: say(text) };
    }
    case 429:
      return { kind: 'unavailable', message: say('the API is busy (429), and stayed so') };
    case 500:
      if (status.message.includes('failed calling webhook ')) return { kind: 'webhook-silent', message };
      return isTypedPatchError(status) ? invalid(typedPatchFields(status.message)) : { kind: 'unavailable', message };
    default:
      return answer.status > 500 || answer.status < 400 ? { kind: 'unavailable', message } : invalid();
  }
}

/** Whether a 404 says that this object, and not its resource, does not exist. */
export function isAbsent(answer: RefusingAnswer): boolean {
  return answer.status === 404 && readStatus(answer.body).name !== '';
}

/** What the API says in its own words, masked before and cut here; not for people without a subject before it. */
function presentable(masked: string): string {
  const text = masked.trim();
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)} …`;
}

function notFound(status: Status, message: string): Refusal {
  if (status.kind === 'namespaces' && status.name !== '')
    return { kind: 'namespace-absent', namespace: status.name, message };
  return { kind: 'not-served', message };
}

function conflict(status: Status, message: string): Refusal {
  const conflicts = status.causes.filter((cause) => cause.reason === 'FieldManagerConflict').map(fieldConflict);
  return conflicts.length > 0 ? { kind: 'conflict', conflicts, message } : { kind: 'stale', message };
}

/** `conflict with "kubectl" using apps/v1`; the version is left out when it is that of the request. */
function fieldConflict(cause: Cause): FieldConflict {
  const quoted = /^conflict with ("(?:[^"\\]|\\.)*")/.exec(cause.message)?.[1];
  const manager: unknown = quoted === undefined ? cause.message : JSON.parse(quoted);
  return { manager: String(manager), field: cause.field };
}

/**
 * Authorisation says 403 of the person, admission (quotas, pod security, namespaces that are being deleted) of the object.
 * An escalation of RBAC rights is the person's lack of them.
 */
function isAdmission(status: Status): boolean {
  if (status.message === '') return false;
  return !/\bcannot [a-z]+ (resource|path)\b|attempting to grant RBAC permissions|^forbidden: /i.test(status.message);
}

/** Texts of the built-in kinds for a field that only a new object can change. */
const immutableTexts = [
  /field is immutable/,
  /cannot change roleRef/,
  /may not change once set/,
  /spec is immutable after creation/,
  /updates to statefulset spec for fields other than .* are forbidden/,
  /pod updates may not change fields other than/,
];

/** The fields, when nothing else is wrong: replacing an object whose new form is invalid would only delete it. */
function immutableFields(status: Status): readonly string[] {
  const every =
    status.causes.length > 0 && status.causes.every((cause) => immutableTexts.some((text) => text.test(cause.message)));
  return every ? causeFields(status) : [];
}

/** The dump of a whole template says less than the field's name, and may hold secrets. */
function withoutValue(message: string): string {
  const text = immutableTexts.map((pattern) => pattern.exec(message)?.index).find((index) => index !== undefined);
  return (text === undefined ? message : message.slice(text)).split('\n')[0] ?? '';
}

/** Such a 500 has no reason, where a fault of the server has `InternalError`. */
function isTypedPatchError(status: Status): boolean {
  if (status.reason !== '') return false;
  return /^(failed to create typed patch object|failed to convert new object|failed to create manager for|strconv\.Parse)/.test(
    status.message,
  );
}

/** `.spec.foo: field not declared in schema`, one or a list of them; and `unknown field "spec.foo"` of strict decoding. */
function typedPatchFields(message: string): readonly string[] {
  // One character at a time: a name of any length that does not end as expected must cost no more than its length.
  const declared = message.matchAll(/(?:^|\s)\.((?:[^\s:["]|\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\])+): /g);
  const strict = message.matchAll(/(?:unknown|duplicate) field "([^"]+)"/g);
  return unique([...declared, ...strict].map((match) => match[1] ?? ''));
}

function causeFields(status: Status): readonly string[] {
  return unique(status.causes.map((cause) => cause.field).filter((field) => field !== ''));
}

function readStatus(body: Json | undefined): Status {
  const nothing = { reason: '', name: '', kind: '', causes: [] };
  if (typeof body === 'string') return { ...nothing, message: body };
  if (!isJsonObject(body) || body.kind !== 'Status') return { ...nothing, message: '' };
  const details = isJsonObject(body.details) ? body.details : {};
  const causes = isJsonArray(details.causes) ? details.causes.filter(isJsonObject) : [];
  return {
    reason: text(body.reason),
    message: text(body.message),
    name: text(details.name),
    kind: text(details.kind),
    causes: causes.map((cause) => ({
      reason: text(cause.reason),
      field: text(cause.field),
      message: text(cause.message),
    })),
  };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
