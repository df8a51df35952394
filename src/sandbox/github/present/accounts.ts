import { timestamp } from '../clock.ts';
import type { Account, Level, Team } from '../model/state.ts';
import { levelRank, type World } from '../model/world.ts';
import { nodeId } from './node-id.ts';

export function simpleUser(world: World, account: Account) {
  const url = `${world.api}/users/${account.login}`;
  const page = account.kind === 'Bot' ? `apps/${account.login.replace(/\[bot\]$/, '')}` : account.login;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.kind, account.id),
    avatar_url: `${world.url}/avatars/${account.id}`,
    gravatar_id: '',
    url,
    html_url: `${world.url}/${page}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.kind,
    site_admin: false,
  };
}

export const userById = (world: World, id: number) => simpleUser(world, world.accountById(id));

export const optionalUser = (world: World, id: number | null) => (id === null ? null : userById(world, id));

export function publicUser(world: World, account: Account) {
  const own = [...world.state.repositories.values()].filter(
    (repository) => repository.ownerId === account.id && !repository.private,
  );
  return {
    ...simpleUser(world, account),
    user_view_type: 'public',
    name: account.name,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: own.length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: timestamp(account.createdAt),
    updated_at: timestamp(account.createdAt),
  };
}

export function organisation(world: World, account: Account) {
  const url = `${world.api}/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('Organization', account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.url}/avatars/${account.id}`,
    description: null,
  };
}

export function fullTeam(world: World, team: Team) {
  const owner = world.accountById(team.organisationId);
  const url = `${world.api}/organizations/${owner.id}/team/${team.id}`;
  const parent = team.parentId === null ? undefined : world.state.teams.get(team.parentId);
  return {
    ...simpleTeam(world, team),
    parent: parent === undefined ? null : simpleTeam(world, parent),
    url,
    members_count: world.teamMembers(team).size,
    repos_count: [...world.state.repositories.values()].filter((repository) => repository.teamLevels.has(team.id))
      .length,
    created_at: timestamp(team.createdAt),
    updated_at: timestamp(team.createdAt),
    organization: {
      ...organisation(world, owner),
      html_url: `${world.url}/${owner.login}`,
      has_organization_projects: false,
      has_repository_projects: false,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: timestamp(owner.createdAt),
      updated_at: timestamp(owner.createdAt),
      archived_at: null,
      type: 'Organization',
    },
  };
}

function simpleTeam(world: World, team: Team) {
  const owner = world.accountById(team.organisationId);
  const url = `${world.api}/organizations/${owner.id}/team/${team.id}`;
  return {
    id: team.id,
    node_id: nodeId('Team', team.id),
    url,
    html_url: `${world.url}/orgs/${owner.login}/teams/${team.slug}`,
    name: team.name,
    slug: team.slug,
    description: null,
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    permission: 'pull',
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: 'organization',
  };
}

/** `permission` knows only GitHub's four old words; `role_name` and the flags say it exactly. */
export function collaboratorPermission(world: World, account: Account, level: Level) {
  const permission = level === 'maintain' ? 'write' : level === 'triage' ? 'read' : level;
  return {
    permission,
    role_name: level,
    user: {
      ...simpleUser(world, account),
      role_name: level,
      permissions: permissionFlags(level),
    },
  };
}

const permissionFlags = (level: Level) => ({
  pull: levelRank(level) >= levelRank('read'),
  triage: levelRank(level) >= levelRank('triage'),
  push: levelRank(level) >= levelRank('write'),
  maintain: levelRank(level) >= levelRank('maintain'),
  admin: levelRank(level) >= levelRank('admin'),
});
