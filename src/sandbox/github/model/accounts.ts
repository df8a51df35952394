import type { Account, AccountKind, Level, Team } from './state.ts';
import type { World } from './world.ts';

export interface NewAccount {
  readonly login: string;
  readonly kind: AccountKind;
  readonly name?: string;
  readonly email?: string;
  readonly id?: number;
}

export function createAccount(world: World, wanted: NewAccount): Account {
  if (world.findAccount(wanted.login) !== null)
    throw new Error(`The sandbox GitHub already has an account "${wanted.login}".`);
  const account: Account = {
    id: wanted.id ?? world.newId(),
    login: wanted.login,
    kind: wanted.kind,
    name: wanted.name ?? wanted.login,
    email: wanted.email ?? `${wanted.login.replace(/\[bot\]$/, '-bot')}@example.test`,
    createdAt: world.clock.now(),
    members: new Map(),
    deleted: false,
  };
  world.state.accounts.set(account.id, account);
  return account;
}

export function createTeam(
  world: World,
  wanted: {
    readonly organisation: string;
    readonly slug: string;
    readonly name: string;
    readonly parent: string | null;
    readonly members: readonly string[];
  },
): Team {
  const owner = world.account(wanted.organisation);
  const team: Team = {
    id: world.newId(),
    organisationId: owner.id,
    slug: wanted.slug,
    name: wanted.name,
    parentId: wanted.parent === null ? null : requireTeam(world, wanted.organisation, wanted.parent).id,
    createdAt: world.clock.now(),
    members: new Set(),
    invited: new Set(),
  };
  world.state.teams.set(team.id, team);
  for (const login of wanted.members) addTeamMember(world, team, login);
  return team;
}

/** Who joins a team belongs to the organisation. */
export function addTeamMember(world: World, team: Team, login: string): void {
  const account = world.account(login);
  const owner = world.accountById(team.organisationId);
  if (!owner.members.has(account.id)) owner.members.set(account.id, 'member');
  team.invited.delete(account.id);
  team.members.add(account.id);
}

/** Whom a team invites belongs to it only once they accept. */
export function inviteToTeam(world: World, team: Team, login: string): void {
  team.invited.add(world.account(login).id);
}

export function requireTeam(world: World, organisation: string, slug: string): Team {
  const team = world.team(organisation, slug);
  if (team === null)
    throw new Error(`The organisation "${organisation}" has no team "${slug}"; create it with createTeam.`);
  return team;
}

export function grant(world: World, repositoryName: string, who: string, level: Level): void {
  const repository = world.repository(repositoryName);
  if (!who.startsWith('team:')) {
    repository.collaborators.set(world.account(who).id, level);
    return;
  }
  const owner = world.accountById(repository.ownerId);
  repository.teamLevels.set(requireTeam(world, owner.login, who.slice('team:'.length)).id, level);
}
