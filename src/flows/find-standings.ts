import type { FileOwners } from '../domain/codeowners/owned-files.ts';
import type { ApprovalSource } from '../domain/config/rule.ts';
import { atLeast, type Permission, type Person } from '../domain/gate/people.ts';
import type { OwnedFile, OwnedFiles, Standing, Standings } from '../domain/gate/standing.ts';
import type { CommitSha, Repository } from '../domain/identity.ts';
import { type ChangedHead, type CodeOwnerPorts, findFileOwners } from './find-file-owners.ts';
import { findTeams, type TeamPorts, type Teams } from './find-teams.ts';

export interface StandingPorts extends CodeOwnerPorts {
  readonly github: TeamPorts['github'];
}

export interface StandingQuestion {
  readonly people: readonly Person[];
  /** What each of them may do now, by login. */
  readonly permissions: ReadonlyMap<string, Permission>;
  /** What rules and environments name. */
  readonly sources: readonly ApprovalSource[];
  /** The commit of the base branch that the head was planned against; undefined: none, and who owns the changed files is unknown. */
  readonly base: CommitSha | undefined;
  /** The commit whose CODEOWNERS counts, where the base branch has moved on since; the base's when absent. */
  readonly owners?: CommitSha;
}

/** Looks up, now, who of the people is one of whom the sources name. Asks GitHub about the teams that are named and about no others. */
export async function findStandings(
  ports: StandingPorts,
  pulls: readonly [ChangedHead, ...ChangedHead[]],
  question: StandingQuestion,
): Promise<Standings> {
  const { people, sources } = question;
  const [{ repository }] = pulls;
  const owners = sources.some(({ kind }) => kind === 'codeowners')
    ? await findOwners(ports, pulls, question)
    : ({ kind: 'found', files: [] } as const);
  const ownerTeams =
    owners.kind === 'found'
      ? owners.files.flatMap((file) => file.owners.flatMap((owner) => (owner.kind === 'team' ? owner.slug : [])))
      : [];
  const named = sources.flatMap((source) => (source.kind === 'team' ? source.slug : []));
  const teams = await findTeams(ports, repository, { slugs: [...named, ...ownerTeams], people });
  return {
    of: (person, source) => {
      switch (source.kind) {
        case 'team':
          return teams.standing(source.slug, person);
        case 'user':
          return yesOrNo(source.login.toLowerCase() === person.login.toLowerCase());
        case 'role':
          return roleStanding(question.permissions.get(person.login), source.role);
      }
    },
    size: (source) => (source.kind === 'team' ? teams.size(source.slug) : source.kind === 'user' ? 1 : undefined),
    trouble: (source) => (source.kind === 'team' ? teams.trouble(source.slug) : undefined),
    ownedFiles: owners.kind === 'unknown' ? owners : ownedBy(owners.files, people, { repository, teams }),
  };
}

/** Of several pull requests each one's files, with the one that changes them. */
async function findOwners(
  ports: CodeOwnerPorts,
  pulls: readonly [ChangedHead, ...ChangedHead[]],
  question: StandingQuestion,
): Promise<
  | { readonly kind: 'found'; readonly files: readonly (FileOwners & Pick<OwnedFile, 'pull'>)[] }
  | { readonly kind: 'unknown'; readonly reason: string }
> {
  const files: (FileOwners & Pick<OwnedFile, 'pull'>)[] = [];
  for (const pull of pulls) {
    const found = await findFileOwners(ports, pull, question);
    if (found.kind === 'unknown') return found;
    files.push(...found.files.map((file) => (pulls.length === 1 ? file : { ...file, pull: pull.number })));
  }
  return { kind: 'found', files };
}

function roleStanding(permission: Permission | undefined, role: Permission): Standing {
  if (permission === undefined) return { kind: 'unknown', reason: 'GitHub does not say what this person may do here' };
  return yesOrNo(atLeast(permission, role));
}

type FoundOwners = Extract<Awaited<ReturnType<typeof findOwners>>, { readonly kind: 'found' }>;

function ownedBy(
  files: FoundOwners['files'],
  people: readonly Person[],
  { repository, teams }: { readonly repository: Repository; readonly teams: Teams },
): OwnedFiles {
  const organization = repository.owner.toLowerCase();
  const owns = (person: Person, owner: FoundOwners['files'][number]['owners'][number]): boolean => {
    switch (owner.kind) {
      case 'user':
        return owner.login.toLowerCase() === person.login.toLowerCase();
      case 'team':
        return owner.organization.toLowerCase() === organization && teams.standing(owner.slug, person).kind === 'yes';
      case 'email':
        return false;
    }
  };
  return {
    kind: 'known',
    files: files.map(({ path, owners, pull }) => ({
      path,
      ...(pull === undefined ? {} : { pull }),
      owners: owners.map(({ written }) => written),
      people: new Set(
        people.filter((person) => owners.some((owner) => owns(person, owner))).map((person) => person.id),
      ),
    })),
  };
}

function yesOrNo(yes: boolean): Standing {
  return { kind: yes ? 'yes' : 'no' };
}
