import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { authenticate, type Caller, callerName, requireAccess } from './access.ts';
import type { Fault, Faults } from './faults.ts';
import { answerGraphql } from './graphql.ts';
import { notFound, Refusal } from './model/refusal.ts';
import type { World } from './model/world.ts';
import type { LoggedRequest } from './request-log.ts';
import { accountRoutes } from './routes/accounts.ts';
import { appRoutes } from './routes/apps.ts';
import { checkRoutes } from './routes/checks.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { isObject } from './routes/fields.ts';
import { issueRoutes } from './routes/issues.ts';
import { pullRequestRoutes } from './routes/pull-requests.ts';
import { repositoryRoutes } from './routes/repositories.ts';
import type { Answer, Call, Route } from './routes/route.ts';
import type { Validator, Violation } from './validator.ts';

const prefix = '/api/v3';

type Env = { Bindings: HttpBindings };

export interface ApiParts {
  readonly world: World;
  readonly faults: Faults;
  readonly validator: Validator | null;
  readonly log: (request: LoggedRequest) => void;
  readonly record: (violation: Violation) => void;
}

/** REST below `/api/v3`, GraphQL at `/api/graphql`. */
export function apiListener(parts: ApiParts): (request: IncomingMessage, response: ServerResponse) => unknown {
  const { world } = parts;
  const app = new Hono<Env>();
  const routes = [
    ...appRoutes(world),
    ...accountRoutes(world),
    ...repositoryRoutes(world),
    ...pullRequestRoutes(world),
    ...issueRoutes(world),
    ...checkRoutes(world),
    ...deploymentRoutes(world),
  ];
  for (const route of routes.toSorted(byGreed))
    app.on(route.method, honoPaths(route.template), (context) => serve(parts, route, context));
  app.post('/api/graphql', (context) => serveGraphql(parts, context));
  app.all('*', (context) => serveUnknown(parts, context));
  return getRequestListener((request, environment) => app.fetch(throughId(world, request), environment), {
    overrideGlobalObjects: false,
  });
}

/** GitHub's redirects after a rename point at `/repositories/ID/…`, which is the same as the repository's path. */
function throughId(world: World, request: Request): Request {
  const url = new URL(request.url);
  const found = /^\/api\/v3\/repositories\/(\d+)(\/.*)?$/.exec(url.pathname);
  const repository = found === null ? undefined : world.state.repositories.get(Number(found[1]));
  if (found === null || repository === undefined) return request;
  url.pathname = `${prefix}/repos/${world.fullName(repository)}${found[2] ?? ''}`;
  return new Request(url, request);
}

/** Branches, refs and files may hold slashes; the root folder of contents is asked for without any path. */
function honoPaths(template: string): string[] {
  const path =
    prefix +
    template.replace(/\{(\w+)\}/g, (_, name: string) => (greedyParameters.has(name) ? `:${name}{.+}` : `:${name}`));
  return template.endsWith('/contents/{path}') ? [path, path.replace(/\/:path.*$/, '')] : [path];
}

const greedyParameters = new Set(['ref', 'branch', 'path']);

/** A path that ends in a parameter with slashes would swallow the longer ones, so it comes after them. */
const byGreed = (one: Route, other: Route): number =>
  Number(/\{(ref|branch|path)\}$/.test(one.template)) - Number(/\{(ref|branch|path)\}$/.test(other.template));

interface Outcome {
  readonly answer: Answer;
  readonly caller: Caller;
}

async function serve(parts: ApiParts, route: Route, context: Context<Env>): Promise<Response> {
  const { method } = context.req;
  const url = publicUrl(parts.world, context);
  const path = url.pathname.slice(prefix.length) + url.search;
  const fault = parts.faults.take(method, path);
  const outcome =
    fault === null || fault.afterEffect === true
      ? await perform(parts, route, context, url)
      : { answer: faultAnswer(fault), caller: quietCaller(parts.world, context) };
  const answer = fault === null ? outcome.answer : faultAnswer(fault);
  if (fault === null) checkAnswer(parts, route, answer);
  parts.log({
    method,
    path,
    template: route.template,
    status: answer.status,
    who: callerName(outcome.caller),
    at: parts.world.clock.now(),
  });
  return respond(context, answer);
}

async function perform(parts: ApiParts, route: Route, context: Context<Env>, url: URL): Promise<Outcome> {
  let caller: Caller = { kind: 'anonymous' };
  try {
    caller = authenticate(parts.world, context.req.header('authorization'));
    const call: Call = { caller, path: pathOf(context), query: context.req.query(), body: await bodyOf(context), url };
    return { caller, answer: await performRoute(parts, route, call) };
  } catch (error) {
    if (error instanceof Refusal) return { caller, answer: refusalAnswer(error) };
    parts.record({
      subject: 'answer',
      where: `${route.method} ${route.template}`,
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    });
    return { caller, answer: { status: 500, body: { message: 'Server Error' } } };
  }
}

async function performRoute(parts: ApiParts, route: Route, call: Call): Promise<Answer> {
  const { world } = parts;
  if (route.kind === 'plain') {
    if (!route.callers.includes(call.caller.kind)) throw wrongCaller(call.caller, route.callers);
    refuseInvalid(parts, route, call);
    return route.handle(call);
  }
  const name = `${call.path.owner}/${call.path.repo}`;
  const repository = world.findRepository(name);
  if (repository === null) {
    if (call.caller.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
    return redirect(world, name, call.url);
  }
  requireAccess(world, call.caller, repository, route.needs, route.method);
  refuseInvalid(parts, route, call);
  return route.handle({ ...call, repository });
}

function wrongCaller(caller: Caller, wanted: readonly Caller['kind'][]): Refusal {
  if (caller.kind === 'anonymous') return new Refusal(401, 'Requires authentication');
  if (wanted.includes('app')) return new Refusal(401, 'A JSON web token could not be decoded');
  if (caller.kind === 'app') return new Refusal(403, 'This endpoint requires you to be authenticated.');
  return new Refusal(403, 'Resource not accessible by integration');
}

function redirect(world: World, name: string, url: URL): Answer {
  const id = world.formerName(name);
  if (id === null) throw notFound();
  const rest = url.pathname.slice(`${prefix}/repos/${name}`.length);
  const location = `${world.api}/repositories/${id}${rest}${url.search}`;
  return {
    status: 301,
    headers: { location },
    body: { message: 'Moved Permanently', url: location, documentation_url: documentation },
  };
}

function refuseInvalid(parts: ApiParts, route: Route, call: Call): void {
  const problems =
    parts.validator?.request({
      method: route.method,
      template: route.template,
      path: call.path,
      query: call.query,
      body: call.body,
    }) ?? [];
  if (problems.length === 0) return;
  parts.record({ subject: 'request', where: `${route.method} ${route.template}`, problems });
  throw new Refusal(422, `Invalid request.\n\n${problems.join('\n')}`);
}

function checkAnswer(parts: ApiParts, route: Route, answer: Answer): void {
  const problems =
    parts.validator?.answer({
      method: route.method,
      template: route.template,
      status: answer.status,
      body: answer.body,
    }) ?? [];
  if (problems.length > 0)
    parts.record({ subject: 'answer', where: `${route.method} ${route.template} ${answer.status}`, problems });
}

async function serveGraphql(parts: ApiParts, context: Context<Env>): Promise<Response> {
  const { world } = parts;
  const fault = parts.faults.take('POST', '/graphql');
  const outcome =
    fault === null || fault.afterEffect === true
      ? await performGraphql(world, context)
      : { caller: quietCaller(world, context), answer: faultAnswer(fault) };
  const answer = fault === null ? outcome.answer : faultAnswer(fault);
  parts.log({
    method: 'POST',
    path: '/graphql',
    template: null,
    status: answer.status,
    who: callerName(outcome.caller),
    at: world.clock.now(),
  });
  return respond(context, answer);
}

async function performGraphql(world: World, context: Context<Env>): Promise<Outcome> {
  try {
    const caller = authenticate(world, context.req.header('authorization'));
    if (caller.kind === 'anonymous' || caller.kind === 'app')
      throw new Refusal(401, 'This endpoint requires you to be authenticated.');
    return { caller, answer: { status: 200, body: await answerGraphql(world, caller, await bodyOf(context)) } };
  } catch (error) {
    if (error instanceof Refusal) return { caller: { kind: 'anonymous' }, answer: refusalAnswer(error) };
    throw error;
  }
}

function serveUnknown(parts: ApiParts, context: Context<Env>): Response {
  const url = publicUrl(parts.world, context);
  const path = url.pathname.replace(prefix, '') + url.search;
  const { method } = context.req;
  parts.record({
    subject: 'request',
    where: `${method} ${path}`,
    problems: ['the sandbox GitHub does not know this endpoint'],
  });
  parts.log({
    method,
    path,
    template: null,
    status: 404,
    who: callerName(quietCaller(parts.world, context)),
    at: parts.world.clock.now(),
  });
  return respond(context, refusalAnswer(notFound()));
}

/** Who asks, for the log only: bad credentials are nobody. */
function quietCaller(world: World, context: Context<Env>): Caller {
  try {
    return authenticate(world, context.req.header('authorization'));
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'anonymous' };
    throw error;
  }
}

const documentation = 'https://docs.github.com/rest';

const refusalAnswer = (refusal: Refusal): Answer => ({
  status: refusal.status,
  body: {
    message: refusal.message,
    ...(refusal.errors === null ? {} : { errors: refusal.errors }),
    documentation_url: documentation,
    status: String(refusal.status),
  },
});

const faultAnswer = (fault: Fault): Answer => ({
  status: fault.status,
  body: fault.body ?? { message: `An injected fault: ${fault.status}`, documentation_url: documentation },
  ...(fault.headers === undefined ? {} : { headers: fault.headers }),
});

function respond(context: Context<Env>, answer: Answer): Response {
  if (answer.status === 0) {
    context.env.incoming.socket.destroy();
    return new Response(null, { status: 500 });
  }
  const headers = {
    'X-GitHub-Request-Id': randomUUID(),
    'X-GitHub-Media-Type': 'github.v3; format=json',
    ...answer.headers,
  };
  if (answer.status === 204) return new Response(null, { status: 204, headers });
  return new Response(JSON.stringify(answer.body), {
    status: answer.status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
  });
}

async function bodyOf(context: Context<Env>): Promise<Readonly<Record<string, unknown>>> {
  const text = await context.req.text();
  if (text === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    // Labels may come as a bare list.
    return isObject(parsed) ? parsed : { labels: parsed };
  } catch (cause) {
    throw Object.assign(new Refusal(400, 'Problems parsing JSON'), { cause });
  }
}

const pathOf = (context: Context<Env>): Readonly<Record<string, string>> => ({ path: '', ...context.req.param() });

/** The request's address with the host that clients use, as the links of an answer need it. */
function publicUrl(world: World, context: Context<Env>): URL {
  const asked = new URL(context.req.url);
  return new URL(asked.pathname + asked.search, world.url);
}
