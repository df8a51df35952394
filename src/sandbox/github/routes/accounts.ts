import type { Caller } from '../access.ts';
import { grants } from '../model/apps.ts';
import { notFound, Refusal } from '../model/refusal.ts';
import type { Account, Team } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { fullTeam, publicUser, userById } from '../present/accounts.ts';
import { list } from './paging.ts';
import { type Call, ok, plain, type Route } from './route.ts';

const members: readonly Caller['kind'][] = ['installation', 'person'];
const anyone: readonly Caller['kind'][] = ['anonymous', 'app', 'installation', 'person'];

const hourlyLimit = 5000;

export const accountRoutes = (world: World): readonly Route[] => [
  plain('GET /users/{username}', anyone, ({ path }) => {
    const account = world.findAccount(path.username ?? '');
    if (account === null) throw notFound();
    return ok(publicUser(world, account));
  }),

  plain('GET /user', ['person'], ({ caller }) => {
    if (caller.kind !== 'person') throw new Refusal(403, 'Resource not accessible by integration');
    return ok(publicUser(world, caller.account));
  }),

  plain('GET /orgs/{org}/teams/{team_slug}', members, (call) => ok(fullTeam(world, teamOf(world, call)))),

  plain('GET /orgs/{org}/teams/{team_slug}/members', members, (call) =>
    list(call, [...world.teamMembers(teamOf(world, call))], (id) => userById(world, id)),
  ),

  plain('GET /orgs/{org}/teams/{team_slug}/memberships/{username}', members, (call) => {
    const team = teamOf(world, call);
    const account = world.findAccount(call.path.username ?? '');
    if (account === null) throw notFound();
    const active = world.teamMembers(team).has(account.id);
    if (!active && !team.invited.has(account.id)) throw notFound();
    return ok({
      url: `${world.api}/organizations/${team.organisationId}/team/${team.id}/memberships/${account.login}`,
      role: 'member',
      state: active ? 'active' : 'pending',
    });
  }),

  plain('GET /rate_limit', anyone, () => {
    const resource = {
      limit: hourlyLimit,
      used: 0,
      remaining: hourlyLimit,
      reset: Math.floor(Date.now() / 1000) + 3600,
    };
    return ok({ resources: { core: resource, search: resource, graphql: resource }, rate: resource });
  }),

  plain('GET /meta', anyone, () => ok({ verifiable_password_authentication: false, installed_version: 'sandbox' })),
];

/** A team is known to its organisation's members and to apps installed there that may read members. */
function teamOf(world: World, call: Call): Team {
  const owner = world.findAccount(call.path.org ?? '');
  const team = world.team(call.path.org ?? '', call.path.team_slug ?? '');
  if (owner === null || team === null || !knowsTeams(call.caller, owner)) throw notFound();
  return team;
}

function knowsTeams(caller: Caller, owner: Account): boolean {
  switch (caller.kind) {
    case 'installation':
      if (caller.installation.accountId !== owner.id) return false;
      if (!grants(caller.token.permissions, 'members', 'read'))
        throw new Refusal(403, 'Resource not accessible by integration');
      return true;
    case 'person':
      return owner.members.has(caller.account.id);
    case 'app':
    case 'anonymous':
      return false;
  }
}
