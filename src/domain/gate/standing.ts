import type { ApprovalSource } from '../config/rule.ts';
import type { Person } from './people.ts';

/** Whether a person is one of those that a source names, as GitHub says now. */
export type Standing =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no' }
  /** GitHub does not say, or the team does not exist: no. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What was looked up of the people who spoke and of the sources that rules and environments name. */
export interface Standings {
  of(person: Person, source: Exclude<ApprovalSource, { readonly kind: 'codeowners' }>): Standing;
  /** How many people a source has altogether; undefined where that is not known. A count that is larger can never be met, and that is said. */
  size(source: ApprovalSource): number | undefined;
  /** The changed files that somebody owns by the base branch's CODEOWNERS, each with the ids of those of the asked people who own it. */
  readonly ownedFiles: readonly OwnedFile[];
}

export interface OwnedFile {
  readonly path: string;
  /** As CODEOWNERS writes them: `@acme/sre`, `@bob`. */
  readonly owners: readonly string[];
  /** Ids of the people, among those asked about, who own it. */
  readonly people: ReadonlySet<number>;
}
