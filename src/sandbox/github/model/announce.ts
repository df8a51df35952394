import { organisation, userById } from '../present/accounts.ts';
import { presentRepository } from '../present/repositories.ts';
import type { Installation, Repository } from './state.ts';
import type { World } from './world.ts';

export interface RepositoryEvent {
  readonly repository: Repository;
  readonly event: string;
  readonly action: string | null;
  readonly senderId: number;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Some events reach one app only: the owner of the check run. */
  readonly onlyAppId?: number;
}

/** Tells every app that is installed on the repository and has asked for the event. */
export function announce(world: World, happened: RepositoryEvent): void {
  const { repository, event, action } = happened;
  for (const installation of world.installationsOf(repository)) {
    if (installation.suspendedAt !== null) continue;
    const app = world.state.apps.get(installation.appId);
    if (app === undefined || !app.events.includes(event)) continue;
    if (happened.onlyAppId !== undefined && happened.onlyAppId !== app.id) continue;
    const owner = world.accountById(repository.ownerId);
    world.webhooks.send({
      app,
      event,
      action,
      installationId: installation.id,
      repositoryId: repository.id,
      payload: {
        ...(action === null ? {} : { action }),
        ...happened.payload,
        repository: {
          ...presentRepository(world, repository),
          ...(event === 'push'
            ? { created_at: seconds(repository.createdAt), pushed_at: seconds(repository.pushedAt) }
            : {}),
        },
        ...(owner.kind === 'Organization' ? { organization: organisation(world, owner) } : {}),
        installation: { id: installation.id, node_id: installationNodeId(installation) },
        sender: userById(world, happened.senderId),
      },
    });
  }
}

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const installationNodeId = (installation: Installation): string =>
  Buffer.from(`Installation:${installation.id}`).toString('base64url');
