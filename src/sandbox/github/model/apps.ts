import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { userById } from '../present/accounts.ts';
import { presentInstallation } from '../present/apps.ts';
import { presentRepository } from '../present/repositories.ts';
import { createAccount } from './accounts.ts';
import { Refusal } from './refusal.ts';
import type { App, Installation, InstallationToken, Permissions, WebhookTarget } from './state.ts';
import { covers, type World } from './world.ts';

const installationTokenLifeMs = 3_600_000;

/** What Planwright's own manifest asks for; tests narrow it to see what happens without. */
const usualPermissions: Permissions = {
  metadata: 'read',
  contents: 'read',
  pull_requests: 'write',
  issues: 'write',
  checks: 'write',
  deployments: 'write',
  merge_queues: 'read',
  members: 'read',
};

const usualEvents: readonly string[] = [
  'pull_request',
  'pull_request_review',
  'issue_comment',
  'push',
  'merge_group',
  'check_run',
  'check_suite',
  'repository',
  'membership',
  'team',
];

export interface NewApp {
  readonly id?: number;
  readonly slug?: string;
  readonly name?: string;
  readonly owner?: string;
  /** PEM; when absent a pair is made and the private half returned. */
  readonly publicKey?: string;
  readonly permissions?: Permissions;
  readonly events?: readonly string[];
  readonly webhook?: WebhookTarget;
}

export function registerApp(world: World, wanted: NewApp): { readonly app: App; readonly privateKey: string | null } {
  const slug = wanted.slug ?? 'planwright';
  const pair = wanted.publicKey === undefined ? newKeyPair() : null;
  const bot = createAccount(world, { login: `${slug}[bot]`, kind: 'Bot' });
  const ownerId = wanted.owner === undefined ? bot.id : world.account(wanted.owner).id;
  const app: App = {
    id: wanted.id ?? world.newId(),
    slug,
    name: wanted.name ?? slug,
    ownerId,
    botId: bot.id,
    publicKey: wanted.publicKey ?? pair?.publicKey ?? '',
    permissions: wanted.permissions ?? usualPermissions,
    events: wanted.events ?? usualEvents,
    createdAt: world.clock.now(),
    webhook: wanted.webhook ?? null,
  };
  world.state.apps.set(app.id, app);
  return { app, privateKey: pair?.privateKey ?? null };
}

export function installApp(
  world: World,
  wanted: {
    readonly app: App;
    readonly account: string;
    readonly repositories: readonly string[] | null;
    readonly permissions: Permissions | null;
  },
): Installation {
  const account = world.account(wanted.account);
  const now = world.clock.now();
  const installation: Installation = {
    id: world.newId(),
    appId: wanted.app.id,
    accountId: account.id,
    repositoryIds:
      wanted.repositories === null ? null : new Set(wanted.repositories.map((name) => world.repository(name).id)),
    permissions: wanted.permissions ?? wanted.app.permissions,
    createdAt: now,
    updatedAt: now,
    suspendedAt: null,
  };
  world.state.installations.set(installation.id, installation);
  announceInstallation(world, installation, 'created');
  return installation;
}

export function setSuspended(world: World, installation: Installation, suspended: boolean): void {
  if ((installation.suspendedAt !== null) === suspended) return;
  installation.suspendedAt = suspended ? world.clock.now() : null;
  installation.updatedAt = world.clock.now();
  announceInstallation(world, installation, suspended ? 'suspend' : 'unsuspend');
}

export function revokeInstallation(world: World, installation: Installation): void {
  world.state.installations.delete(installation.id);
  for (const token of [...world.state.tokens.values()]) {
    if (token.installationId === installation.id) world.state.tokens.delete(token.token);
  }
  announceInstallation(world, installation, 'deleted');
}

/** Narrowing only ever takes away; asking for more than the installation has is refused. */
export function createInstallationToken(
  world: World,
  installation: Installation,
  narrowing: { readonly repositoryIds: ReadonlySet<number> | null; readonly permissions: Permissions | null },
): InstallationToken {
  if (installation.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
  for (const [name, level] of Object.entries(narrowing.permissions ?? {})) {
    if (!grants(installation.permissions, name, level)) {
      throw new Refusal(422, 'The permissions requested are not granted to this installation.');
    }
  }
  for (const id of narrowing.repositoryIds ?? []) {
    const repository = world.state.repositories.get(id);
    if (repository === undefined || !covers(installation, repository)) {
      throw new Refusal(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      );
    }
  }
  const token: InstallationToken = {
    token: `ghs_${randomBytes(24).toString('base64url')}`,
    installationId: installation.id,
    repositoryIds: narrowing.repositoryIds ?? installation.repositoryIds,
    permissions:
      narrowing.permissions === null ? installation.permissions : { ...narrowing.permissions, metadata: 'read' },
    expiresAt: new Date(Date.now() + installationTokenLifeMs),
  };
  world.state.tokens.set(token.token, token);
  return token;
}

export const grants = (permissions: Permissions, name: string, level: string): boolean =>
  permissions[name] === level || permissions[name] === 'admin' || (level === 'read' && permissions[name] === 'write');

/** The app itself hears of its installations whatever it subscribed to. */
function announceInstallation(world: World, installation: Installation, action: string): void {
  const app = world.state.apps.get(installation.appId);
  if (app === undefined) return;
  const repositories = [...world.state.repositories.values()].filter((repository) => covers(installation, repository));
  world.webhooks.send({
    app,
    event: 'installation',
    action,
    installationId: installation.id,
    repositoryId: null,
    payload: {
      action,
      installation: presentInstallation(world, installation),
      repositories: repositories.map((repository) => {
        const { id, node_id, name, full_name, private: isPrivate } = presentRepository(world, repository);
        return { id, node_id, name, full_name, private: isPrivate };
      }),
      requester: null,
      sender: userById(world, installation.accountId),
    },
  });
}

const newKeyPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
