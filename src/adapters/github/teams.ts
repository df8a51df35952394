import type { Teams } from '../../flows/ports/github.ts';
import { personOf } from './account.ts';
import type { Calls } from './calls.ts';

const listedPeople = 100;

export function teams({ calls }: { readonly calls: Calls }): Teams {
  return {
    // The list and not the team's `members_count`: one page answers for almost every team who is in it, by ids, which outlive a login.
    team: ({ installation, owner }, slug) =>
      calls.find({
        installation,
        method: ({ rest }) => rest.teams.listMembersInOrg,
        parameters: { org: owner, team_slug: slug, per_page: listedPeople },
        read: (data) => ({
          people: new Set(data.map((account) => personOf(account).id)),
          complete: data.length < listedPeople,
        }),
      }),

    isTeamMember: async ({ installation, owner }, slug, login) => {
      const state = await calls.find({
        installation,
        method: ({ rest }) => rest.teams.getMembershipForUserInOrg,
        parameters: { org: owner, team_slug: slug, username: login },
        read: (data) => data.state,
      });
      return state === 'active';
    },
  };
}
