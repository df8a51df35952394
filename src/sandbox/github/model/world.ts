import type { SandboxClock } from '../clock.ts';
import type { GitStorage } from '../git-storage.ts';
import type { WebhookSender } from '../webhook-sender.ts';
import { notFound } from './refusal.ts';
import {
  type Account,
  emptyState,
  type Installation,
  type IssueRecord,
  isPull,
  type Level,
  type PullRecord,
  type Repository,
  type State,
  type Team,
} from './state.ts';

/** Everything that this GitHub holds, with the look-ups that GitHub's own names allow. */
export class World {
  readonly state: State = emptyState();
  readonly clock: SandboxClock;
  readonly git: GitStorage;
  readonly webhooks: WebhookSender;
  readonly newId: () => number;
  /** Known only once the server listens. */
  url = '';

  constructor(parts: {
    readonly clock: SandboxClock;
    readonly git: GitStorage;
    readonly webhooks: WebhookSender;
    readonly newId: () => number;
  }) {
    this.clock = parts.clock;
    this.git = parts.git;
    this.webhooks = parts.webhooks;
    this.newId = parts.newId;
  }

  get api(): string {
    return `${this.url}/api/v3`;
  }

  account(login: string): Account {
    const found = this.findAccount(login);
    if (found === null)
      throw new Error(`The sandbox GitHub has no account "${login}"; create it with createUser or createOrganisation.`);
    return found;
  }

  findAccount(login: string): Account | null {
    const wanted = login.toLowerCase();
    return (
      [...this.state.accounts.values()].find((account) => !account.deleted && account.login.toLowerCase() === wanted) ??
      null
    );
  }

  accountById(id: number): Account {
    return present(this.state.accounts.get(id), `account ${id}`);
  }

  /** Whose commits carry this address: their own, or GitHub's `ID+login@users.noreply.github.com`. */
  accountByEmail(email: string): Account | null {
    const wanted = email.toLowerCase();
    return (
      [...this.state.accounts.values()].find(
        (account) => account.email.toLowerCase() === wanted || noreplyEmail(account).toLowerCase() === wanted,
      ) ?? null
    );
  }

  repository(name: string): Repository {
    const found = this.findRepository(name);
    if (found === null)
      throw new Error(`The sandbox GitHub has no repository "${name}"; create it with createRepository.`);
    return found;
  }

  findRepository(name: string): Repository | null {
    const wanted = name.toLowerCase();
    return (
      [...this.state.repositories.values()].find((repository) => this.fullName(repository).toLowerCase() === wanted) ??
      null
    );
  }

  fullName(repository: Repository): string {
    return `${this.accountById(repository.ownerId).login}/${repository.name}`;
  }

  issue(repository: Repository, number: number): IssueRecord {
    const issue = repository.issues.get(number);
    if (issue === undefined) throw notFound();
    return issue;
  }

  pull(repository: Repository, number: number): PullRecord {
    const issue = this.issue(repository, number);
    if (!isPull(issue)) throw notFound();
    return issue;
  }

  pulls(repository: Repository): readonly PullRecord[] {
    return [...repository.issues.values()].filter(isPull);
  }

  team(organisation: string, slug: string): Team | null {
    const owner = this.findAccount(organisation);
    return (
      [...this.state.teams.values()].find((team) => team.organisationId === owner?.id && team.slug === slug) ?? null
    );
  }

  /** A team's people and those of the teams below it, as GitHub counts membership. */
  teamMembers(team: Team): ReadonlySet<number> {
    const children = [...this.state.teams.values()].filter((candidate) => candidate.parentId === team.id);
    return new Set([...team.members, ...children.flatMap((child) => [...this.teamMembers(child)])]);
  }

  level(repository: Repository, accountId: number): Level {
    const owner = this.accountById(repository.ownerId);
    const levels: Level[] = [repository.private ? 'none' : 'read', repository.collaborators.get(accountId) ?? 'none'];
    if (owner.id === accountId || owner.members.get(accountId) === 'admin') levels.push('admin');
    if (owner.members.has(accountId)) levels.push('read');
    for (const [teamId, level] of repository.teamLevels) {
      const team = this.state.teams.get(teamId);
      if (team !== undefined && this.teamMembers(team).has(accountId)) levels.push(level);
    }
    return levels.reduce((best, level) => (levelRank(level) > levelRank(best) ? level : best));
  }

  installationsOf(repository: Repository): readonly Installation[] {
    return [...this.state.installations.values()].filter((installation) => covers(installation, repository));
  }

  /** Redirects of renamed repositories: the id that a former name now stands for. */
  formerName(name: string): number | null {
    return this.state.formerNames.get(name.toLowerCase()) ?? null;
  }
}

export const covers = (installation: Installation, repository: Repository): boolean =>
  installation.accountId === repository.ownerId &&
  (installation.repositoryIds === null || installation.repositoryIds.has(repository.id));

const levels: readonly Level[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

export const levelRank = (level: Level): number => levels.indexOf(level);

export const noreplyEmail = (account: Account): string => `${account.id}+${account.login}@users.noreply.github.com`;

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The sandbox GitHub has no ${what}.`);
  return value;
}
