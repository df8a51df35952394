import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import {
  ApiError,
  internalError,
  methodNotAllowed,
  notAcceptable,
  notFound,
  unauthorized,
  unknownResource,
  unsupportedMediaType,
} from './api-error.ts';
import type { AuditRecord } from './audit.ts';
import { auditVerb } from './audit.ts';
import { parseDeleteOptions } from './delete-options.ts';
import { aggregatedDiscovery, discoveryDocuments, versionDocument } from './discovery.ts';
import type { FaultQueue } from './faults.ts';
import type { JsonMap } from './json.ts';
import type { Kind } from './kinds.ts';
import type { ListPages } from './list-pages.ts';
import type { AnswerForm } from './media-type.ts';
import { mediaTypeOf, parseAccept, parseCount } from './media-type.ts';
import { listAnswer, objectAnswer } from './object-form.ts';
import { parseSelection } from './object-selection.ts';
import type { ObjectStore } from './object-store.ts';
import type { ObjectWriter, Place, Written } from './object-writer.ts';
import { openApiDocument, openApiIndex } from './openapi-answer.ts';
import type { PodPlace } from './pod-log.ts';
import { podLog } from './pod-log.ts';
import { readDeleteBody, readMergePatch, readObject, readYaml } from './request-body.ts';
import type { RequestTarget } from './request-target.ts';
import { parseRequestTarget } from './request-target.ts';
import { startWatch } from './watch.ts';
import { parsePatchOptions, parseWriteOptions } from './write-options.ts';

export interface HttpServerParts {
  readonly store: ObjectStore;
  readonly writer: ObjectWriter;
  readonly pages: ListPages;
  readonly faults: FaultQueue;
  readonly token: string;
  readonly user: string;
  record(request: AuditRecord): void;
}

interface Answer {
  readonly code: number;
  readonly body: string | JsonMap;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Request {
  readonly method: string;
  readonly requestURI: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly target: RequestTarget;
  readonly form: AnswerForm;
  readonly contentType: string;
  readonly userAgent: string;
  readonly text: string;
}

const largestBodyBytes = 3 * 1024 * 1024;
const healthPaths = ['/readyz', '/livez', '/healthz'];

/** The API server's HTTP side; it does not listen yet. */
export function createHttpServer(parts: HttpServerParts): Server {
  return createServer((incoming, response) => {
    void handle(parts, incoming, response);
  });
}

async function handle(parts: HttpServerParts, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url: requestURI = '/', headers } = incoming;
  const url = new URL(requestURI, 'http://sandbox');
  const target = readTarget(url.pathname);
  const isWatch = url.searchParams.get('watch') === 'true' || url.searchParams.get('watch') === '1';
  const isKnown = headers.authorization === `Bearer ${parts.token}`;
  const impersonated = headers['impersonate-user'];
  const user = isKnown ? parts.user : '';
  const record = (code: number, dryRun: boolean): void =>
    parts.record({
      verb: auditVerb(method, target.kind === 'collection', isWatch),
      requestURI,
      dryRun,
      code,
      user: isKnown && typeof impersonated === 'string' ? impersonated : user,
      ...(isKnown && typeof impersonated === 'string' ? { impersonatedBy: user } : {}),
    });

  const text = await readText(incoming);
  const isDryRun = asksForDryRun(method, url.searchParams, text ?? '');
  try {
    const fault = parts.faults.take(method, requestURI);
    if (fault !== undefined) {
      const body =
        fault.body ?? new ApiError({ code: fault.status, message: 'a fault that the sandbox was told to show' }).status;
      record(fault.status, isDryRun);
      send(response, {
        code: fault.status,
        body: JSON.stringify(body),
        ...(fault.headers && { headers: fault.headers }),
      });
      return;
    }
    if (healthPaths.includes(url.pathname)) {
      record(200, false);
      send(response, { code: 200, body: 'ok', headers: { 'content-type': 'text/plain; charset=utf-8' } });
      return;
    }
    if (!isKnown) throw unauthorized();
    if (text === undefined) throw tooLarge();
    const form = parseAccept(headers.accept ?? '*/*');
    if (form === undefined) throw notAcceptable();
    const request: Request = {
      method,
      requestURI,
      path: url.pathname,
      query: url.searchParams,
      target,
      form,
      contentType: headers['content-type'] ?? '',
      userAgent: headers['user-agent'] ?? '',
      text,
    };
    if (method === 'GET' && isWatch && target.kind === 'collection') {
      watch(parts, request, target, response, () => record(200, false));
      return;
    }
    const answer = answerTo(parts, request);
    record(answer.code, isDryRun);
    send(response, answer);
  } catch (error) {
    const refused = error instanceof ApiError ? error : internalError(`the sandbox cluster failed: ${String(error)}`);
    record(refused.code, isDryRun);
    send(response, { code: refused.code, body: refused.status });
  }
}

function readTarget(path: string): RequestTarget {
  try {
    return parseRequestTarget(path);
  } catch {
    return { kind: 'unknown-resource' };
  }
}

/** Undefined when the body is too large; it is read to its end all the same, so that the answer arrives. */
async function readText(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming) {
    sizeBytes += chunk.length;
    if (sizeBytes <= largestBodyBytes) chunks.push(chunk);
  }
  return sizeBytes > largestBodyBytes ? undefined : Buffer.concat(chunks).toString();
}

function asksForDryRun(method: string, query: URLSearchParams, text: string): boolean {
  if (method === 'GET') return false;
  return method === 'DELETE' && text !== '' ? /"dryRun"\s*:\s*\[\s*"All"/.test(text) : query.has('dryRun');
}

const tooLarge = (): ApiError =>
  new ApiError({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: `Request entity too large: limit is ${largestBodyBytes}`,
  });

function send(response: ServerResponse, { code, body, headers = {} }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(code, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

interface Collection {
  readonly of: Kind;
  readonly namespace: string;
}

function watch(
  parts: HttpServerParts,
  request: Request,
  target: Collection,
  response: ServerResponse,
  record: () => void,
): void {
  const lines: string[] = [];
  let isOpen = false;
  let isEnded = false;
  const stop = startWatch(
    parts.store,
    { ...target, query: request.query, form: request.form },
    {
      send: (event) => {
        const line = `${JSON.stringify(event)}\n`;
        if (isOpen) response.write(line);
        else lines.push(line);
      },
      end: () => {
        isEnded = true;
        if (isOpen) response.end();
      },
    },
  );
  record();
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  isOpen = true;
  for (const line of lines) response.write(line);
  if (isEnded) response.end();
  response.on('close', stop);
}

function answerTo(parts: HttpServerParts, request: Request): Answer {
  const { target, method } = request;
  switch (target.kind) {
    case 'unknown-resource':
      throw unknownResource();
    case 'other':
      return method === 'GET' ? documentAnswer(request) : pageNotFound;
    case 'collection':
      return collectionAnswer(parts, request, target);
    case 'object':
      return objectRequestAnswer(parts, request, target);
    case 'log':
      return logAnswer(parts, request, target);
  }
}

const pageNotFound: Answer = {
  code: 404,
  body: '404 page not found\n',
  headers: { 'content-type': 'text/plain; charset=utf-8' },
};

function documentAnswer({ path, query, form }: Request): Answer {
  if (path === '/version') return { code: 200, body: versionDocument };
  if (path === '/openapi/v3') return { code: 200, body: openApiIndex };
  if (path.startsWith('/openapi/v3/')) return openApiAnswer(path.slice('/openapi/v3/'.length), query.get('hash'));
  if (form === 'discovery' && (path === '/api' || path === '/apis')) {
    const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    return { code: 200, body: aggregatedDiscovery(path), headers: { 'content-type': type } };
  }
  const document = discoveryDocuments.get(path);
  return document === undefined ? pageNotFound : { code: 200, body: document };
}

function openApiAnswer(path: string, hash: string | null): Answer {
  const found = openApiDocument(path, hash);
  switch (found.kind) {
    case 'unknown':
      return pageNotFound;
    case 'moved':
      return { code: 301, body: '', headers: { location: found.location } };
    case 'document': {
      const caching = found.isImmutable ? { 'cache-control': 'public, immutable' } : {};
      return { code: 200, body: found.text, headers: { etag: found.etag, ...caching } };
    }
  }
}

function collectionAnswer(parts: HttpServerParts, request: Request, { of, namespace }: Collection): Answer {
  const { method, query, form, contentType, text, userAgent } = request;
  if (method !== 'GET' && !of.verbs.includes('create')) throw methodNotAllowed();
  if (method === 'GET') return listed(parts, request, { of, namespace });
  const isCreatable = of.isNamespaced === (namespace !== '');
  if (method !== 'POST' || !isCreatable) throw methodNotAllowed();
  const options = parseWriteOptions('CreateOptions', query, userAgent);
  return written(parts.writer.create({ of, namespace }, readObject(of, contentType, text), options), form);
}

function listed({ store, pages }: HttpServerParts, { query, form }: Request, { of, namespace }: Collection): Answer {
  const limit = parseCount(query, 'limit');
  const token = query.get('continue') ?? '';
  const isSelected = parseSelection(of, query);
  checkRevision(query.get('resourceVersion') ?? '');
  const page =
    token === ''
      ? pages.first(store.list(of, namespace).filter(isSelected), store.revision(), limit)
      : pages.next(token, limit);
  return { code: 200, body: listAnswer(of, page.items, page.metadata, form) };
}

function checkRevision(text: string): void {
  if (/^\d*$/.test(text)) return;
  const message = `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new ApiError({ code: 400, reason: 'BadRequest', message });
}

const written = ({ code, object, warnings }: Written, form: AnswerForm): Answer => ({
  code,
  body: objectAnswer(object, form),
  ...(warnings.length === 0
    ? {}
    : { headers: { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ') } }),
});

function objectRequestAnswer(parts: HttpServerParts, request: Request, target: Place): Answer {
  const { method, query, form, contentType, text, userAgent } = request;
  const { of, namespace, name } = target;
  const place: Place = { of, namespace, name };
  if (method !== 'GET' && !of.verbs.includes('update')) throw methodNotAllowed();
  switch (method) {
    case 'GET': {
      const object = parts.store.get(of, namespace, name);
      if (object === undefined) throw notFound(of, name);
      return { code: 200, body: objectAnswer(object, form) };
    }
    case 'PUT': {
      const options = parseWriteOptions('UpdateOptions', query, userAgent);
      return written(parts.writer.replace(place, readObject(of, contentType, text), options), form);
    }
    case 'PATCH':
      return written(patched(parts.writer, place, request), form);
    case 'DELETE':
      return deleted(parts.writer, place, request);
    default:
      throw methodNotAllowed();
  }
}

function logAnswer({ store }: HttpServerParts, { method, query }: Request, target: PodPlace): Answer {
  if (method !== 'GET') throw methodNotAllowed();
  const headers = { 'content-type': 'text/plain' };
  return { code: 200, body: podLog(store, target, query), headers };
}

function patched(writer: ObjectWriter, place: Place, { query, contentType, text, userAgent }: Request): Written {
  const type = mediaTypeOf(contentType);
  if (type === 'application/merge-patch+json') {
    return writer.mergePatch(place, readMergePatch(text), parsePatchOptions(query, userAgent, false));
  }
  if (type !== 'application/apply-patch+yaml') throw unsupportedMediaType('415: Unsupported Media Type');
  const options = parsePatchOptions(query, userAgent, true);
  const { value, warnings } = readYaml(text, options.fieldValidation);
  const applied = writer.apply(place, value, options);
  return { ...applied, warnings: [...warnings, ...applied.warnings] };
}

function deleted(writer: ObjectWriter, place: Place, { query, text, form }: Request): Answer {
  const outcome = writer.delete(place, parseDeleteOptions(readDeleteBody(text), query));
  const { of, name } = place;
  const isShown = outcome.kind === 'ending' || of.plural === 'services';
  if (isShown) return { code: 200, body: objectAnswer(outcome.object, form) };
  const details = {
    name,
    ...(of.group === '' ? {} : { group: of.group }),
    kind: of.plural,
    uid: outcome.object.metadata.uid,
  };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}
