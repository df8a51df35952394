import { optionalTimestamp, timestamp } from '../clock.ts';
import type { App, Installation } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { userById } from './accounts.ts';
import { nodeId } from './node-id.ts';

export function presentApp(world: World, app: App) {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    owner: userById(world, app.ownerId),
    name: app.name,
    description: null,
    external_url: `${world.url}/apps/${app.slug}`,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: timestamp(app.createdAt),
    updated_at: timestamp(app.createdAt),
    permissions: app.permissions,
    events: app.events,
    installations_count: [...world.state.installations.values()].filter((installation) => installation.appId === app.id)
      .length,
  };
}

export function optionalApp(world: World, appId: number | null) {
  const app = appId === null ? undefined : world.state.apps.get(appId);
  return app === undefined ? null : presentApp(world, app);
}

export function presentInstallation(world: World, installation: Installation) {
  const account = userById(world, installation.accountId);
  const app = world.state.apps.get(installation.appId);
  return {
    id: installation.id,
    account: accountOfInstallation(world, installation),
    repository_selection: installation.repositoryIds === null ? 'all' : 'selected',
    access_tokens_url: `${world.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.api}/installation/repositories`,
    html_url: `${world.url}/organizations/${account.login}/settings/installations/${installation.id}`,
    app_id: installation.appId,
    app_slug: app?.slug ?? '',
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: app?.events ?? [],
    created_at: timestamp(installation.createdAt),
    updated_at: timestamp(installation.updatedAt),
    single_file_name: null,
    suspended_by: installation.suspendedAt === null ? null : account,
    suspended_at: optionalTimestamp(installation.suspendedAt),
  };
}

/** In lists of installations GitHub's description wants a user and an enterprise at once, so the account has the fields of both. */
function accountOfInstallation(world: World, installation: Installation) {
  const { name, createdAt } = world.accountById(installation.accountId);
  const account = userById(world, installation.accountId);
  return { ...account, name, slug: account.login, created_at: timestamp(createdAt), updated_at: timestamp(createdAt) };
}
