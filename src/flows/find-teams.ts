import type { Person } from '../domain/gate/people.ts';
import type { Standing } from '../domain/gate/standing.ts';
import type { Repository } from '../domain/identity.ts';
import { type GitHub, InstallationUnusable, type Team } from './ports/github.ts';

export interface TeamPorts {
  readonly github: Pick<GitHub, 'team' | 'isTeamMember'>;
}

/** Teams of one organization and whether the people asked about are in them. */
export interface Teams {
  standing(slug: string, person: Person): Standing;
  /** 0 for a team that does not exist; undefined where it is not known, and from a hundred people on. */
  size(slug: string): number | undefined;
  /** Why nobody can be told to be in it. */
  trouble(slug: string): string | undefined;
}

type Found =
  | { readonly kind: 'team'; readonly team: Team; readonly members: ReadonlySet<number> }
  | { readonly kind: 'missing' }
  | { readonly kind: 'hidden'; readonly reason: string };

/** Asks GitHub once about each team, and once more about each person where the team has more people than one answer holds. */
export async function findTeams(
  ports: TeamPorts,
  repository: Repository,
  { slugs, people }: { readonly slugs: readonly string[]; readonly people: readonly Person[] },
): Promise<Teams> {
  const found = new Map<string, Found>();
  for (const slug of new Set(slugs.map((written) => written.toLowerCase())))
    found.set(slug, await findTeam(ports, repository, { slug, people }));
  const troubleOf = (slug: string): string | undefined => {
    const team = found.get(slug.toLowerCase());
    switch (team?.kind) {
      case undefined:
        return `nobody asked GitHub about the team ${slug}`;
      case 'missing':
        return `${repository.owner} has no team ${slug}`;
      case 'hidden':
        return team.reason;
      case 'team':
        return undefined;
    }
  };
  return {
    standing: (slug, person) => {
      const team = found.get(slug.toLowerCase());
      if (team?.kind === 'team') return { kind: team.members.has(person.id) ? 'yes' : 'no' };
      return { kind: 'unknown', reason: troubleOf(slug) ?? 'GitHub does not say' };
    },
    trouble: troubleOf,
    size: (slug) => {
      const team = found.get(slug.toLowerCase());
      if (team?.kind === 'missing') return 0;
      return team?.kind === 'team' && team.team.complete ? team.team.people.size : undefined;
    },
  };
}

async function findTeam(
  { github }: TeamPorts,
  repository: Repository,
  { slug, people }: { readonly slug: string; readonly people: readonly Person[] },
): Promise<Found> {
  try {
    const team = await github.team(repository, slug);
    if (team === undefined) return { kind: 'missing' };
    if (team.complete) return { kind: 'team', team, members: team.people };
    const members = new Set<number>();
    for (const person of people)
      if (team.people.has(person.id) || (await github.isTeamMember(repository, slug, person.login)))
        members.add(person.id);
    return { kind: 'team', team, members };
  } catch (fault) {
    // An installation that has not granted `members` can say everything but this, and nobody's approval counts for it.
    if (fault instanceof InstallationUnusable) return { kind: 'hidden', reason: fault.message };
    throw fault;
  }
}
