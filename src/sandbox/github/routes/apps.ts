import { timestamp } from '../clock.ts';
import { createInstallationToken } from '../model/apps.ts';
import { notFound } from '../model/refusal.ts';
import type { App, Installation } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { presentApp, presentInstallation } from '../present/apps.ts';
import { presentRepository } from '../present/repositories.ts';
import type { Delivery } from '../webhook-sender.ts';
import { isObject, optionalNumbers, optionalObject, optionalTexts } from './fields.ts';
import { cursorPage, list, pageOf } from './paging.ts';
import { type Call, created, ok, plain, type Route } from './route.ts';

export const appRoutes = (world: World): readonly Route[] => [
  plain('GET /app', ['app'], (call) => ok(presentApp(world, appOf(call)))),

  plain('GET /app/installations', ['app'], (call) =>
    list(
      call,
      [...world.state.installations.values()].filter((installation) => installation.appId === appOf(call).id),
      (installation) => presentInstallation(world, installation),
    ),
  ),

  plain('GET /app/installations/{installation_id}', ['app'], (call) =>
    ok(presentInstallation(world, ownInstallation(world, call))),
  ),

  plain('POST /app/installations/{installation_id}/access_tokens', ['app'], (call) => {
    const installation = ownInstallation(world, call);
    const names = optionalTexts(call.body, 'repositories');
    const ids =
      optionalNumbers(call.body, 'repository_ids') ?? names?.map((name) => repositoryOf(world, installation, name));
    const permissions = optionalObject(call.body, 'permissions');
    const token = createInstallationToken(world, installation, {
      repositoryIds: ids === undefined ? null : new Set(ids),
      permissions:
        permissions === undefined
          ? null
          : Object.fromEntries(Object.entries(permissions).map(([name, level]) => [name, String(level)])),
    });
    return created({
      token: token.token,
      expires_at: timestamp(token.expiresAt),
      permissions: token.permissions,
      repository_selection: token.repositoryIds === null ? 'all' : 'selected',
      ...(ids === undefined ? {} : { repositories: ids.flatMap((id) => presentKnown(world, id)) }),
    });
  }),

  plain('GET /installation/repositories', ['installation'], (call) => {
    if (call.caller.kind !== 'installation') throw notFound();
    const { installation, token } = call.caller;
    const within = [...world.state.repositories.values()].filter(
      (repository) =>
        repository.ownerId === installation.accountId &&
        (token.repositoryIds === null || token.repositoryIds.has(repository.id)),
    );
    const page = pageOf(call, within);
    return {
      ...ok({
        total_count: within.length,
        repository_selection: installation.repositoryIds === null ? 'all' : 'selected',
        repositories: page.items.map((repository) => presentRepository(world, repository)),
      }),
      headers: page.headers,
    };
  }),

  plain('GET /repos/{owner}/{repo}/installation', ['app'], (call) => {
    const repository = world.findRepository(`${call.path.owner}/${call.path.repo}`);
    const installation =
      repository === null
        ? undefined
        : world.installationsOf(repository).find((candidate) => candidate.appId === appOf(call).id);
    if (installation === undefined) throw notFound();
    return ok(presentInstallation(world, installation));
  }),

  plain('GET /app/hook/deliveries', ['app'], (call) => {
    const newestFirst = world.webhooks.deliveries
      .filter((delivery) => delivery.appId === appOf(call).id && delivery.status !== 'pending')
      .toReversed();
    const page = cursorPage(call, newestFirst, 'cursor');
    return { ...ok(page.items.map(presentDelivery)), headers: page.headers };
  }),

  plain('GET /app/hook/deliveries/{delivery_id}', ['app'], (call) => {
    const delivery = ownDelivery(world, call);
    return ok({
      ...presentDelivery(delivery),
      url: delivery.url,
      request: { headers: delivery.headers, payload: isObject(delivery.payload) ? delivery.payload : null },
      response: { headers: null, payload: null },
    });
  }),

  plain('POST /app/hook/deliveries/{delivery_id}/attempts', ['app'], (call) => {
    world.webhooks.redeliver({ id: ownDelivery(world, call).id });
    return { status: 202, body: {} };
  }),
];

const presentDelivery = (delivery: Delivery) => ({
  id: delivery.id,
  guid: delivery.guid,
  delivered_at: timestamp(delivery.deliveredAt),
  redelivery: delivery.redelivery,
  duration: Math.round(delivery.durationMs) / 1000,
  status:
    delivery.status === 'OK'
      ? 'OK'
      : delivery.statusCode === 0
        ? 'failed to connect to host'
        : `Invalid HTTP Response: ${delivery.statusCode}`,
  status_code: delivery.statusCode,
  event: delivery.event,
  action: delivery.action,
  installation_id: delivery.installationId,
  repository_id: delivery.repositoryId,
  throttled_at: null,
});

function ownDelivery(world: World, call: Call): Delivery {
  const delivery = world.webhooks.deliveries.find(
    (candidate) => candidate.id === Number(call.path.delivery_id) && candidate.appId === appOf(call).id,
  );
  if (delivery === undefined) throw notFound();
  return delivery;
}

function appOf(call: Call): App {
  if (call.caller.kind !== 'app') throw notFound();
  return call.caller.app;
}

function ownInstallation(world: World, call: Call): Installation {
  const installation = world.state.installations.get(Number(call.path.installation_id));
  if (installation === undefined || installation.appId !== appOf(call).id) throw notFound();
  return installation;
}

/** An unknown name gets an id that no installation covers, and so GitHub's own refusal. */
function repositoryOf(world: World, installation: Installation, name: string): number {
  return world.findRepository(`${world.accountById(installation.accountId).login}/${name}`)?.id ?? 0;
}

function presentKnown(world: World, id: number) {
  const repository = world.state.repositories.get(id);
  return repository === undefined ? [] : [presentRepository(world, repository)];
}
