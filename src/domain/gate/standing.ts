import type { ApprovalSource } from '../config/rule.ts';
import type { PullNumber } from '../identity.ts';
import type { Person } from './people.ts';

/** Whether a person is one of those that a source names, as GitHub says now. */
export type Standing =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no' }
  /** GitHub does not say, or the team does not exist: no. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Sources that a person is one of or not; who owns the changed files is asked of each file. */
export type PersonalSource = Exclude<ApprovalSource, { readonly kind: 'codeowners' }>;

/** What was looked up of the people who spoke and of the sources that rules and environments name. */
export interface Standings {
  of(person: Person, source: PersonalSource): Standing;
  /** How many people a source has altogether; undefined where that is not known. A count that is larger can never be met, and that is said. */
  size(source: ApprovalSource): number | undefined;
  /** Why nobody can be told to be one of a source: the team does not exist, or GitHub does not say who is in it. */
  trouble(source: ApprovalSource): string | undefined;
  readonly ownedFiles: OwnedFiles;
}

/** The changed files that somebody owns by the base branch's CODEOWNERS. */
export type OwnedFiles =
  | { readonly kind: 'known'; readonly files: readonly OwnedFile[] }
  /** The file cannot be read, or there are too many: nobody's approval counts as a code owner's. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface OwnedFile {
  readonly path: string;
  /** The one of a merge group that changes it: its owners have to approve there. Absent where there is only one. */
  readonly pull?: PullNumber;
  /** As CODEOWNERS writes them: `@acme/sre`, `@bob`. */
  readonly owners: readonly string[];
  /** Ids of the people, among those asked about, who own it. */
  readonly people: ReadonlySet<number>;
}
